//! Cells by thread: whatever thread counts, and whenever, it is counted.

use std::cell::RefCell;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Metrics, observed};

/// What threads count.
#[derive(Metrics)]
#[metrics(prefix = "threads")]
struct Threads {
    /// Uses.
    uses_total: Counter,
    /// Uses, as floats.
    float_uses_total: Counter<(), f64>,
    /// The last thread.
    last: Gauge,
    /// Times.
    time_seconds: Histogram,
}
static THREADS: Threads = Threads::new();

#[observed(task_name, histogram, in_flight)]
fn work(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[test]
fn more_threads_than_shards_lose_nothing() {
    const ALL: u32 = 150;
    let barrier = Barrier::new(ALL as usize);
    thread::scope(|scope| {
        for number in 0..ALL {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                for n in 0..1000 {
                    let _ = work(n % 4 == 0);
                    THREADS.uses_total.inc();
                    THREADS.float_uses_total.add(0.25);
                    THREADS.time_seconds.observe(Duration::from_millis(n % 20));
                }
                THREADS.last.set(f64::from(number));
            });
        }
    });
    let all = ALL * 1000;
    assert_eq!(THREADS.uses_total.get(), u64::from(all));
    assert!((THREADS.float_uses_total.get() - f64::from(all) / 4.0).abs() < f64::EPSILON);
    let (count, sum) = THREADS.time_seconds.get();
    assert_eq!(count, u64::from(all));
    assert!((sum - f64::from(ALL) * 9.5).abs() < 1e-6, "{sum}");
    assert!((0.0..f64::from(ALL)).contains(&THREADS.last.get()), "a gauge is one for all: {}", THREADS.last.get());
    let text = tallied::gather_metrics();
    for line in [
        format!("tallied_tests_task_calls_total{{task_name=\"work\",status=\"ok\"}} {}", all / 4 * 3),
        format!("tallied_tests_task_calls_total{{task_name=\"work\",status=\"error\"}} {}", all / 4),
        format!("tallied_tests_task_duration_seconds_count{{task_name=\"work\",status=\"error\"}} {}", all / 4),
        "tallied_tests_task_in_flight{task_name=\"work\"} 0".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[observed(task_name, histogram)]
fn at_the_end() {}

#[test]
fn the_destructor_of_a_thread_local_counts() {
    struct Last(#[allow(dead_code)] u8);
    impl Drop for Last {
        fn drop(&mut self) {
            at_the_end();
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<Last>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    thread::spawn(|| {
        // One is made before the thread has a shard, and one after: destructors run in some order round its end.
        EARLY.set(Some(Last(1)));
        at_the_end();
        LATE.set(Some(Last(2)));
    })
    .join()
    .unwrap();
    // And a thread whose first use of all is that.
    thread::spawn(|| EARLY.set(Some(Last(3)))).join().unwrap();
    let text = tallied::gather_metrics();
    assert!(text.contains("tallied_tests_task_calls_total{task_name=\"at_the_end\",status=\"ok\"} 4"), "{text}");
}

#[observed(task_name, in_flight)]
async fn moves(gate: &tokio::sync::Semaphore) {
    gate.acquire().await.unwrap().forget();
}

/// Ends the scraper, also when a task panicked.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn calls_that_end_on_another_thread_are_never_less_than_none() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let done = AtomicBool::new(false);
    let level = || {
        let text = tallied::gather_metrics();
        let line =
            text.lines().find(|line| line.starts_with("tallied_tests_task_in_flight{task_name=\"moves\"}")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    thread::scope(|scope| {
        let _done = Done(&done);
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let level = level();
                // What begins and ends while a scrape reads may be in it as begun alone: so there may seem to be more than 64.
                assert!(level >= 0, "{level} are running");
            }
        });
        runtime.block_on(async {
            for _ in 0..200 {
                let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
                let of_task = |gate: std::sync::Arc<_>| tokio::spawn(async move { moves(&gate).await });
                let tasks: Vec<_> = (0..64).map(|_| of_task(gate.clone())).collect();
                tokio::task::yield_now().await;
                gate.add_permits(64);
                for task in tasks {
                    task.await.unwrap();
                }
            }
        });
    });
    assert_eq!(level(), 0);
}
