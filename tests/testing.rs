//! Recordings see what runs in them, and nothing else.

use std::future::Future as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tallied::testing::{self, Recording};
use tallied::{Counter, Gauge, Histogram, LabelSet, Metrics, Summary, observed};

#[derive(LabelSet)]
struct By<'a> {
    #[label(max = 10)]
    who: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "recorded")]
struct Group {
    /// Counted.
    all_total: Counter,
    /// Counted by who.
    by_total: Counter<By<'static>>,
    /// Up and down.
    level: Gauge,
    /// Observed.
    wait_seconds: Histogram,
    /// Observed.
    #[metrics(quantiles = [1.0])]
    page_seconds: Summary,
}

static GROUP: Group = Group::new();

#[observed(
    counter = "recorded_calls_total",
    histogram(name = "recorded_seconds", native),
    in_flight = "recorded_now",
    summary = "recorded_quantiles_seconds"
)]
fn call(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[observed(counter = "recorded_waits_total", in_flight = "recorded_waits_now")]
async fn wait() {
    tokio::task::yield_now().await;
}

const OK: [(&str, &str); 1] = [("status", "ok")];

#[test]
fn recordings_side_by_side_see_their_own_calls_alone() {
    std::thread::scope(|scope| {
        for thread in 1..=8u32 {
            scope.spawn(move || {
                let recording = Recording::new();
                for _ in 0..100 * thread {
                    recording.run(|| {
                        call(false).unwrap();
                        GROUP.all_total.inc();
                        GROUP.wait_seconds.observe(f64::from(thread));
                        GROUP.page_seconds.observe(f64::from(thread));
                    });
                    // And what is outside is not inside.
                    call(true).unwrap_err();
                }
                let expected = f64::from(100 * thread);
                for name in ["recorded_calls_total", "recorded_seconds_count", "recorded_quantiles_seconds_count"] {
                    assert_eq!(recording.value(name, &OK), Some(expected), "{name}");
                }
                assert_eq!(recording.value("recorded_calls_total", &[("status", "error")]), Some(0.0));
                assert_eq!(recording.value("recorded_all_total", &[]), Some(expected));
                assert_eq!(recording.value("recorded_wait_seconds_sum", &[]), Some(expected * f64::from(thread)));
                let most = recording.value("recorded_page_seconds", &[("quantile", "1")]);
                assert_eq!(most, Some(f64::from(thread)), "a sketch of its own");
                assert_eq!(recording.value("recorded_now", &[]), Some(0.0));
            });
        }
    });
    assert_eq!(testing::value("recorded_calls_total", &[("status", "error")]), Some(3600.0));
    assert_eq!(testing::value("recorded_all_total", &[]), Some(0.0), "nothing that was recorded is here");
}

#[test]
fn labels_are_those_of_the_recording() {
    let recording = Recording::new();
    recording.run(|| GROUP.by_total.with(By { who: "ada" }).inc());
    GROUP.by_total.with(By { who: "bob" }).inc();
    assert_eq!(recording.value("recorded_by_total", &[("who", "ada")]), Some(1.0));
    assert_eq!(recording.value("recorded_by_total", &[("who", "bob")]), Some(0.0));
    assert_eq!(recording.value("recorded_by_total", &[("who", "eve")]), None);
    assert_eq!(testing::value("recorded_by_total", &[("who", "ada")]), Some(0.0));
    assert!(recording.gather_metrics().contains("recorded_by_total{who=\"ada\"} 1\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_take_part_that_are_told_to() {
    let recording = Recording::new();
    let tasks: Vec<_> = (0..10).map(|_| tokio::spawn(recording.future(wait()))).collect();
    let others: Vec<_> = (0..10).map(|_| tokio::spawn(wait())).collect();
    for task in tasks.into_iter().chain(others) {
        task.await.unwrap();
    }
    std::thread::spawn(recording.thread(|| GROUP.all_total.add(7))).join().unwrap();
    recording.run(|| {
        let current = Recording::current().unwrap();
        std::thread::spawn(current.thread(|| GROUP.all_total.inc())).join().unwrap();
        std::thread::spawn(|| assert!(Recording::current().is_none())).join().unwrap();
    });
    assert_eq!(recording.value("recorded_waits_total", &OK), Some(10.0));
    assert_eq!(recording.value("recorded_all_total", &[]), Some(8.0));
    // A future that is dropped is cancelled in the recording.
    let mut dropped = Box::pin(recording.future(wait()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(dropped.as_mut().poll(&mut context).is_pending());
    assert_eq!(recording.value("recorded_waits_now", &[]), Some(1.0));
    drop(dropped);
    assert_eq!(recording.value("recorded_waits_now", &[]), Some(0.0));
    assert_eq!(recording.value("recorded_waits_total", &[("status", "cancelled")]), Some(1.0));
    assert_eq!(testing::value("recorded_waits_total", &[("status", "cancelled")]), Some(0.0));
}

#[test]
fn a_recording_ends_where_its_work_ends_also_by_a_panic() {
    let recording = Recording::new();
    let failed = catch_unwind(AssertUnwindSafe(|| {
        recording.run(|| {
            let _up = GROUP.level.guard();
            panic!("the test failed");
        })
    }));
    assert!(failed.is_err() && Recording::current().is_none());
    assert_eq!(recording.value("recorded_level", &[]), Some(0.0));
    let inner = Recording::new();
    recording.run(|| {
        inner.run(|| GROUP.level.set(5.0));
        assert!(GROUP.level.get().abs() < f64::EPSILON, "the inner one is another one");
        GROUP.level.set(3.0);
        assert!((GROUP.level.get() - 3.0).abs() < f64::EPSILON);
    });
    assert_eq!((recording.value("recorded_level", &[]), inner.value("recorded_level", &[])), (Some(3.0), Some(5.0)));
    let guard = recording.run(|| GROUP.level.guard());
    drop(guard);
    assert_eq!(recording.value("recorded_level", &[]), Some(3.0), "a guard goes down where it went up");
    assert_eq!(testing::value("recorded_level", &[]), Some(0.0));
    let outside = GROUP.level.guard();
    assert_eq!(testing::value("recorded_level", &[]), Some(1.0));
    recording.run(|| drop(outside));
    assert_eq!(testing::value("recorded_level", &[]), Some(0.0), "also from outside to inside");
    assert_eq!(recording.value("recorded_level", &[]), Some(3.0));
}

#[observed(counter = "recorded_difference_total", histogram = "recorded_difference_seconds")]
fn different() {}

#[test]
fn a_difference_is_what_came_meanwhile() {
    different();
    let (answer, difference) = testing::difference(|| {
        different();
        different();
        42
    });
    assert_eq!(answer, 42);
    assert_eq!(difference.value("recorded_difference_total", &OK), Some(2.0));
    let bucket = [OK[0], ("le", "+Inf")];
    assert_eq!(difference.value("recorded_difference_seconds_bucket", &bucket), Some(2.0));
    assert_eq!(difference.value("recorded_nothing_total", &OK), None);
}

#[observed(counter = "recorded_plain_total", span = false)]
fn plain() {}

#[observed(counter = "recorded_spanned_total")]
fn spanned() {}

#[test]
fn what_only_counts_is_not_lost_though_others_count_too() {
    let inside = 4 * 200 * 3;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let recording = Recording::new();
                    recording.run(|| (0..3).for_each(|_| (plain(), spanned()).0));
                    for name in ["recorded_plain_total", "recorded_spanned_total"] {
                        assert_eq!(recording.value(name, &OK), Some(3.0), "{name}");
                    }
                    plain();
                }
            });
        }
    });
    assert_eq!(testing::value("recorded_plain_total", &OK), Some(800.0), "and {inside} that were recorded");
    assert_eq!(testing::value("recorded_spanned_total", &OK), Some(0.0));
}
