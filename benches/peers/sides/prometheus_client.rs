use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tallied::STANDARD_BUCKETS;

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, body};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    function: &'static str,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Status {
    Ok,
    Error,
}

fn histogram() -> Histogram {
    Histogram::new(STANDARD_BUCKETS)
}

struct Families {
    calls: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    _registry: Registry,
}

impl Families {
    fn new() -> Families {
        let mut registry = Registry::default();
        let calls = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("calls", "Calls", calls.clone());
        registry.register("duration_seconds", "Durations", seconds.clone());
        Families { calls, seconds, _registry: registry }
    }

    fn handles(&self) -> Handles {
        let of = |status| {
            let labels = Labels { function: "work", status };
            (self.calls.get_or_create_owned(&labels), self.seconds.get_or_create_owned(&labels))
        };
        Handles { ok: of(Status::Ok), error: of(Status::Error) }
    }
}

struct Handles {
    ok: (Counter, Histogram),
    error: (Counter, Histogram),
}

#[inline(never)]
fn work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let (calls, histogram) = if result.is_ok() { &handles.ok } else { &handles.error };
    histogram.observe(seconds);
    calls.inc();
    result
}

#[inline(never)]
fn work_by_labels(families: &Families, n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let labels = Labels { function: "work", status: if result.is_ok() { Status::Ok } else { Status::Error } };
    families.seconds.get_or_create(&labels).observe(seconds);
    families.calls.get_or_create(&labels).inc();
    result
}

pub fn function() -> Vec<Side> {
    let families = Families::new();
    let handles = families.handles();
    vec![
        Side::new("prometheus-client, handles kept", move |n| work(&handles, n)),
        Side::new("prometheus-client `get_or_create`", move |n| work_by_labels(&families, n)),
    ]
}

pub fn inc() -> Vec<Side> {
    let counter: Counter = Counter::default();
    vec![Side::new("prometheus-client `Counter`", move |_| {
        counter.inc();
    })]
}

pub fn observe() -> Vec<Side> {
    let (values, histogram) = (*RANDOM, histogram());
    vec![Side::new("prometheus-client", move |n| histogram.observe(values.seconds(n)))]
}
