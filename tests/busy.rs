//! `busy`: the time inside the polls of a future.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tallied::{Label, observed};
use tallied_tests::exposition::{series, value};

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn pass(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[derive(Clone, Copy, Label)]
enum Route {
    Home,
    Cart,
}

/// Works before and after it has waited.
#[observed(route, labels(user(max = 2)), histogram = "busy_call_seconds", busy(name = "busy_inside_seconds", buckets = [0.01, 1.0]), in_flight = "busy_running")]
async fn serve(route: Route, user: &str) -> Result<(), ()> {
    pass(Duration::from_millis(2));
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    pass(Duration::from_millis(2));
    assert!(user != "panics", "as asked");
    if matches!(route, Route::Home) { Ok(()) } else { Err(()) }
}

#[test]
fn time_between_polls_is_time_of_the_call_and_not_busy() {
    const BETWEEN: Duration = Duration::from_millis(20);
    for (route, user) in [(Route::Home, "a"), (Route::Cart, "b"), (Route::Home, "c")] {
        let mut call = pin!(serve(route, user));
        assert!(poll(call.as_mut()).is_pending());
        pass(BETWEEN);
        assert!(poll(call.as_mut()).is_ready());
    }
    {
        let mut cancelled = Box::pin(serve(Route::Home, "a"));
        assert!(poll(cancelled.as_mut()).is_pending());
    }
    let mut panics = Box::pin(serve(Route::Home, "panics"));
    assert!(poll(panics.as_mut()).is_pending());
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(panics.as_mut())));
    assert!(polled.is_err());
    drop(serve(Route::Home, "never polled"));

    let text = tallied::gather_metrics();
    for (labels, polls, waits) in [
        ([("route", "home"), ("user", "a"), ("status", "ok")], 2.0, 1.0),
        ([("route", "cart"), ("user", "b"), ("status", "error")], 2.0, 1.0),
        ([("route", "home"), ("user", "_other"), ("status", "ok")], 2.0, 1.0),
        ([("route", "home"), ("user", "a"), ("status", "cancelled")], 1.0, 0.0),
        ([("route", "home"), ("user", "_other"), ("status", "panicked")], 2.0, 0.0),
    ] {
        let of = |name: &str| value(&text, name, &labels).unwrap_or_else(|| panic!("{name} {labels:?}\n{text}"));
        assert_eq!((of("busy_call_seconds_count"), of("busy_inside_seconds_count")), (1.0, 1.0), "{labels:?}");
        let (call, busy) = (of("busy_call_seconds_sum"), of("busy_inside_seconds_sum"));
        assert!(busy >= 0.002 * polls, "{labels:?}: {busy} s in {polls} polls");
        assert!(call - busy >= waits * BETWEEN.as_secs_f64() * 0.99, "{labels:?}: {call} s, {busy} s busy");
    }
    assert_eq!(series(&text, "busy_inside_seconds_bucket").len() % 3, 0, "its own bounds");
    assert_eq!(value(&text, "busy_running", &[("route", "home"), ("user", "a")]), Some(0.0));
    let overflown =
        value(&text, "tallied_label_overflow_total", &[("family", "busy_inside_seconds"), ("label", "user")]);
    assert_eq!(
        overflown,
        value(&text, "tallied_label_overflow_total", &[("family", "busy_call_seconds"), ("label", "user")])
    );
}

#[observed(task_name, busy)]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move { n })
}

#[observed(busy)]
fn unpinned(n: u8) -> Box<dyn Future<Output = Option<u8>> + Unpin> {
    Box::new(std::future::ready(Some(n)))
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<&'a str, ()>> + 'a>>;

/// That it returns a future is nowhere to be seen.
#[observed(future, counter = "busy_answers_total", busy = "busy_answer_seconds")]
fn answer(text: &str) -> Answer<'_> {
    Box::pin(async move { if text.is_empty() { Err(()) } else { Ok(text) } })
}

#[test]
fn it_has_a_name_beside_the_others_and_stands_on_every_kind_of_future() {
    assert_eq!(poll(pin!(boxed(1))), Poll::Ready(1));
    assert_eq!(poll(pin!(unpinned(1))), Poll::Ready(Some(1)));
    assert_eq!(poll(pin!(answer("yes"))), Poll::Ready(Ok("yes")));
    assert_eq!(poll(pin!(answer(""))), Poll::Ready(Err(())));
    drop(answer("never polled"));
    let text = tallied::gather_metrics();
    let boxed = [("task_name", "boxed"), ("status", "ok")];
    assert_eq!(value(&text, "tallied_tests_task_busy_seconds_count", &boxed), Some(1.0));
    let unpinned = [("function", "unpinned"), ("status", "ok")];
    assert_eq!(value(&text, "tallied_tests_function_busy_seconds_count", &unpinned), Some(1.0));
    for status in ["ok", "error"] {
        assert_eq!(value(&text, "busy_answers_total", &[("status", status)]), Some(1.0));
        assert_eq!(value(&text, "busy_answer_seconds_count", &[("status", status)]), Some(1.0));
    }
    assert!(
        text.contains("# HELP tallied_tests_task_busy_seconds Time inside polls in seconds, by task_name and status.")
    );
    let catalogue = tallied::catalogue();
    let busy = catalogue.families().iter().find(|family| family.name() == "busy_inside_seconds").unwrap();
    assert_eq!((busy.kind(), busy.series()), ("histogram", 2 * 3 * 4 * (2 + 3)));
}

struct Jobs;

#[observed(busy = "busy_jobs_seconds", counter = "busy_jobs_total")]
impl Jobs {
    async fn run(&self) {}

    fn count(&self) -> usize {
        1
    }
}

#[test]
fn of_a_block_it_is_for_the_methods_that_have_polls() {
    assert!(poll(pin!(Jobs.run())).is_ready());
    Jobs.count();
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "busy_jobs_total", &[("status", "ok")]), Some(2.0));
    assert_eq!(value(&text, "busy_jobs_seconds_count", &[("status", "ok")]), Some(1.0));
}

#[observed(counter = "busy_first_total", busy(name = "busy_shared_seconds"), labels(user(max = 2)))]
async fn first(user: &str) {
    let _ = user;
}

#[observed(counter = "busy_second_total", busy(name = "busy_shared_seconds"), labels(user(max = 2)))]
async fn second(user: &str) {
    let _ = user;
}

#[test]
fn functions_that_share_a_family_of_busy_time_share_the_values_of_its_labels() {
    tallied::reserve("busy_shared_seconds", "user", ["r"]).unwrap();
    for user in ["a", "b"] {
        assert!(poll(pin!(first(user))).is_ready());
    }
    for user in ["c", "r"] {
        assert!(poll(pin!(second(user))).is_ready());
    }
    let text = tallied::gather_metrics();
    for (name, user, calls) in [
        ("busy_first_total", "a", 1.0),
        ("busy_first_total", "_other", 1.0),
        ("busy_second_total", "_other", 1.0),
        ("busy_second_total", "r", 1.0),
        ("busy_shared_seconds_count", "_other", 2.0),
    ] {
        assert_eq!(value(&text, name, &[("user", user), ("status", "ok")]), Some(calls), "{name} {user}");
    }
}
