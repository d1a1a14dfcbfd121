//! It has no text, and its histograms are sketches: eight buckets for each power of two, up to 2^40 ns.

use metriken::{CounterHistogramGroup, ShardedCounterHistogramGroup};

use crate::{CHILDREN, Family, METHODS, Method, Writes};

pub struct Atomic(CounterHistogramGroup);

impl Atomic {
    pub fn new() -> Atomic {
        Atomic(CounterHistogramGroup::new(CHILDREN, 3, 40))
    }
}

impl Writes for Atomic {
    fn write(&self, _: Family, tenant: usize, method: Method, seconds: f64) {
        self.0.increment(tenant * METHODS + method as usize, (seconds * 1e9) as u64).expect("it is in the range");
    }
}

/// With cells of its own for each thread.
pub struct Sharded(ShardedCounterHistogramGroup);

impl Sharded {
    pub fn new() -> Sharded {
        Sharded(ShardedCounterHistogramGroup::new(CHILDREN, 3, 40))
    }
}

impl Writes for Sharded {
    fn write(&self, _: Family, tenant: usize, method: Method, seconds: f64) {
        self.0.increment(tenant * METHODS + method as usize, (seconds * 1e9) as u64).expect("it is in the range");
    }
}
