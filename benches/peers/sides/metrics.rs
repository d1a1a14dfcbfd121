use std::sync::LazyLock;
use std::time::Instant;

use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tallied::STANDARD_BUCKETS;

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, body};

static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let builder = PrometheusBuilder::new().set_buckets(&STANDARD_BUCKETS).expect("there are buckets");
    builder.install_recorder().expect("the only one")
});

/// It keeps every observation until somebody asks: this is what its own thread does every few seconds.
fn upkeep() {
    RECORDER.run_upkeep();
}

struct Handles {
    ok: (Counter, Histogram),
    error: (Counter, Histogram),
}

impl Handles {
    fn new() -> Handles {
        LazyLock::force(&RECORDER);
        let of = |status: &'static str| {
            (
                counter!("calls_total", "function" => "work", "status" => status),
                histogram!("duration_seconds", "function" => "work", "status" => status),
            )
        };
        Handles { ok: of("ok"), error: of("error") }
    }
}

#[inline(never)]
fn work(handles: &Handles, n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let (calls, histogram) = if result.is_ok() { &handles.ok } else { &handles.error };
    histogram.record(seconds);
    calls.increment(1);
    result
}

/// With literals, so that its keys are statics.
#[inline(never)]
fn work_by_macros(n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    if result.is_ok() {
        histogram!("duration_seconds", "function" => "work", "status" => "ok").record(seconds);
        counter!("calls_total", "function" => "work", "status" => "ok").increment(1);
    } else {
        histogram!("duration_seconds", "function" => "work", "status" => "error").record(seconds);
        counter!("calls_total", "function" => "work", "status" => "error").increment(1);
    }
    result
}

pub fn function() -> Vec<Side> {
    let handles = Handles::new();
    vec![
        Side::new("metrics, handles kept", move |n| work(&handles, n)).after(upkeep),
        Side::new("metrics `histogram!`, `counter!`", work_by_macros).after(upkeep),
    ]
}

pub fn inc() -> Vec<Side> {
    let counter = Handles::new().ok.0;
    vec![Side::new("metrics `Counter`", move |_| counter.increment(1))]
}

pub fn observe() -> Vec<Side> {
    let (values, histogram) = (*RANDOM, Handles::new().ok.1);
    vec![Side::new("metrics", move |n| histogram.record(values.seconds(n))).after(upkeep)]
}
