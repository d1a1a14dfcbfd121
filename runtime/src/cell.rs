//! The numbers themselves: atomics, and nothing else.
//!
//! Deliberately absent: names, locks, allocation, time. A cell never panics and never waits.
//!
//! Relaxed is enough for all but the buckets: a scrape orders nothing else against an add. A bucket is added to with
//! Release and read with Acquire, because native buckets are added to before it, and read after it. What a scrape reads is consistent by
//! construction, because a histogram's count *is* the sum of the buckets that were read.

use std::sync::atomic::{
    AtomicI64, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Durations by bucket. With `N == 1` there is one bucket without a bound: a plain count, and the sum stays zero.
#[derive(Debug)]
pub(crate) struct DurationCell<const N: usize> {
    buckets: [AtomicU64; N],
    nanos: AtomicU64,
}

impl<const N: usize> DurationCell<N> {
    pub(crate) const fn new() -> Self {
        DurationCell { buckets: [const { AtomicU64::new(0) }; N], nanos: AtomicU64::new(0) }
    }

    /// Counts one call without its time, into the bucket `+Inf`.
    #[inline]
    pub(crate) fn count(&self) {
        self.buckets[N - 1].fetch_add(1, Relaxed);
    }

    /// Counts one call of `nanos` in the first bucket whose bound is at least that, or else in `+Inf`.
    ///
    /// `bounds` holds `N - 1` increasing bounds in nanoseconds; the rest of it is never looked at. Without them all are in
    /// `+Inf`. Gives the bucket.
    #[inline]
    pub(crate) fn observe(&self, nanos: u64, bounds: Option<&[AtomicU64; N]>) -> usize {
        let bucket = match bounds {
            // Most calls are short: the first bound is compared before the search begins.
            Some(bounds) if N > 1 && nanos <= bounds[0].load(Relaxed) => 0,
            Some(bounds) => search(nanos, bounds),
            None => N - 1,
        };
        self.buckets[bucket].fetch_add(1, Release);
        self.nanos.fetch_add(nanos, Relaxed);
        bucket
    }

    /// The count of each bucket, not cumulative.
    pub(crate) fn counts(&self) -> [u64; N] {
        std::array::from_fn(|i| self.buckets[i].load(Acquire))
    }

    /// The sum of all observed times, modulo 2^64 nanoseconds (584 years of calls).
    pub(crate) fn nanos(&self) -> u64 {
        self.nanos.load(Relaxed)
    }
}

fn search<const N: usize>(nanos: u64, bounds: &[AtomicU64; N]) -> usize {
    bounds[..N - 1].iter().position(|bound| nanos <= bound.load(Relaxed)).unwrap_or(N - 1)
}

/// Counts one observation in its bucket.
#[inline]
pub(crate) fn observe(buckets: &[AtomicU64], bucket: usize) {
    if let Some(cell) = buckets.get(bucket) {
        cell.fetch_add(1, Release);
    }
}

/// The count of each bucket.
pub(crate) fn counts(buckets: &[AtomicU64]) -> impl Iterator<Item = u64> {
    buckets.iter().map(|bucket| bucket.load(Acquire))
}

/// Adds to a float that is kept by its bits. What would be too large for a float is not added, so it stays a number.
#[inline]
pub(crate) fn add_float(cell: &AtomicU64, n: f64) {
    let mut before = cell.load(Relaxed);
    loop {
        let after = f64::from_bits(before) + n;
        if !after.is_finite() {
            return;
        }
        match cell.compare_exchange_weak(before, after.to_bits(), Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => before = now,
        }
    }
}

/// How many are running now.
#[derive(Debug)]
pub(crate) struct LevelCell(AtomicI64);

impl LevelCell {
    pub(crate) const fn new() -> Self {
        LevelCell(AtomicI64::new(0))
    }

    #[inline]
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    #[inline]
    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    pub(crate) fn level(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOUNDS: [AtomicU64; 4] =
        [AtomicU64::new(10), AtomicU64::new(20), AtomicU64::new(30), AtomicU64::new(u64::MAX)];

    #[test]
    fn a_duration_lands_in_the_first_bucket_whose_bound_is_not_below_it() {
        for (nanos, bucket) in [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2), (30, 2), (31, 3), (u64::MAX, 3)] {
            let cell = DurationCell::<4>::new();
            assert_eq!(cell.observe(nanos, Some(&BOUNDS)), bucket);
            let mut expected = [0; 4];
            expected[bucket] = 1;
            assert_eq!(cell.counts(), expected, "{nanos} ns");
            assert_eq!(cell.nanos(), nanos);
        }
    }

    #[test]
    fn a_cell_of_one_bucket_is_a_count() {
        let cell = DurationCell::<1>::new();
        cell.count();
        cell.count();
        assert_eq!((cell.counts(), cell.nanos()), ([2], 0));
    }

    #[test]
    fn eight_threads_lose_no_observation() {
        let cell = DurationCell::<4>::new();
        let level = LevelCell::new();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (cell, level) = (&cell, &level);
                scope.spawn(move || {
                    for i in 0..10_000 {
                        level.up();
                        let _ = cell.observe((thread + i) % 40, Some(&BOUNDS));
                        level.down();
                    }
                });
            }
        });
        assert_eq!(cell.counts().iter().sum::<u64>(), 80_000);
        assert_eq!(level.level(), 0);
    }
}
