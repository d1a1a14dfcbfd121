//! Its histograms are sketches: eight buckets for each power of two, no bounds of one's own, no sum and no labels.

use std::time::Instant;

use metriken::{AtomicCounterHistogram, Counter, ShardedCounterGroup, ShardedCounterHistogram};

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, body};

/// A bucket is an eighth of its value wide, and 2^40 ns are 18 minutes.
const GROUPING: u8 = 3;
const MOST: u8 = 40;

#[metriken::metric]
static OK: Counter = Counter::new();
#[metriken::metric]
static ERROR: Counter = Counter::new();
#[metriken::metric]
static SHARDED_CALLS: ShardedCounterGroup = ShardedCounterGroup::new(2);
#[metriken::metric]
static ATOMIC: AtomicCounterHistogram = AtomicCounterHistogram::new(GROUPING, MOST);
#[metriken::metric]
static SHARDED: ShardedCounterHistogram = ShardedCounterHistogram::new(GROUPING, MOST);

#[inline(never)]
fn work(n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let _ = ATOMIC.increment(began.elapsed().as_nanos() as u64);
    if result.is_ok() { &OK } else { &ERROR }.increment();
    result
}

#[inline(never)]
fn sharded_work(n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    let _ = SHARDED.increment(began.elapsed().as_nanos() as u64);
    SHARDED_CALLS.increment(usize::from(result.is_err()));
    result
}

pub fn function() -> Vec<Side> {
    vec![Side::new("metriken, atomic sketch", work), Side::new("metriken, sharded sketch", sharded_work)]
}

pub fn inc() -> Vec<Side> {
    vec![
        Side::new("metriken `Counter`", |_| {
            OK.increment();
        }),
        Side::new("metriken `ShardedCounterGroup`", |_| {
            SHARDED_CALLS.increment(0);
        }),
    ]
}

pub fn observe() -> Vec<Side> {
    let values = *RANDOM;
    vec![
        Side::new("metriken, atomic sketch", |n| ATOMIC.increment(values.nanos(n))),
        Side::new("metriken, sharded sketch", |n| SHARDED.increment(values.nanos(n))),
    ]
}
