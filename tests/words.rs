//! Words of one's own for what becomes of a call, and labels that the returned value has.

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};

use tallied::{Classify, Label, Outcome, Status, Values, observed};
use tallied_tests::exposition::{series, value};

#[derive(Clone, Copy, Debug, PartialEq, Label, Outcome)]
enum TaskStatus {
    #[allow(dead_code)]
    Scheduled,
    #[outcome(ok)]
    Completed,
    #[outcome(error, panicked)]
    Failed,
    Cancelled,
}

fn count(family: &str, labels: &[(&str, &str)]) -> Option<f64> {
    value(&tallied::gather_metrics(), family, labels)
}

/// Polls once.
fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(out) => Some(out),
        std::task::Poll::Pending => None,
    }
}

async fn pending(times: u32) {
    for _ in 0..times {
        let mut is_first = true;
        std::future::poll_fn(|_| {
            if std::mem::take(&mut is_first) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
    }
}

#[observed(
    status = TaskStatus,
    counter(name = "zart_tasks_total", labels(status)),
    histogram(name = "zart_task_duration_seconds", labels(task_name, status)),
    in_flight = "zart_now"
)]
async fn task(times: u32, fine: bool) -> Result<(), String> {
    pending(times).await;
    assert!(times < 9, "as asked");
    if fine { Ok(()) } else { Err("as asked".into()) }
}

#[test]
fn a_call_is_told_in_the_words_of_the_user() {
    assert!(poll(std::pin::pin!(task(0, true))).unwrap().is_ok());
    assert!(poll(std::pin::pin!(task(0, false))).unwrap().is_err());
    assert!(poll(std::pin::pin!(task(2, true))).is_none(), "dropped half-way");
    drop(task(0, true));
    let panics = catch_unwind(|| {
        let mut task = std::pin::pin!(task(9, true));
        while poll(task.as_mut()).is_none() {}
    });
    assert!(panics.is_err());
    for (status, calls) in
        [("completed", Some(1.0)), ("failed", Some(2.0)), ("cancelled", Some(1.0)), ("scheduled", None)]
    {
        assert_eq!(count("zart_tasks_total", &[("status", status)]), calls, "{status}");
        let labels = [("task_name", "task"), ("status", status)];
        assert_eq!(count("zart_task_duration_seconds_count", &labels), calls, "{status}");
    }
    assert_eq!(count("zart_now", &[]), Some(0.0));
}

/// Renewals, which may find nothing to renew.
#[derive(Clone, Copy, Label, Outcome)]
#[label(rename_all = "SCREAMING_SNAKE_CASE")]
enum Renewal {
    #[outcome(ok)]
    Success,
    #[outcome(error)]
    Failed,
    NotFound,
    #[allow(dead_code)]
    Because(Reason),
}

#[derive(Clone, Copy, Label)]
enum Reason {
    Closed,
}

enum Lost {
    Gone,
    Broken,
}

impl<T> Classify<Result<T, Lost>> for Renewal {
    fn classify(returned: &Result<T, Lost>) -> Self {
        match returned {
            Ok(_) => Renewal::Success,
            Err(Lost::Gone) => Renewal::NotFound,
            Err(Lost::Broken) => Renewal::Failed,
        }
    }
}

#[observed(status = Renewal, counter = "renewals_total")]
fn renew(found: Option<bool>) -> Result<u8, Lost> {
    match found {
        Some(true) => Ok(1),
        Some(false) => Err(Lost::Broken),
        None => Err(Lost::Gone),
    }
}

#[observed(status = Renewal, counter = "plain_total")]
fn plain(found: bool) -> Result<u8, u8> {
    if found { Ok(1) } else { Err(1) }
}

#[observed(status = Renewal, counter = "generic_renewals_total")]
fn generic<T: Debug, E>(result: Result<T, E>) -> Result<T, E>
where
    Renewal: Classify<Result<T, E>>,
{
    result
}

#[test]
fn a_value_can_say_its_word_by_hand() {
    for found in [Some(true), Some(false), None, None] {
        let _ = renew(found);
    }
    let of = |family, status| count(family, &[("status", status)]);
    assert_eq!(of("renewals_total", "SUCCESS"), Some(1.0));
    assert_eq!(of("renewals_total", "FAILED"), Some(1.0));
    assert_eq!(of("renewals_total", "NOT_FOUND"), Some(2.0));
    assert_eq!(of("renewals_total", "closed"), Some(0.0), "any word of the type is possible");
    let _ = (plain(true), plain(false));
    assert_eq!(series(&tallied::gather_metrics(), "plain_total").len(), 2, "nobody classifies this type");
    assert_eq!(of("plain_total", "FAILED"), Some(1.0));
    let _ = generic::<u8, _>(Err(Lost::Gone));
    assert_eq!(of("generic_renewals_total", "NOT_FOUND"), Some(1.0));
    let _ = Renewal::Because(Reason::Closed);
}

struct Response(u16);

impl Classify<Response> for Status {
    fn classify(returned: &Response) -> Self {
        if returned.0 < 500 { Status::Ok } else { Status::Error }
    }
}

#[observed(counter = "responses_total")]
fn respond(code: u16) -> Response {
    Response(code)
}

#[observed(counter = "responses_later_total")]
async fn respond_later(code: u16) -> Response {
    Response(code)
}

#[test]
fn a_type_of_ones_own_can_be_an_error_in_the_usual_words() {
    for code in [200, 404, 500] {
        assert_eq!(respond(code).0, code);
        assert_eq!(poll(std::pin::pin!(respond_later(code))).unwrap().0, code);
    }
    for family in ["responses_total", "responses_later_total"] {
        assert_eq!(count(family, &[("status", "ok")]), Some(2.0));
        assert_eq!(count(family, &[("status", "error")]), Some(1.0));
    }
}

struct Careless;

impl Label for Careless {
    const VALUES: Values = Values::texts(&["fine", "last"]);

    fn index(&self) -> usize {
        usize::MAX
    }
}

impl Outcome for Careless {
    const OK: usize = 0;
    const ERROR: usize = 1;
    const CANCELLED: usize = 1;
    const PANICKED: usize = 1;
}

impl Classify<u8> for Careless {
    fn classify(_: &u8) -> Self {
        Careless
    }
}

#[observed(status = Careless, counter = "careless_words_total")]
fn careless() -> u8 {
    1
}

#[test]
fn a_word_that_is_none_is_the_last_one_and_no_panic() {
    careless();
    assert_eq!(count("careless_words_total", &[("status", "last")]), Some(1.0));
}

#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Code {
    Empty,
    Short,
    Long,
}

impl Code {
    #[allow(clippy::ref_option)] // as `after` hands it over
    fn of(page: &Option<String>) -> Self {
        match page.as_ref().map(String::len) {
            None => Code::Empty,
            Some(0..4) => Code::Short,
            Some(_) => Code::Long,
        }
    }
}

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

#[observed(
    layer,
    after(
        hit = |page| page.is_some(),
        code = Code::of,
        asked: bool = |_| { ASKED.set(ASKED.get() + 1); true },
        first = |page| page.as_ref().map(String::is_empty)
    ),
    counter = "bext_cache_reads_total",
    histogram(name = "bext_cache_read_seconds", labels(code, status)),
    in_flight = "bext_cache_reads_now"
)]
fn read(layer: bool, page: Option<&str>) -> Option<String> {
    assert_ne!(page, Some("panic"));
    page.map(|page| if layer { page.to_owned() } else { page.repeat(2) })
}

#[test]
fn labels_of_the_returned_value_are_asked_for_once_and_are_absent_when_there_is_none() {
    for page in [None, Some("ab"), Some("abcd"), Some("panic")] {
        let _ = catch_unwind(|| read(true, page));
    }
    assert_eq!(read(false, Some("ab")), Some("abab".to_owned()));
    assert_eq!(ASKED.get(), 4);
    let reads = |layer, hit, code, asked, first, status| {
        let labels =
            [("layer", layer), ("hit", hit), ("code", code), ("asked", asked), ("first", first), ("status", status)];
        count("bext_cache_reads_total", &labels)
    };
    assert_eq!(reads("true", "false", "empty", "true", "", "ok"), Some(1.0));
    assert_eq!(reads("true", "true", "short", "true", "false", "ok"), Some(1.0));
    assert_eq!(reads("true", "true", "long", "true", "false", "ok"), Some(1.0));
    assert_eq!(reads("false", "true", "long", "true", "false", "ok"), Some(1.0));
    assert_eq!(reads("true", "", "", "", "", "panicked"), Some(1.0));
    // What cannot be is not exposed: a panic with a value, a return without one.
    assert_eq!(reads("true", "true", "long", "true", "false", "panicked"), None);
    assert_eq!(reads("true", "", "", "", "", "ok"), None);
    // 2 layers: 2 × 3 × 2 × 3 that returned, and one that did not.
    assert_eq!(series(&tallied::gather_metrics(), "bext_cache_reads_total").len(), 2 * (2 * 3 * 2 * 3 + 1));
    assert_eq!(count("bext_cache_read_seconds_count", &[("code", "long"), ("status", "ok")]), Some(2.0));
    assert_eq!(count("bext_cache_read_seconds_count", &[("code", ""), ("status", "panicked")]), Some(1.0));
    for layer in ["true", "false"] {
        assert_eq!(count("bext_cache_reads_now", &[("layer", layer)]), Some(0.0));
    }
}

/// A subscriber's bug.
struct Panics;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Panics {
    fn on_record(
        &self,
        _: &tracing::span::Id,
        _: &tracing::span::Record<'_>,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        panic!("as asked");
    }
}

#[observed(after(odd = |n| n % 2 == 1), counter = "recorded_total", in_flight = "recorded_now")]
fn recorded(n: u32) -> u32 {
    n
}

#[test]
fn a_subscriber_that_panics_makes_no_second_call_of_one() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let subscriber = tracing_subscriber::registry().with(Panics);
    let panicked = catch_unwind(AssertUnwindSafe(|| tracing::subscriber::with_default(subscriber, || recorded(1))));
    assert!(panicked.is_err());
    assert_eq!(count("recorded_total", &[("odd", "true"), ("status", "ok")]), Some(1.0));
    assert_eq!(count("recorded_total", &[("odd", ""), ("status", "panicked")]), Some(0.0));
    assert_eq!(count("recorded_now", &[]), Some(0.0));
}

impl Classify<&Response> for Status {
    fn classify(returned: &&Response) -> Self {
        if returned.0 < 500 { Status::Ok } else { Status::Error }
    }
}

#[observed(counter = "borrowed_total", budget = 3)]
fn borrowed(response: &Response) -> &Response {
    response
}

#[observed(counter = "hidden_later_total", budget = 3)]
async fn hidden_later(fails: bool) -> impl Debug {
    if fails { Err(1) } else { Ok(2) }
}

#[observed(counter = "hidden_after_total", after(known: bool = |_| true))]
fn hidden_after(fails: bool) -> impl Debug {
    if fails { Err(1) } else { Ok(2) }
}

#[test]
fn what_the_signature_hides_is_ok_whatever_the_shape() {
    for fails in [true, false] {
        poll(std::pin::pin!(hidden_later(fails))).unwrap();
        let _ = hidden_after(fails);
    }
    assert_eq!(count("hidden_later_total", &[("status", "ok")]), Some(2.0));
    assert_eq!(series(&tallied::gather_metrics(), "hidden_later_total").len(), 3);
    assert_eq!(count("hidden_after_total", &[("known", "true"), ("status", "ok")]), Some(2.0));
    // A reference to a type of one's own can be told by hand too, and its error was counted in the budget.
    borrowed(&Response(500));
    assert_eq!(count("borrowed_total", &[("status", "error")]), Some(1.0));
    assert_eq!(count("borrowed_total", &[("status", "cancelled")]), None, "nothing waits to be dropped");
}

#[observed(after(failed = |r| r.is_err(), own = |r| r.as_ref().err()), counter = "futures_total")]
async fn later<'a>(text: &'a str, times: u32) -> Result<&'a str, Code2> {
    pending(times).await;
    if text.is_empty() { Err(Code2::Empty) } else { Ok(text) }
}

#[derive(Clone, Copy, Debug, Label)]
enum Code2 {
    Empty,
}

#[observed(after(some: bool = |characters| characters.size_hint().0 > 0), counter = "hidden_total")]
fn hidden(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
}

#[observed(after(long = |text| text.len() > 2), counter = "boxed_total")]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
    Box::pin(async move { text.to_owned() })
}

struct Found {
    limit: u8,
}

/// Words that are the closure's own, or nobody's, though a parameter is called so.
#[observed(
    after(
        field = |found| found.limit > 1,
        path: bool = |found| found.limit < limit::MOST,
        written(max = 2) = |found| format!("{limit}", limit = found.limit),
        bound: bool = |limit| limit.limit > 1,
        matched: bool = |found| matches!(found, Found { limit: 1..=9 })
    ),
    counter = "own_names_total"
)]
fn own_names(limit: u8) -> Found {
    Found { limit }
}

mod limit {
    pub(super) const MOST: u8 = 9;
}

#[test]
fn a_closure_over_the_value_may_use_a_parameters_name_for_its_own() {
    own_names(3);
    let labels = [
        ("field", "true"),
        ("path", "true"),
        ("written", "3"),
        ("bound", "true"),
        ("matched", "true"),
        ("status", "ok"),
    ];
    assert_eq!(count("own_names_total", &labels), Some(1.0));
}

#[observed(after(odd = |n| n % 2 == 1), counter = "tracked_total")]
#[track_caller]
fn tracked(n: u32) -> u32 {
    n
}

#[test]
fn every_shape_of_function_can_be_asked_for_its_value() {
    assert!(poll(std::pin::pin!(later("a", 0))).unwrap().is_ok());
    assert!(poll(std::pin::pin!(later("", 0))).unwrap().is_err());
    assert!(poll(std::pin::pin!(later("", 1))).is_none());
    let futures = |failed, own, status| count("futures_total", &[("failed", failed), ("own", own), ("status", status)]);
    assert_eq!(futures("false", "", "ok"), Some(1.0));
    assert_eq!(futures("true", "empty", "error"), Some(1.0));
    assert_eq!(futures("", "", "cancelled"), Some(1.0));
    assert_eq!((hidden("ab").count(), hidden("").count()), (2, 0));
    assert_eq!(count("hidden_total", &[("some", "true"), ("status", "ok")]), Some(1.0));
    assert_eq!(poll(std::pin::pin!(boxed("abc"))), Some("abc".to_owned()));
    assert_eq!(count("boxed_total", &[("long", "true"), ("status", "ok")]), Some(1.0));
    assert_eq!((tracked(1), tracked(2)), (1, 2));
    assert_eq!(count("tracked_total", &[("odd", "true"), ("status", "ok")]), Some(1.0));
}
