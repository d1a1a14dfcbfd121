use std::time::Instant;

use measured::metric::histogram::Thresholds;
use measured::{Counter, CounterVec, FixedCardinalityLabel, Histogram, HistogramVec, LabelGroup};
use tallied::STANDARD_BUCKETS;

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, body};

const BUCKETS: usize = STANDARD_BUCKETS.len();

#[derive(Clone, Copy, LabelGroup)]
#[label(set = CallLabels)]
struct Call {
    function: Function,
    status: Status,
}

#[derive(Clone, Copy, FixedCardinalityLabel)]
enum Function {
    Work,
}

#[derive(Clone, Copy, FixedCardinalityLabel)]
enum Status {
    Ok,
    Error,
}

struct Families {
    calls: CounterVec<CallLabels>,
    seconds: HistogramVec<CallLabels, BUCKETS>,
}

impl Families {
    fn new() -> Families {
        Families {
            calls: CounterVec::dense(),
            seconds: HistogramVec::dense_with_metadata(Thresholds::with_buckets(STANDARD_BUCKETS)),
        }
    }
}

#[inline(never)]
fn work(families: &Families, n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let seconds = began.elapsed().as_secs_f64();
    let labels = Call { function: Function::Work, status: if result.is_ok() { Status::Ok } else { Status::Error } };
    families.seconds.observe(labels, seconds);
    families.calls.inc(labels);
    result
}

pub fn function() -> Vec<Side> {
    let families = Families::new();
    vec![Side::new("measured, dense, by labels", move |n| work(&families, n))]
}

pub fn inc() -> Vec<Side> {
    let counter = Counter::new();
    vec![Side::new("measured `Counter`", move |_| counter.inc())]
}

pub fn observe() -> Vec<Side> {
    let histogram = Histogram::<BUCKETS>::with_metadata(Thresholds::with_buckets(STANDARD_BUCKETS));
    let values = *RANDOM;
    vec![Side::new("measured", move |n| histogram.observe(values.seconds(n)))]
}
