//! `histogram(sample = N)`: all calls are counted, and one in N is timed.
#![allow(clippy::float_cmp)] // of whole numbers

use std::thread;

use tallied::testing::Recording;
use tallied::{Label, observed};
use tallied_tests::exposition::value;

const CALLS: u32 = 160_000;

#[observed(task_name, histogram(sample = 16), span = false)]
fn cheap(n: u32) -> Result<u32, u32> {
    if n % 4 == 0 { Err(n) } else { Ok(n) }
}

fn timed(text: &str, task: &str, status: &str) -> f64 {
    let labels = [("task_name", task), ("status", status)];
    value(text, "tallied_tests_task_duration_seconds_count", &labels).unwrap()
}

fn counted(text: &str, task: &str, status: &str) -> f64 {
    value(text, "tallied_tests_task_calls_total", &[("task_name", task), ("status", status)]).unwrap()
}

#[test]
fn calls_are_counted_exactly_and_one_in_so_many_is_timed() {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..CALLS / 4).for_each(|n| _ = cheap(n)));
        }
    });
    let text = tallied::gather_metrics();
    assert_eq!(counted(&text, "cheap", "ok"), f64::from(CALLS / 4 * 3));
    assert_eq!(counted(&text, "cheap", "error"), f64::from(CALLS / 4));
    let (ok, error) = (timed(&text, "cheap", "ok"), timed(&text, "cheap", "error"));
    // 10,000 are expected. A gap of 1 to 31 calls has a variance of 80, so this has a deviation of some 56: eight of them.
    assert!((ok + error - 10_000.0).abs() < 450.0, "{ok} + {error}");
    // Though every fourth call fails, and 16 is a multiple of that, a quarter of the timed ones are failures: 2,500, with a
    // deviation of some 45.
    assert!((error - 2500.0).abs() < 360.0, "{error} of {}", ok + error);
    assert!(
        text.contains("# HELP tallied_tests_task_duration_seconds Duration of one call in 16 in seconds, by"),
        "{text}"
    );
}

#[observed(task_name, histogram(sample = 1000), span = false, in_flight)]
fn seldom() {}

#[test]
fn the_first_call_is_timed() {
    seldom();
    let text = tallied::gather_metrics();
    assert_eq!((counted(&text, "seldom", "ok"), timed(&text, "seldom", "ok")), (1.0, 1.0));
    seldom();
    let text = tallied::gather_metrics();
    assert_eq!(counted(&text, "seldom", "ok"), 2.0);
    assert_eq!(value(&text, "tallied_tests_task_in_flight", &[("task_name", "seldom")]), Some(0.0));
}

#[derive(Clone, Copy, Label)]
enum Kind {
    Small,
    Large,
}

#[observed(labels(kind: Kind = kind), histogram(sample = 2, native), counter)]
async fn sized(kind: Kind) -> usize {
    kind as usize
}

#[test]
fn labels_futures_native_buckets_and_recordings_go_with_it() {
    let recording = Recording::new();
    recording.run(|| {
        for kind in [Kind::Small, Kind::Small, Kind::Large] {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(sized(kind));
        }
    });
    let of = |kind: &str| recording.value("tallied_tests_sized_calls_total", &[("kind", kind), ("status", "ok")]);
    assert_eq!((of("small"), of("large")), (Some(2.0), Some(1.0)));
    // The first call of all is timed; of two that follow at least one.
    let timed = |kind: &str| {
        let labels = [("kind", kind), ("status", "ok")];
        value(&recording.gather_metrics(), "tallied_tests_sized_duration_seconds_count", &labels).unwrap_or(0.0)
    };
    assert!((1.0..=3.0).contains(&(timed("small") + timed("large"))) && timed("small") >= 1.0);
}

#[observed(histogram(sample = 4), task_name)]
fn panics() {
    panic!("as it should");
}

#[test]
fn a_panic_that_was_not_timed_is_counted() {
    for _ in 0..40 {
        std::panic::catch_unwind(panics).unwrap_err();
    }
    let text = tallied::gather_metrics();
    assert_eq!(counted(&text, "panics", "panicked"), 40.0);
    assert!((1.0..40.0).contains(&timed(&text, "panics", "panicked")));
}
