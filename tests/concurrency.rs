//! Many threads call while others scrape.

use std::sync::atomic::{AtomicBool, Ordering};

use tallied::{Counter, Format, Histogram, Label, LabelSet, Metrics, encode, observed};
use tallied_tests::exposition::{series, value};
use tallied_tests::judges::{find, workspace};

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

#[derive(Clone, Copy, Label)]
enum Kind {
    Even,
    Odd,
}

#[derive(LabelSet)]
struct Of {
    kind: Kind,
}

#[derive(Metrics)]
#[metrics(prefix = "concurrent")]
struct Group {
    /// Counted.
    all_total: Counter<Of>,
    /// Added.
    sum_total: Counter<(), f64>,
    /// Observed.
    #[metrics(native)]
    wait_seconds: Histogram<Of>,
}

static GROUP: Group = Group::new();

#[observed(histogram(name = "concurrent_call_seconds", native), counter = "concurrent_calls_total")]
fn call(n: u32) -> Option<u32> {
    n.checked_sub(1)
}

/// The buckets and the count of each series of a histogram, and each counter, as JSON has them.
fn read(body: &[u8]) -> Vec<(String, u64)> {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let mut counters = Vec::new();
    for family in body["families"].as_array().unwrap() {
        let name = family["name"].as_str().unwrap();
        for series in family["series"].as_array().unwrap().iter().filter(|_| name.starts_with("concurrent_")) {
            let series_name = format!("{name}{}", series["labels"]);
            if let Some(buckets) = series["buckets"].as_array() {
                let counts: Vec<u64> = buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap()).collect();
                assert!(counts.is_sorted(), "{series}");
                assert_eq!(counts.last().copied(), series["count"].as_u64(), "{series}");
                counters
                    .extend(counts.into_iter().enumerate().map(|(at, count)| (format!("{series_name}{at}"), count)));
            } else if let Some(count) = series["value"].as_u64() {
                counters.push((series_name, count));
            }
        }
    }
    counters
}

#[test]
fn every_format_is_consistent_while_eight_threads_write() {
    let done = AtomicBool::new(false);
    let bodies = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    for n in 0..20_000u32 {
                        let kind = if n % 2 == 0 { Kind::Even } else { Kind::Odd };
                        GROUP.all_total.with(Of { kind }).inc();
                        GROUP.sum_total.add(1.0);
                        GROUP.wait_seconds.with(Of { kind }).observe(f64::from(n) / 1e3);
                        GROUP.wait_seconds.with(Of { kind }).observe(std::time::Duration::from_micros(n.into()));
                        let _ = call(n);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last: Vec<(String, u64)> = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf, Format::Json] {
                        let mut body = Vec::new();
                        encode(format, &mut body);
                        let mut bodies = bodies.lock().unwrap();
                        let kept = bodies.iter().filter(|(kept, _)| *kept == format).count();
                        if format == Format::Json {
                            let now = read(&body);
                            for (name, count) in &last {
                                let later = now.iter().find(|(other, _)| other == name).map(|(_, count)| *count);
                                assert!(later >= Some(*count), "{name} was {count}, then {later:?}");
                            }
                            last = now;
                        } else if kept < 12 {
                            bodies.push((format, body));
                        }
                    }
                }
            });
        }
        let joined: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        for joined in joined {
            joined.unwrap();
        }
    });
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "concurrent_sum_total", &[]), Some(160_000.0));
    assert_eq!(value(&text, "concurrent_wait_seconds_count", &[("kind", "odd")]), Some(160_000.0));
    // Cumulative buckets, `+Inf` and the count, native buckets and the count: in every single scrape.
    let Some(python) = find("every_format_is_consistent_while_eight_threads_write", "python3") else { return };
    for (format, body) in bodies.into_inner().unwrap() {
        let name = match format {
            Format::Text => "text",
            Format::OpenMetrics => "openmetrics",
            _ => "protobuf",
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &body).unwrap();
        let script = workspace().join("tests/judges/read.py");
        let mut command = std::process::Command::new(&python);
        let output = command.arg("-B").arg(script).arg(name).stdin(file.reopen().unwrap()).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
