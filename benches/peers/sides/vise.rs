use std::time::Duration;

use tallied::STANDARD_BUCKETS;
use vise::{Buckets, Counter, Histogram, LabeledFamily, Metrics};

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, body};

type Labels = (&'static str, &'static str);

#[derive(Debug, Metrics)]
#[metrics(prefix = "vise")]
struct Group {
    /// Calls.
    #[metrics(labels = ["function", "status"])]
    calls: LabeledFamily<Labels, Counter, 2>,
    /// Durations.
    #[metrics(labels = ["function", "status"], buckets = Buckets::values(&STANDARD_BUCKETS))]
    duration_seconds: LabeledFamily<Labels, Histogram<Duration>, 2>,
}

struct Handles {
    ok: (Counter, Histogram<Duration>),
    error: (Counter, Histogram<Duration>),
}

impl Handles {
    fn new(group: &Group) -> Handles {
        let of = |status| {
            let labels = ("work", status);
            (group.calls[&labels].clone(), group.duration_seconds[&labels].clone())
        };
        Handles { ok: of("ok"), error: of("error") }
    }
}

#[inline(never)]
fn work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    let began = std::time::Instant::now();
    let result = body(n);
    let took = began.elapsed();
    let (calls, histogram) = if result.is_ok() { &handles.ok } else { &handles.error };
    histogram.observe(took);
    calls.inc();
    result
}

#[inline(never)]
fn work_by_labels(group: &Group, n: u64) -> Result<u64, Failure> {
    let began = std::time::Instant::now();
    let result = body(n);
    let took = began.elapsed();
    let labels = ("work", if result.is_ok() { "ok" } else { "error" });
    group.duration_seconds[&labels].observe(took);
    group.calls[&labels].inc();
    result
}

pub fn function() -> Vec<Side> {
    let group = Group::default();
    let handles = Handles::new(&group);
    vec![
        Side::new("vise, handles kept", move |n| work(&handles, n)),
        Side::new("vise by labels", move |n| work_by_labels(&group, n)),
    ]
}

pub fn inc() -> Vec<Side> {
    let counter = Handles::new(&Group::default()).ok.0;
    vec![Side::new("vise `Counter`", move |_| {
        counter.inc();
    })]
}

pub fn observe() -> Vec<Side> {
    let (values, histogram) = (*RANDOM, Handles::new(&Group::default()).ok.1);
    vec![Side::new("vise", move |n| histogram.observe(values.duration(n)))]
}
