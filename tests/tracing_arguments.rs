//! tracing's own arguments on `#[observed]`, beside what it counts. That they mean what tracing means is for tracing's own
//! tests to say (`tracing_suite`).

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tallied::{instrument, observed};
use tallied_tests::exposition::{series, value};
use tallied_tests::notes::Notes;
use tracing::Span;

fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return out;
        }
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn opened(notes: &[String]) -> Vec<&str> {
    notes.iter().filter_map(|note| note.strip_prefix("new INFO tracing_arguments ")).collect()
}

#[derive(Clone)]
struct Secret;

impl std::fmt::Debug for Secret {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("nobody asked for it")
    }
}

#[observed(task_name, skip(token), fields(size = text.len()))]
fn named(token: &Secret, text: &str) -> usize {
    let _ = token;
    text.len()
}

#[observed(task_name, skip_all, err, ret)]
async fn skips_all(token: Secret) -> Result<u8, String> {
    let _ = token;
    Ok(1)
}

#[test]
fn no_argument_is_recorded_unless_it_is_asked_for() {
    let notes = Notes::during(|| {
        named(&Secret, "four");
        finish(skips_all(Secret)).unwrap();
    });
    assert_eq!(
        opened(&notes),
        ["named task_name=\"named\" size=4u64 in []", "skips_all task_name=\"skips_all\" in []"]
    );
}

#[derive(Clone, Copy, Debug, tallied::Label)]
enum Route {
    Home,
}

#[observed(args, route, skip(token), fields(text = %text.to_uppercase(), later, done.at = ?route))]
fn all(route: Route, text: &str, token: Secret, (left, _): (u8, u8), mut count: u32) -> u32 {
    count += 1;
    let _ = (token, left);
    Span::current().record("later", count);
    count + u32::try_from(text.len()).unwrap()
}

#[test]
fn args_records_all_but_what_is_skipped_a_label_or_a_field_of_the_name() {
    let notes = Notes::during(|| {
        assert_eq!(all(Route::Home, "a", Secret, (1, 2), 3), 5);
    });
    assert_eq!(opened(&notes), ["all route=\"home\" left=1 count=3u64 text=A done.at=Home in []"]);
    assert_eq!(notes[2], "record all later=4u64");
}

struct Cart {
    items: Vec<u8>,
}

impl Cart {
    #[observed(args, skip(self), fields(items = self.items.len()), histogram = "arguments_add_seconds")]
    async fn add(&mut self, item: u8) -> usize {
        self.items.push(item);
        std::future::ready(()).await;
        self.items.len()
    }

    #[observed(fields(first = ?self.items.first()))]
    fn drain(&mut self) -> impl Iterator<Item = u8> {
        self.items.drain(..)
    }

    #[observed(fields(items = self.items.len()))]
    fn later(&self, wait: bool) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
        let len = self.items.len();
        Box::pin(async move { if wait { std::future::pending().await } else { len } })
    }
}

#[test]
fn a_method_records_what_it_was_called_with() {
    let notes = Notes::during(|| {
        let mut cart = Cart { items: vec![7] };
        assert_eq!(finish(cart.add(8)), 2);
        assert_eq!(cart.drain().count(), 2);
        assert_eq!(finish(cart.later(false)), 0);
        drop(cart.add(9));
    });
    assert_eq!(
        opened(&notes),
        [
            "add function=\"Cart::add\" item=8u64 items=1u64 in []",
            "drain function=\"Cart::drain\" first=Some(7) in []",
            "later function=\"Cart::later\" items=0u64 in []",
        ]
    );
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_add_seconds_count", &[("status", "ok")]), Some(1.0), "one was never polled");
}

#[async_trait::async_trait]
trait Store {
    async fn load(&self, key: String, cause: &Span) -> usize;
}

struct Memory(usize);

#[async_trait::async_trait]
impl Store for Memory {
    #[observed(counter = "arguments_load_total", args, skip(self, cause), fields(size = self.0), follows_from = [cause])]
    async fn load(&self, key: String, cause: &Span) -> usize {
        let _ = cause;
        key.len() + self.0
    }
}

#[test]
fn under_async_trait_the_span_is_opened_at_the_first_poll() {
    let notes = Notes::during(|| {
        let (cause, outer) = (tracing::info_span!("cause"), tracing::info_span!("outer"));
        let future = Memory(2).load_owned("abc", cause.clone());
        let _entered = outer.enter();
        assert_eq!(finish(future), 5);
    });
    assert_eq!(opened(&notes)[2], "load key=\"abc\" size=2u64 in [outer]");
    assert!(notes.contains(&"load follows from cause".to_owned()), "{notes:?}");
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_load_total", &[("status", "ok")]), Some(1.0));
}

impl Memory {
    async fn load_owned(self, key: &str, cause: Span) -> usize {
        self.load(key.to_owned(), &cause).await
    }
}

#[observed(parent = parent, follows_from = causes.iter().flatten(), fields(causes = causes.len()))]
fn below(parent: &Span, causes: &[Option<Span>]) -> usize {
    let _ = parent;
    causes.len()
}

#[observed(parent = None, target = "shop", level = "info")]
async fn root() {}

#[test]
fn a_parent_and_causes_are_taken_from_the_arguments() {
    let notes = Notes::during(|| {
        let (parent, cause) = (tracing::info_span!("parent"), tracing::info_span!("cause"));
        let _entered = cause.enter();
        below(&parent, &[Some(cause.clone()), None]);
        finish(root());
    });
    assert!(notes.contains(&"new INFO tracing_arguments below function=\"below\" causes=2u64 in [parent]".to_owned()));
    assert!(notes.contains(&"below follows from cause".to_owned()));
    assert!(notes.contains(&"new INFO shop root function=\"root\" in []".to_owned()), "{notes:?}");
}

#[observed(err, ret(level = "debug"), target = "shop", counter = "arguments_parse_total")]
fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[observed(err(Debug, level = "warn"), after(odd = |n| n.as_ref().is_ok_and(|n| n % 2 == 1)), counter = "arguments_later_total")]
async fn parse_later(text: &str) -> Result<u8, std::num::ParseIntError> {
    std::future::ready(()).await;
    text.parse()
}

#[observed(ret, span = false)]
fn without_a_span() -> impl Copy {
    1u8
}

#[test]
fn an_error_and_a_value_are_events_of_the_span_and_are_counted() {
    let notes = Notes::in_full(|| {
        let _ = (parse("1"), parse("x"), finish(parse_later("3")), finish(parse_later("")));
        without_a_span();
    });
    let events: Vec<&String> = notes.iter().filter(|note| note.starts_with("event")).collect();
    assert_eq!(
        events,
        [
            "event DEBUG shop return=1 in parse",
            "event ERROR shop error=invalid digit found in string in parse",
            "event WARN tracing_arguments error=ParseIntError { kind: Empty } in parse_later",
            "event INFO tracing_arguments return=1 in none",
        ]
    );
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_parse_total", &[("status", "error")]), Some(1.0));
    assert_eq!(value(&text, "arguments_later_total", &[("odd", "true"), ("status", "ok")]), Some(1.0));
}

#[instrument]
fn traced(count: u8) -> u8 {
    count
}

#[instrument("another name", skip_all, histogram = "arguments_timed_seconds", counter = "arguments_timed_total")]
async fn timed(count: u8) -> u8 {
    count
}

/// As tracing reads it, without commas; and what it does not record.
#[instrument("blanks" level = "info" skip(b) err,, fields(late),)]
fn blanks(a: u8, b: u8, [c, _]: [u8; 2]) -> Result<u8, String> {
    Ok(a + b + c)
}

#[instrument(skip(self))]
impl Memory {
    fn first(&self, key: &str) -> usize {
        key.len() + self.0
    }

    #[instrument(skip)]
    fn second(&self) -> usize {
        self.0
    }
}

#[test]
fn instrument_records_all_and_counts_what_it_is_asked_to() {
    let notes = Notes::during(|| {
        traced(1);
        assert_eq!(blanks(1, 2, [3, 4]), Ok(6));
        finish(timed(2));
        Memory(1).first("key");
        Memory(1).second();
    });
    assert_eq!(
        opened(&notes),
        ["traced count=1u64 in []", "blanks a=1u64 in []", "another name in []", "first key=\"key\" in []"],
        "the name is in the span already"
    );
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_timed_seconds_count", &[("status", "ok")]), Some(1.0));
    assert_eq!(value(&text, "arguments_timed_total", &[("status", "ok")]), Some(1.0));
    assert!(series(&text, "tallied_tests_function_calls_total").iter().all(|line| !line.contains("traced")));
}

/// The method's own argument wins, what is skipped and the fields add up.
#[observed(args, level = "debug", skip(self, token), fields(of = "block"), err, task_name)]
impl Cart {
    #[observed(level = "info", skip(pin), fields(own = pin.len()))]
    fn pay(&self, token: Secret, pin: &str, sum: u8) -> Result<u8, String> {
        let _ = (token, pin);
        Ok(sum)
    }

    #[observed(skip_all, level = "info", err(Debug))]
    fn take(&self, token: Secret) -> Result<(), Secret> {
        let _ = token;
        Ok(())
    }
}

#[test]
fn a_methods_own_argument_goes_before_that_of_its_block() {
    let notes = Notes::during(|| {
        let cart = Cart { items: vec![] };
        let _ = (cart.pay(Secret, "1234", 5), cart.take(Secret));
    });
    let opened = opened(&notes);
    assert_eq!(
        opened,
        ["pay task_name=\"pay\" sum=5u64 of=\"block\" own=4u64 in []", "take task_name=\"take\" of=\"block\" in []"]
    );
}

/// A field of the user's goes before the label that nobody asked for.
#[observed(args)]
fn function(function: u8) -> u8 {
    function
}

#[observed(counter = false, task_name, labels(step = "one"))]
fn not_counted() {}

#[test]
fn no_field_stands_twice() {
    let notes = Notes::during(|| {
        function(1);
        not_counted();
    });
    assert_eq!(
        opened(&notes),
        ["function function=1u64 in []", "not_counted task_name=\"not_counted\" step=\"one\" in []"]
    );
}

macro_rules! made {
    ($name:ident, $level:literal, $target:expr, $parent:expr, $value:expr) => {
        #[observed(level = $level, target = $target, parent = $parent, fields(value = $value), slow = "1m", log = $level)]
        fn $name() {}
    };
}

made!(by_a_macro, "info", "shop", None, 1 + 1);

#[observed(follows_from = causes.into_iter(), fields(size = text.into_bytes().len()))]
fn uses_up(causes: Vec<Span>, text: String) -> impl Future<Output = u8> {
    async { 1 }
}

#[test]
fn what_a_macro_hands_on_is_read_and_what_is_used_up_is_not_missed() {
    let notes = Notes::in_full(|| {
        by_a_macro();
        let cause = tracing::info_span!("cause");
        finish(uses_up(vec![cause.clone()], "text".to_owned()));
    });
    assert!(notes[0].starts_with("new INFO shop by_a_macro function=\"by_a_macro\" value=2"), "{notes:?}");
    assert!(notes[2].starts_with("event INFO shop message=call ended"), "{notes:?}");
    assert!(notes.contains(&"uses_up follows from cause".to_owned()), "{notes:?}");
}

#[observed(fields(late = std::future::ready(4u8).await, early = checked(key)?), counter = "arguments_awaits_total")]
async fn awaits(key: &str) -> Option<usize> {
    Some(key.len())
}

fn checked(key: &str) -> Option<usize> {
    (!key.is_empty()).then_some(key.len())
}

#[test]
fn a_function_that_is_left_while_its_fields_are_evaluated_was_no_call() {
    let notes = Notes::during(|| {
        assert_eq!(finish(awaits("")), None);
        assert_eq!(finish(awaits("key")), Some(3));
    });
    assert_eq!(opened(&notes), ["awaits late=4u64 early=3u64 in []"]);
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_awaits_total", &[("status", "ok")]), Some(1.0));
}

#[observed(args, counter = "arguments_kept_total")]
async fn kept(number: u8) -> u8 {
    number
}

#[observed(counter = "arguments_fused_total")]
fn fused(number: u8) -> impl Future<Output = u8> {
    let mut number = Some(number);
    std::future::poll_fn(move |_| Poll::Ready(number.take().unwrap_or_default()))
}

#[test]
fn a_span_is_closed_when_its_future_is_ready_though_that_is_kept() {
    let notes = Notes::during(|| {
        let mut future = pin!(kept(1));
        assert_eq!(poll(future.as_mut()), Poll::Ready(1));
        tracing::info!("after");
        let mut future = pin!(fused(2));
        assert_eq!(poll(future.as_mut()), Poll::Ready(2));
        assert_eq!(poll(future.as_mut()), Poll::Ready(0), "what it does then is its own affair");
    });
    let of = |name: &str| {
        let line = |what: &str| format!("{what} {name}");
        ["enter", "exit", "enter", "exit", "close"].map(line).to_vec()
    };
    assert_eq!(notes[1..6], of("kept"));
    assert_eq!(notes[6], "event INFO in none");
    assert_eq!(notes[8..], of("fused"));
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_fused_total", &[("status", "ok")]), Some(1.0));
}

#[observed(fields(size = checked_size(size)), counter = "arguments_panics_total")]
fn panics_before(size: usize) -> usize {
    size
}

#[observed(fields(size = checked_size(size)), counter = "arguments_panics_later_total", in_flight = "arguments_running")]
async fn panics_before_later(size: usize) -> usize {
    size
}

fn checked_size(size: usize) -> usize {
    assert!(size > 0, "as asked");
    size
}

#[test]
fn a_panic_in_a_field_has_ended_the_call() {
    Notes::during(|| {
        assert!(std::panic::catch_unwind(|| panics_before(0)).is_err());
        assert!(std::panic::catch_unwind(|| finish(panics_before_later(0))).is_err());
        assert_eq!((panics_before(1), finish(panics_before_later(1))), (1, 1));
    });
    let text = tallied::gather_metrics();
    for name in ["arguments_panics_total", "arguments_panics_later_total"] {
        for status in ["ok", "panicked"] {
            assert_eq!(value(&text, name, &[("status", status)]), Some(1.0), "{name} {status}");
        }
    }
    assert_eq!(value(&text, "arguments_running", &[]), Some(0.0));
}

/// A service as tower has it: that it returns a future stands in another item.
trait Service {
    type Future: Future;
    fn call(&mut self, request: u8) -> Self::Future;
}

struct Doubles;

impl Service for Doubles {
    type Future = Pin<Box<dyn Future<Output = Result<u8, String>> + Send>>;

    #[observed(counter = "arguments_service_total", err)]
    fn call(&mut self, request: u8) -> Self::Future {
        Box::pin(async move { request.checked_mul(2).ok_or_else(|| "too much".to_owned()) })
    }
}

trait Captures<'a> {}

impl<T: ?Sized> Captures<'_> for T {}

type BoxFuture<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + 'a>>;

#[observed(counter = "arguments_alias_total", err, histogram = "arguments_alias_seconds")]
fn alias(text: &str) -> BoxFuture<'_, u8, std::num::ParseIntError> {
    let text = text.trim();
    Box::pin(std::future::ready(text.parse()))
}

#[instrument(counter = "arguments_captures_total")]
fn captures(text: &str) -> impl Future<Output = usize> + Captures<'_> {
    let len = text.len();
    async move { len }
}

#[test]
fn a_future_is_seen_by_the_body_too() {
    let notes = Notes::in_full(|| {
        assert_eq!(finish(Doubles.call(4)), Ok(8));
        assert!(finish(Doubles.call(200)).is_err());
        assert_eq!(finish(alias(" 7 ")), Ok(7));
        assert!(finish(alias("x")).is_err());
        let outer = tracing::info_span!("outer");
        assert_eq!(finish(tracing::Instrument::instrument(captures("text"), outer)), 4);
    });
    let errors: Vec<&String> = notes.iter().filter(|note| note.starts_with("event ERROR")).collect();
    assert_eq!(
        errors,
        [
            "event ERROR tracing_arguments error=too much in call",
            "event ERROR tracing_arguments error=invalid digit found in string in alias",
        ]
    );
    assert!(notes.contains(&"new INFO tracing_arguments captures text=\"text\" in [outer]".to_owned()), "{notes:?}");
    let text = tallied::gather_metrics();
    for (name, status) in [
        ("arguments_service_total", "ok"),
        ("arguments_service_total", "error"),
        ("arguments_alias_total", "ok"),
        ("arguments_alias_total", "error"),
        ("arguments_captures_total", "ok"),
    ] {
        assert_eq!(value(&text, name, &[("status", status)]), Some(1.0), "{name} {status}");
    }
}

#[instrument]
#[track_caller]
fn line() -> Result<u32, String> {
    let caller = std::panic::Location::caller();
    if caller.file().ends_with("tracing_arguments.rs") { Ok(caller.line()) } else { Err(caller.to_string()) }
}

#[test]
fn what_is_only_a_span_leaves_the_body_where_it_is() {
    assert_eq!(line(), Ok(line!()));
}

const SIZE: usize = 256;

async fn bare_level(argument: [u8; SIZE]) -> u8 {
    std::future::ready(()).await;
    argument[0]
}

async fn bare_levels(argument: [u8; SIZE]) -> u8 {
    bare_level(argument).await
}

#[observed(args, fields(first = argument[0]), busy = "arguments_size_seconds")]
async fn level(argument: [u8; SIZE]) -> u8 {
    std::future::ready(()).await;
    argument[0]
}

#[instrument]
async fn levels(argument: [u8; SIZE]) -> u8 {
    level(argument).await
}

#[test]
fn a_future_whose_arguments_are_recorded_does_not_store_them_again() {
    let size = |future: &dyn std::any::Any| size_of_val(future);
    let of = |one: usize, two: usize| (one, two);
    let bare = of(size(&bare_level([0; SIZE])), size(&bare_levels([0; SIZE])));
    let ours = of(size(&level([0; SIZE])), size(&levels([0; SIZE])));
    assert!(ours.0 <= bare.0 + 250 && ours.1 <= bare.1 + 2 * 250, "{bare:?} {ours:?}");
}

/// Says when it is dropped.
struct Permit(&'static str);

impl Drop for Permit {
    fn drop(&mut self) {
        tracing::info!("dropped {}", self.0);
    }
}

struct Job {
    id: u8,
    _permit: Permit,
}

/// The body uses a part of it only.
#[observed(fields(id = job.id), counter = "arguments_parts_total")]
async fn parts(job: Job, permit: Permit, _other: Permit) -> u8 {
    std::future::ready(()).await;
    let _ = &permit;
    tracing::info!("in the body");
    job.id
}

/// What a field of another is called like, is not meant.
#[instrument(skip_all, fields(id = job.id, of = job._permit.0), err)]
async fn called_alike(_permit: Permit, job: Job) -> Result<u8, String> {
    std::future::ready(()).await;
    tracing::info!("in the body");
    Ok(1)
}

#[test]
fn an_argument_lives_as_long_as_the_body_whatever_its_fields_are() {
    let lines = |future: &dyn Fn()| -> Vec<String> {
        let notes = Notes::in_full(future);
        notes.iter().filter_map(|note| Some(note.split_once("message=")?.1.to_owned())).collect()
    };
    let job = || Job { id: 1, _permit: Permit("a job") };
    let of_parts = lines(&|| {
        let future = parts(job(), Permit("b"), Permit("c"));
        tracing::info!("made");
        assert_eq!(finish(future), 1);
    });
    let (first, dropped) = (&of_parts[..2], &of_parts[2..]);
    assert_eq!(first, ["made in none", "in the body in parts"]);
    assert_eq!(dropped.len(), 3);
    assert!(dropped.iter().all(|line| line.ends_with("in parts")), "{dropped:?}");
    let of_alike = lines(&|| {
        let future = called_alike(Permit("a permit"), job());
        tracing::info!("made");
        finish(future).unwrap();
    });
    assert_eq!(of_alike[..2], ["made in none", "in the body in called_alike"], "{of_alike:?}");
    assert_eq!(of_alike.len(), 4);
}

macro_rules! ensure {
    ($condition:expr) => {
        if !$condition {
            return Box::pin(std::future::ready(0));
        }
    };
}

#[instrument(counter = "arguments_ensured_total")]
fn ensured(number: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    assert!(number > 0, "as asked");
    ensure!(number > 1);
    Box::pin(async move { number })
}

/// Nothing but the signature says what the block gives.
#[instrument(counter = "arguments_letters_total")]
fn letters(text: String) -> Pin<Box<dyn Future<Output = Vec<char>> + Send>> {
    Box::pin(
        async move {
            #![allow(unused_variables)]
            const LONGEST: usize = 3;
            let unused = 1;
            text.chars().take(LONGEST).collect()
        },
    )
}

#[instrument]
fn with_items(text: String) -> Pin<Box<dyn Future<Output = Option<usize>> + Send>> {
    use std::collections::HashSet;
    let letters: HashSet<char> = text.chars().collect();
    Box::pin(async move { Some(letters.len()).filter(|len| *len > 0) })
}

#[test]
fn what_stands_before_a_block_and_after_it_is_told_too() {
    let notes = Notes::in_full(|| {
        assert!(std::panic::catch_unwind(|| ensured(0)).is_err());
        assert_eq!((finish(ensured(1)), finish(ensured(2))), (0, 2));
        assert_eq!(finish(letters("four".to_owned())), ['f', 'o', 'u']);
        assert_eq!(finish(with_items("aab".to_owned())), Some(2));
    });
    assert!(notes.contains(&"new INFO tracing_arguments ensured number=2u64 in []".to_owned()), "{notes:?}");
    let text = tallied::gather_metrics();
    let of = |name, status| value(&text, name, &[("status", status)]);
    assert_eq!(of("arguments_ensured_total", "ok"), Some(2.0));
    assert_eq!(of("arguments_ensured_total", "panicked"), Some(1.0));
    assert_eq!(of("arguments_letters_total", "ok"), Some(1.0));
}

/// Wants to see every second span.
struct EverySecond(std::sync::atomic::AtomicUsize);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for EverySecond {
    fn register_callsite(&self, _: &'static tracing::Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn enabled(&self, _: &tracing::Metadata<'_>, _: tracing_subscriber::layer::Context<'_, S>) -> bool {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 == 0
    }
}

#[observed(args, counter = "arguments_sampled_total", in_flight = "arguments_sampled")]
async fn sampled(depth: u8) -> u8 {
    std::future::ready(()).await;
    depth
}

/// A field that waits for another observed future.
#[observed(fields(inner = finish(sampled(outer))), counter = "arguments_sampled_outer_total")]
async fn samples(outer: u8) -> u8 {
    std::future::ready(()).await;
    outer
}

#[test]
fn a_subscriber_that_changes_its_mind_loses_no_call() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let subscriber = tracing_subscriber::registry().with(EverySecond(std::sync::atomic::AtomicUsize::new(0)));
    tracing::subscriber::with_default(subscriber, || {
        for depth in 0..10 {
            assert_eq!(finish(sampled(depth)), depth);
            assert_eq!(finish(samples(depth)), depth);
        }
    });
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "arguments_sampled_outer_total", &[("status", "ok")]), Some(10.0));
    let inner = value(&text, "arguments_sampled_total", &[("status", "ok")]).unwrap();
    assert!((10.0..=20.0).contains(&inner), "{inner}");
    assert_eq!(value(&text, "arguments_sampled", &[]), Some(0.0));
}

/// Values that a field uses up, and changes.
#[observed(err, fields(sum = numbers.into_iter().sum::<u64>(), tries = { tries += 1; tries }), counter = "arguments_used_total")]
fn uses(numbers: Vec<u64>, mut tries: u32) -> Result<u32, String> {
    tries += 1;
    Ok(tries)
}

struct Name(String);

impl Name {
    #[instrument(skip_all, fields(len = self.0.into_bytes().len()), err)]
    fn into_nothing(self) -> Result<(), String> {
        Ok(())
    }
}

/// The block's `err` is for the methods whose type says `Result`; a name of the method's own goes before the block's.
#[observed(err, labels(kind = "block"), fields(of = 1), counter = "arguments_merged_total")]
impl Name {
    fn new(text: &str) -> Option<Self> {
        Some(Name(text.to_owned()))
    }

    #[observed(fields(kind = "own"), labels(of = "own"))]
    fn check(&self) -> Result<usize, String> {
        if self.0.is_empty() { Err("empty".to_owned()) } else { Ok(self.0.len()) }
    }
}

/// An alias that hides a `Result`, and a trait that hides a future.
mod hidden {
    use super::{Future, Pin, instrument, observed};

    pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

    pub(super) trait Task: Future {}

    impl<F: Future> Task for F {}

    #[observed(counter = "arguments_hidden_total", err)]
    pub(super) fn parse(text: &str) -> BoxFuture<'_, u8> {
        Box::pin(async move { text.parse::<u8>().map_err(|error| error.to_string()) })
    }

    #[observed(counter = "arguments_task_total")]
    pub(super) fn task(fails: bool) -> impl Task<Output = Result<u8, String>> {
        async move { if fails { Err("as asked".to_owned()) } else { Ok(1) } }
    }

    #[instrument(skip_all, fields(id = %id))]
    pub(super) fn of_a_local(text: &str) -> Pin<Box<dyn Future<Output = usize> + Send>> {
        let id = format!("{text}-1");
        let is_long = id.len() > 3 && text != "a";
        if !is_long {
            tracing::debug!("short");
        }
        Box::pin(async move { id.len() })
    }
}

#[test]
fn what_a_field_does_with_an_argument_and_what_a_type_hides_is_seen() {
    let notes = Notes::in_full(|| {
        assert_eq!(uses(vec![1, 2], 3), Ok(5), "the field counted once");
        Name("ann".to_owned()).into_nothing().unwrap();
        assert!(Name::new("").unwrap().check().is_err());
        assert_eq!((finish(hidden::parse("7")), finish(hidden::parse("x")).is_err()), (Ok(7), true));
        assert_eq!((finish(hidden::task(false)), finish(hidden::task(true)).is_err()), (Ok(1), true));
        assert_eq!(finish(hidden::of_a_local("abc")), 5);
    });
    for opened in [
        "uses sum=3u64 tries=4u64 in []",
        "into_nothing len=3u64 in []",
        "check of=\"own\" kind=\"own\" in []",
        "of_a_local id=abc-1 in []",
    ] {
        assert!(
            notes.contains(&format!("new INFO tracing_arguments {opened}"))
                || notes.contains(&format!("new INFO tracing_arguments::hidden {opened}")),
            "{opened}: {notes:?}"
        );
    }
    assert!(notes.iter().any(|note| note.ends_with("error=empty in check")), "{notes:?}");
    let text = tallied::gather_metrics();
    for name in ["arguments_hidden_total", "arguments_task_total"] {
        for status in ["ok", "error"] {
            assert_eq!(value(&text, name, &[("status", status)]), Some(1.0), "{name} {status}");
        }
    }
}
