//! What is done to cells. Each step is one of the processor's, or a loop of one.

use super::sync::{AtomicU64, Ordering::Relaxed, Ordering::Release};

/// Counts one.
#[inline]
pub(crate) fn count(cells: &[AtomicU64], at: usize) {
    if let Some(cell) = cells.get(at) {
        cell.fetch_add(1, Relaxed);
    }
}

/// Counts one observation in its bucket.
#[inline]
pub(crate) fn observe(buckets: &[AtomicU64], bucket: usize) {
    if let Some(cell) = buckets.get(bucket) {
        cell.fetch_add(1, Release);
    }
}

/// The first place whose bound is above the value; the last one takes the rest.
///
/// Most calls are short: the first bound is compared before the search begins.
#[inline]
pub(crate) fn bucket(value: u64, bounds: &[AtomicU64]) -> usize {
    match bounds {
        [first, ..] if value < first.load(Relaxed) => 0,
        _ => search(value, bounds),
    }
}

#[inline(never)]
fn search(value: u64, bounds: &[AtomicU64]) -> usize {
    bounds.iter().position(|bound| value < bound.load(Relaxed)).unwrap_or(bounds.len().saturating_sub(1))
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
