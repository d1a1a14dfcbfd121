//! Many threads call while others scrape.

use std::sync::atomic::{AtomicBool, Ordering};

use tallied::observed;
use tallied_tests::exposition::{series, value};

#[observed(task_name, histogram, in_flight)]
fn work(n: u64) -> Result<u64, u64> {
    if n % 3 == 0 { Err(n) } else { Ok(n) }
}

#[observed(first_name)]
fn first_call() {}

const THREADS: u64 = 8;
const CALLS: u64 = 30_000;

#[test]
fn no_call_is_lost_and_every_scrape_is_consistent() {
    /// Ends the scrapers, even when a writer panicked.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        let writers: Vec<_> =
            (0..THREADS).map(|_| scope.spawn(|| (0..CALLS).filter(|n| work(*n).is_ok()).count())).collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0.0;
                while !done.load(Ordering::Relaxed) {
                    last = scrape(last);
                }
                scrape(last);
            });
        }
        for writer in writers {
            writer.join().unwrap();
        }
    });
    let text = tallied::gather_metrics();
    let told = |status| value(&text, "tallied_tests_task_calls_total", &[("task_name", "work"), ("status", status)]);
    #[allow(clippy::cast_precision_loss)]
    let expected = |calls: u64| Some(calls as f64);
    assert_eq!(told("error"), expected(THREADS * CALLS / 3));
    assert_eq!(told("ok"), expected(THREADS * CALLS / 3 * 2));
    assert_eq!(value(&text, "tallied_tests_task_in_flight", &[("task_name", "work")]), Some(0.0));
}

#[allow(clippy::float_cmp)] // whole numbers
/// Reads one scrape and returns the calls in it, which never fall below `last`.
fn scrape(last: f64) -> f64 {
    let text = tallied::gather_metrics();
    let number = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    let mut calls = 0.0;
    for status in ["ok", "error"] {
        let labels = [("task_name", "work"), ("status", status)];
        let wanted = format!("{{task_name=\"work\",status=\"{status}\",le=");
        let buckets: Vec<u64> = series(&text, "tallied_tests_task_duration_seconds_bucket")
            .into_iter()
            .filter(|line| line.contains(&wanted))
            .map(number)
            .collect();
        assert!(buckets.is_sorted(), "{buckets:?}");
        let count = value(&text, "tallied_tests_task_duration_seconds_count", &labels);
        #[allow(clippy::cast_precision_loss)]
        let infinite = buckets.last().map(|last| *last as f64);
        assert_eq!(infinite, count);
        // Both are made of one reading, so they agree while calls go on.
        assert_eq!(value(&text, "tallied_tests_task_calls_total", &labels).unwrap_or(0.0), count.unwrap_or(0.0));
        calls += value(&text, "tallied_tests_task_calls_total", &labels).unwrap_or(0.0);
    }
    assert!(calls >= last, "{calls} after {last}");
    calls
}

#[test]
fn the_first_calls_of_many_threads_make_one_series() {
    let barrier = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                first_call();
            });
        }
    });
    let text = tallied::gather_metrics();
    let labels = [("first_name", "first_call"), ("status", "ok")];
    assert_eq!(value(&text, "tallied_tests_first_calls_total", &labels), Some(8.0));
}
