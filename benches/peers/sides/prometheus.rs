use std::time::Instant;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use tallied::STANDARD_BUCKETS;

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, block_on, body, body_that_fails};

/// What a person writes who keeps the handles.
struct Handles {
    ok: (IntCounter, Histogram),
    error: (IntCounter, Histogram),
}

#[derive(Clone)]
struct Families {
    calls: IntCounterVec,
    seconds: HistogramVec,
}

impl Families {
    fn new() -> Families {
        let registry = Registry::new();
        let calls = IntCounterVec::new(Opts::new("calls_total", "Calls."), &["function", "status"]);
        let options = HistogramOpts::new("duration_seconds", "Durations.").buckets(STANDARD_BUCKETS.to_vec());
        let seconds = HistogramVec::new(options, &["function", "status"]);
        let families = Families { calls: calls.expect("a good name"), seconds: seconds.expect("a good name") };
        registry.register(Box::new(families.calls.clone())).expect("the first");
        registry.register(Box::new(families.seconds.clone())).expect("the first");
        families
    }

    fn handles(&self, function: &str) -> Handles {
        let of = |status| {
            let values = [function, status];
            (self.calls.with_label_values(&values), self.seconds.with_label_values(&values))
        };
        Handles { ok: of("ok"), error: of("error") }
    }
}

#[inline(always)]
fn observed(handles: &Handles, call: impl FnOnce() -> Result<u64, Failure>) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = call();
    let seconds = began.elapsed().as_secs_f64();
    let (calls, histogram) = if result.is_ok() { &handles.ok } else { &handles.error };
    histogram.observe(seconds);
    calls.inc();
    result
}

#[inline(never)]
fn work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    observed(handles, || body(n))
}

#[inline(never)]
fn only_histogram(handles: &Handles, n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let (_, histogram) = if result.is_ok() { &handles.ok } else { &handles.error };
    histogram.observe(seconds);
    result
}

#[inline(always)]
fn observed_by_labels(families: &Families, call: impl FnOnce() -> Result<u64, Failure>) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = call();
    let seconds = began.elapsed().as_secs_f64();
    let values = ["work", if result.is_ok() { "ok" } else { "error" }];
    families.seconds.with_label_values(&values).observe(seconds);
    families.calls.with_label_values(&values).inc();
    result
}

#[inline(never)]
fn work_by_labels(families: &Families, n: u64) -> Result<u64, Failure> {
    observed_by_labels(families, || body(n))
}

const KEPT: &str = "prometheus, handles kept";
const BY_LABELS: &str = "prometheus `with_label_values`";

pub fn function() -> Vec<Side> {
    let families = Families::new();
    let (handles, again) = (families.handles("work"), families.handles("only_histogram"));
    vec![
        Side::new(KEPT, move |n| work(&handles, n)),
        Side::new("prometheus, handles kept, no counter", move |n| only_histogram(&again, n)),
        Side::new(BY_LABELS, move |n| work_by_labels(&families, n)),
    ]
}

#[inline(never)]
fn failing_work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    observed(handles, || body_that_fails(n))
}

#[inline(never)]
fn failing_by_labels(families: &Families, n: u64) -> Result<u64, Failure> {
    observed_by_labels(families, || body_that_fails(n))
}

pub fn failing() -> Vec<Side> {
    let families = Families::new();
    let handles = families.handles("work");
    vec![
        Side::new(KEPT, move |n| failing_work(&handles, n)),
        Side::new(BY_LABELS, move |n| failing_by_labels(&families, n)),
    ]
}

async fn future(handles: &Handles, n: u64) -> Result<u64, Failure> {
    observed(handles, || body(n))
}

#[inline(never)]
fn asynchronous_work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    block_on(future(handles, n))
}

pub fn asynchronous() -> Vec<Side> {
    let handles = Families::new().handles("work");
    vec![Side::new(KEPT, move |n| asynchronous_work(&handles, n))]
}

#[inline(never)]
fn counted_work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    let result = body(n);
    let (calls, _) = if result.is_ok() { &handles.ok } else { &handles.error };
    calls.inc();
    result
}

pub fn counted() -> Vec<Side> {
    let handles = Families::new().handles("work");
    vec![Side::new("prometheus, handles kept", move |n| counted_work(&handles, n))]
}

pub fn inc() -> Vec<Side> {
    let counter = IntCounter::new("increments_total", "Increments.").expect("a good name");
    vec![Side::new("prometheus `IntCounter`", move |_| counter.inc())]
}

pub fn observe() -> Vec<Side> {
    let (values, handles) = (*RANDOM, Families::new().handles("work"));
    vec![Side::new("prometheus", move |n| handles.ok.1.observe(values.seconds(n)))]
}

pub fn many() -> Vec<Side> {
    let families = Families::new();
    let all: Vec<Handles> = (0..100).map(|function| families.handles(&format!("f{function}"))).collect();
    vec![Side::new(KEPT, move |n| work(&all[n as usize % 100], n))]
}

/// A span by tracing, and the rest by hand: what `#[observed(histogram)]` replaces.
#[tracing::instrument(skip_all)]
#[inline(never)]
fn spanned_work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    observed(handles, || body(n))
}

pub fn spanned() -> Vec<Side> {
    let handles = Families::new().handles("work");
    vec![Side::new("tracing `#[instrument(skip_all)]` + prometheus, handles kept", move |n| spanned_work(&handles, n))]
}

/// Three labels and the status.
#[inline(never)]
fn labelled_work(families: &Families, n: u64, values: [&str; 3]) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let [a, b, c] = values;
    let values = [a, b, c, if result.is_ok() { "ok" } else { "error" }];
    families.seconds.with_label_values(&values).observe(seconds);
    families.calls.with_label_values(&values).inc();
    result
}

pub fn labels() -> Vec<Side> {
    const FOUR: [&str; 4] = ["one", "two", "three", "four"];
    let names = ["a", "b", "c", "status"];
    let options = HistogramOpts::new("labelled_seconds", "Durations.").buckets(STANDARD_BUCKETS.to_vec());
    let calls = IntCounterVec::new(Opts::new("labelled_calls_total", "Calls."), &names).expect("a good name");
    let families = Families { calls, seconds: HistogramVec::new(options, &names).expect("a good name") };
    let text = |n: u64| FOUR[n as usize % 4];
    vec![Side::new("prometheus `with_label_values`, three labels", move |n| {
        labelled_work(&families, n, [text(n), text(n / 4), text(n / 16)])
    })]
}
