//! Events at the end of calls: `slow` and `log`. Spans of calls that end are those of `spans`.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tallied::{Label, Outcome, observed};
use tallied_tests::notes::Notes;

fn events(body: impl FnOnce()) -> Vec<String> {
    Notes::in_full(body).into_iter().filter(|note| note.starts_with("event")).collect()
}

/// Works for so long.
fn work(time: Duration) -> u64 {
    let (begin, mut turns) = (Instant::now(), 0);
    while begin.elapsed() < time {
        turns += 1;
    }
    turns
}

#[observed(slow = "5ms", span = false)]
fn resize(time: Duration) -> u64 {
    work(time)
}

const LIMIT: Duration = Duration::from_millis(5);

#[observed(slow = LIMIT, counter = false, target = "shop")]
async fn fetch(time: Duration) -> Result<u64, ()> {
    std::future::ready(()).await;
    let turns = work(time);
    if turns > 0 { Err(()) } else { Ok(0) }
}

#[test]
fn a_call_that_takes_longer_is_one_warning() {
    let events = events(|| {
        resize(Duration::ZERO);
        resize(Duration::from_millis(6));
        let mut future = pin!(fetch(Duration::from_millis(6)));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    });
    assert_eq!(
        events,
        [
            "event WARN ends message=slow call function=\"resize\" elapsed_ms status=\"ok\" in none",
            "event WARN shop message=slow call function=\"fetch\" elapsed_ms status=\"error\" in fetch",
        ]
    );
}

#[observed(operation, after(success = |done: &Result<(), ()>| done.is_ok()), counter = false, log = "info")]
fn settle(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[observed(operation, after(success = |done: &Result<(), ()>| done.is_ok()), counter = false, log = "info")]
async fn settle_later(fails: bool) -> Result<(), ()> {
    std::future::ready(()).await;
    settle(fails)
}

#[test]
fn what_the_value_says_is_in_the_span_before_the_last_event_of_the_call() {
    let notes = Notes::in_full(|| {
        let _ = settle(true);
        let mut future = pin!(settle_later(false));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    });
    let told: Vec<&str> = notes.iter().filter_map(|note| note.split(' ').next()).collect();
    let records = |at: usize| told.iter().enumerate().filter(|(_, what)| **what == "record").nth(at).unwrap().0;
    let events = |at: usize| told.iter().enumerate().filter(|(_, what)| **what == "event").nth(at).unwrap().0;
    assert!((0..3).all(|at| records(at) < events(at)), "{notes:#?}");
    assert!(notes.iter().any(|note| note.contains("success=\"false\"")), "{notes:#?}");
}

#[observed(slow = "1ns", log = "debug")]
async fn waits(panics: bool) {
    assert!(!panics, "as asked");
    std::future::pending::<()>().await;
}

#[test]
fn a_call_that_was_cancelled_or_panicked_has_ended_too() {
    let events = events(|| {
        let mut future = Box::pin(waits(false));
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
        drop(future);
        let mut future = Box::pin(waits(true));
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }));
        assert!(polled.is_err());
        drop(waits(false));
    });
    let of = |level: &str, message: &str, status: &str| {
        format!("event {level} ends message={message} function=\"waits\" elapsed_ms status=\"{status}\" in waits")
    };
    assert_eq!(
        events,
        [
            of("WARN", "slow call", "cancelled"),
            of("DEBUG", "call ended", "cancelled"),
            of("WARN", "slow call", "panicked"),
            of("DEBUG", "call ended", "panicked"),
        ],
        "and one that was never polled has not"
    );
}

#[derive(Clone, Copy, Label, Outcome)]
enum Task {
    #[outcome(ok)]
    Completed,
    #[outcome(error)]
    Failed,
}

#[observed(log = "info", status = Task, histogram = "ends_task_seconds", in_flight = "ends_task_running")]
fn task<T>(out: Result<T, ()>) -> Result<T, ()> {
    out
}

#[test]
fn the_status_is_the_word_of_the_users() {
    let events = events(|| {
        let _ = (task(Ok(1)), task::<String>(Err(())));
    });
    let of = |status: &str| {
        format!("event INFO ends message=call ended function=\"task\" elapsed_ms status=\"{status}\" in task")
    };
    assert_eq!(events, [of("completed"), of("failed")]);
}
