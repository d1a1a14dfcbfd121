//! Every call is told: as ok, error, cancelled or panicked, once, and nothing stays in flight.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tallied::observed;
use tallied_tests::exposition::{series, value};

/// Calls of a function by status, as the counter shows them.
fn calls(task: &str, status: &str) -> Option<u64> {
    let text = tallied::gather_metrics();
    let counted = value(&text, "tallied_tests_task_calls_total", &[("task_name", task), ("status", status)])?;
    // The histogram tells the same, where it has a series at all.
    let observed =
        value(&text, "tallied_tests_task_duration_seconds_count", &[("task_name", task), ("status", status)]);
    assert!((counted - observed.unwrap_or(0.0)).abs() < 0.5, "{task} {status}: {counted} and {observed:?}");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(counted as u64)
}

fn told(task: &str) -> [Option<u64>; 4] {
    ["ok", "error", "cancelled", "panicked"].map(|status| calls(task, status))
}

fn running(task: &str) -> f64 {
    value(&tallied::gather_metrics(), "tallied_tests_task_in_flight", &[("task_name", task)]).unwrap()
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

type Alias<T> = Result<T, String>;

#[observed(task_name, histogram, in_flight)]
fn halve(n: u32) -> Alias<u32> {
    assert!(n != 13, "thirteen");
    if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
}

#[test]
fn a_function_is_told_as_ok_error_or_panicked_and_never_as_cancelled() {
    for n in [2, 4, 6, 7] {
        let _ = halve(n);
    }
    assert!(catch_unwind(|| halve(13)).is_err());
    assert_eq!(told("halve"), [Some(3), Some(1), None, Some(1)]);
    assert!(running("halve").abs() < 0.5);
}

#[observed(task_name, histogram)]
fn cannot_fail(n: u32) -> Option<u32> {
    n.checked_sub(1)
}

#[test]
fn a_function_without_a_result_has_no_error() {
    cannot_fail(0);
    assert_eq!(told("cannot_fail"), [Some(1), None, None, Some(0)], "None is no error");
}

#[observed(task_name, histogram)]
fn question_mark(text: &str) -> Result<u8, std::num::ParseIntError> {
    let n: u8 = text.parse()?;
    if n == 0 {
        return Ok(255);
    }
    Ok(n)
}

#[test]
fn question_marks_and_early_returns_are_told() {
    for text in ["1", "0", "x", "256"] {
        let _ = question_mark(text);
    }
    assert_eq!(told("question_mark"), [Some(2), Some(2), None, Some(0)]);
}

#[observed(task_name, histogram, in_flight)]
async fn settle(n: u32) -> Result<u32, &'static str> {
    let n = ready(n).await;
    match n {
        0 => Err("nothing"),
        13 => panic!("thirteen"),
        99 => pending().await,
        n => Ok(n),
    }
}

#[tokio::test]
async fn a_future_is_told_as_each_of_the_four() {
    let _ = settle(1).await;
    let _ = settle(0).await;
    assert!(tokio::spawn(settle(13)).await.unwrap_err().is_panic());
    assert!(tokio::time::timeout(Duration::from_millis(1), settle(99)).await.is_err());
    assert_eq!(told("settle"), [Some(1), Some(1), Some(1), Some(1)]);
    assert!(running("settle").abs() < 0.5);
}

#[observed(task_name, histogram, in_flight)]
async fn waiting() {
    pending::<()>().await;
}

#[test]
fn a_future_that_was_never_polled_is_not_a_call() {
    drop(waiting());
    assert_eq!(told("waiting"), [Some(0), None, Some(0), Some(0)], "zeros are there before the first call");
    let mut polled = Box::pin(waiting());
    assert!(poll_once(polled.as_mut()).is_pending());
    drop(waiting());
    assert!((running("waiting") - 1.0).abs() < 0.5, "one is in flight");
    assert_eq!(told("waiting"), [Some(0), None, Some(0), Some(0)]);
    drop(polled);
    assert_eq!(told("waiting"), [Some(0), None, Some(1), Some(0)]);
    assert!(running("waiting").abs() < 0.5);
}

#[observed(task_name, histogram)]
async fn caught_in_the_crash() {
    pending::<()>().await;
}

#[test]
fn a_future_that_is_dropped_while_something_else_unwinds_is_cancelled() {
    let crashed = catch_unwind(|| {
        let mut future = Box::pin(caught_in_the_crash());
        assert!(poll_once(future.as_mut()).is_pending());
        panic!("something else");
    });
    assert!(crashed.is_err());
    assert_eq!(told("caught_in_the_crash"), [Some(0), None, Some(1), Some(0)]);
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in a drop");
    }
}

#[observed(task_name, histogram, in_flight)]
async fn bad_to_drop() {
    let _bad = PanicsWhenDropped;
    pending::<()>().await;
}

#[test]
fn a_panic_while_a_waiting_future_is_dropped_leaves_nothing_in_flight() {
    let mut future = Box::pin(bad_to_drop());
    assert!(poll_once(future.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(future))).is_err());
    assert_eq!(told("bad_to_drop"), [Some(0), None, Some(0), Some(1)]);
    assert!(running("bad_to_drop").abs() < 0.5);
}

#[observed(task_name, histogram)]
async fn polled_too_often() -> u8 {
    1
}

#[test]
fn a_poll_after_the_end_is_no_second_call() {
    let mut future = Box::pin(polled_too_often());
    assert!(poll_once(future.as_mut()).is_ready());
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err(), "as any async fn");
    drop(future);
    assert_eq!(told("polled_too_often"), [Some(1), None, Some(0), Some(0)]);
}

#[observed(task_name, histogram, in_flight)]
fn down_to(n: u32) -> u32 {
    if n == 0 { 0 } else { down_to(n - 1) }
}

#[test]
fn each_call_of_a_recursion_counts() {
    down_to(9);
    assert_eq!(told("down_to"), [Some(10), None, None, Some(0)]);
    assert!(running("down_to").abs() < 0.5);
}

#[observed(task_name, histogram)]
fn generic<T: Clone>(value: &T) -> T {
    value.clone()
}

#[test]
fn all_instances_of_a_generic_function_are_one_series() {
    let _ = generic(&1u8);
    let _ = generic(&"text");
    let _ = generic(&Err::<u8, u8>(1));
    assert_eq!(told("generic"), [Some(3), None, None, Some(0)], "a bare generic return is ok");
}

#[observed(task_name, histogram)]
fn generic_result<T, E>(result: Result<T, E>) -> Result<T, E> {
    result
}

#[test]
fn a_result_of_generic_parts_is_a_result() {
    let _ = generic_result(Ok::<u8, ()>(1));
    let _ = generic_result(Err::<(), &str>("no"));
    assert_eq!(told("generic_result"), [Some(1), Some(1), None, Some(0)]);
}

#[observed(task_name, histogram)]
fn later(n: u32) -> impl Future<Output = Result<u32, ()>> {
    let n = n + 1;
    async move { if n > 1 { Ok(n) } else { Err(()) } }
}

#[observed(task_name, histogram)]
fn boxed<'a>(n: &'a u32) -> Pin<Box<dyn Future<Output = Result<u32, ()>> + Send + 'a>> {
    let copied = *n;
    Box::pin(async move { if copied > 0 { Ok(copied) } else { Err(()) } })
}

#[observed(task_name, histogram)]
fn says_its_output() -> impl Future<Output = u64> + Send {
    // The type that `into` makes is known from the signature alone.
    async { 1u32.into() }
}

#[observed(task_name, histogram)]
fn by_another_name(n: &u32) -> futures_util::future::BoxFuture<'_, Result<u32, ()>> {
    Box::pin(async move { if *n > 0 { Ok(*n) } else { Err(()) } })
}

#[tokio::test]
async fn a_future_is_known_by_how_its_type_is_written() {
    use futures_util::FutureExt as _;
    assert_eq!(says_its_output().await, 1);
    let _ = by_another_name(&1).await;
    let _ = by_another_name(&0).await;
    assert_eq!(told("says_its_output"), [Some(1), None, Some(0), Some(0)]);
    assert_eq!(told("by_another_name"), [Some(1), Some(1), Some(0), Some(0)]);
    // A future that may be caught when it panics still may.
    assert!(caught().catch_unwind().await.is_err());
    assert_eq!(told("caught"), [Some(0), None, Some(0), Some(1)]);
}

#[observed(task_name, histogram)]
async fn caught() {
    panic!("to be caught");
}

macro_rules! with_block {
    ($name:ident $result:ty, $body:block) => {
        #[observed(task_name, histogram)]
        fn $name() -> $result $body
    };
}

with_block!(by_a_macro Result<u8, ()>, { Err(()) });

#[test]
fn a_body_and_a_type_that_came_through_a_macro_are_read() {
    let _ = by_a_macro();
    assert_eq!(told("by_a_macro"), [Some(0), Some(1), None, Some(0)]);
}

#[tokio::test]
async fn of_a_function_that_returns_a_future_the_future_is_the_call() {
    let _ = later(1).await;
    let _ = later(0).await;
    drop(later(1));
    let _ = boxed(&1).await;
    let _ = boxed(&0).await;
    drop(boxed(&1));
    for task in ["later", "boxed"] {
        assert_eq!(told(task), [Some(1), Some(1), Some(0), Some(0)]);
    }
}

#[async_trait::async_trait]
trait Store {
    async fn fetch(&self, key: &str) -> Result<usize, ()>;
}

struct Shop;

#[async_trait::async_trait]
impl Store for Shop {
    #[observed(task_name, histogram)]
    async fn fetch(&self, key: &str) -> Result<usize, ()> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if key.is_empty() { Err(()) } else { Ok(key.len()) }
    }
}

#[tokio::test]
async fn under_async_trait_the_whole_wait_is_timed() {
    let store: Box<dyn Store> = Box::new(Shop);
    let _ = store.fetch("key").await;
    let _ = store.fetch("").await;
    assert_eq!(told("fetch"), [Some(1), Some(1), Some(0), Some(0)]);
    let labels = [("task_name", "fetch"), ("status", "ok")];
    let seconds = value(&tallied::gather_metrics(), "tallied_tests_task_duration_seconds_sum", &labels).unwrap();
    assert!(seconds >= 0.020, "{seconds}");
}

#[observed(task_name, histogram)]
fn spin(for_at_least: Duration) {
    let start = Instant::now();
    while start.elapsed() < for_at_least {
        std::hint::spin_loop();
    }
}

#[test]
fn a_duration_is_in_seconds_and_in_no_bucket_below_it() {
    spin(Duration::from_millis(6));
    let text = tallied::gather_metrics();
    let bucket = |le: &str| {
        let labels = [("task_name", "spin"), ("status", "ok"), ("le", le)];
        value(&text, "tallied_tests_task_duration_seconds_bucket", &labels).unwrap()
    };
    assert!(bucket("0.005").abs() < 0.5 && (bucket("+Inf") - 1.0).abs() < 0.5);
    let sum = value(&text, "tallied_tests_task_duration_seconds_sum", &[("task_name", "spin"), ("status", "ok")]);
    assert!(sum.unwrap() >= 0.006);
    let bounds: Vec<&str> = series(&text, "tallied_tests_task_duration_seconds_bucket")
        .into_iter()
        .filter(|line| line.contains("\"spin\""))
        .map(|line| line.split_once("le=\"").unwrap().1.split_once('"').unwrap().0)
        .collect();
    assert_eq!(bounds, ["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "10", "30", "60", "300", "+Inf"]);
}

struct Gate {
    open: tokio::sync::Semaphore,
}

impl Gate {
    #[observed(task_name, histogram, in_flight)]
    async fn pass(&self) -> usize {
        self.open.acquire().await.unwrap().forget();
        self.open.available_permits()
    }
}

#[tokio::test]
async fn the_gauge_shows_how_many_are_running() {
    let gate = std::sync::Arc::new(Gate { open: tokio::sync::Semaphore::new(0) });
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.pass().await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!((running("pass") - 5.0).abs() < 0.5);
    gate.open.add_permits(2);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!((running("pass") - 3.0).abs() < 0.5);
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        let _ = task.await;
    }
    assert_eq!(told("pass"), [Some(2), None, Some(3), Some(0)]);
    assert!(running("pass").abs() < 0.5);
}

#[observed(task_name, histogram)]
fn inline(upto: u32) -> impl Iterator<Item = u32> {
    assert!(upto != 13, "thirteen");
    0..upto
}

#[test]
fn a_function_that_returns_impl_trait_is_told_too() {
    assert_eq!(inline(3).count(), 3);
    assert!(catch_unwind(|| inline(13).count()).is_err());
    assert_eq!(told("inline"), [Some(1), None, None, Some(1)]);
}

struct CallsWhenDropped;

impl Drop for CallsWhenDropped {
    fn drop(&mut self) {
        inline_in_a_drop();
    }
}

#[observed(task_name, histogram)]
fn inline_in_a_drop() -> impl Sized {}

#[test]
fn a_call_that_a_drop_makes_during_an_unwinding_did_not_panic() {
    let crashed = catch_unwind(|| {
        let _calls = CallsWhenDropped;
        panic!("something else");
    });
    assert!(crashed.is_err());
    assert_eq!(told("inline_in_a_drop"), [Some(1), None, None, Some(0)]);
}
