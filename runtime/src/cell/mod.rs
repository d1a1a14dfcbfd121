//! The numbers themselves: atomics, in a block for each shard of threads.
//!
//! Deliberately absent: names, locks, time. A cell never panics and never waits. Memory is taken at a thread's first touch of
//! some cells, or rather its shard's, and never given back: there are two shards for each core and 64 at most, however many
//! threads there are.
//!
//! Relaxed is enough for all but the buckets: a scrape orders nothing else against an add. A bucket is added to with
//! Release and read with Acquire, because native buckets are added to before it, and read after it. What a scrape reads is
//! consistent by construction, because a histogram's count *is* the sum of the buckets that were read.

mod arena;
mod shard;

use std::ptr::{self, NonNull};
use std::sync::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use arena::Arena;

/// What the model of threads replaces.
mod sync {
    pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
}

/// Threads of more cores share.
const MOST_SHARDS: usize = 64;

/// The cells of one place, and of its copies by shard, take no more than this, in bytes: 64 MiB.
const MOST_BYTES: usize = 64 << 20;

static ARENAS: [Arena; MOST_SHARDS] = [const { Arena::new() }; MOST_SHARDS];

/// The cells of one callsite or field: a block of them for each shard that was here. All zeros, so it takes no room in the
/// program's file.
pub struct Cells {
    /// The last one is that of no shard, and stays empty: so one look tells that a thread is new here or altogether.
    homes: [AtomicPtr<AtomicU64>; MOST_SHARDS + 1],
}

#[allow(clippy::new_without_default)] // it is for statics
impl Cells {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Cells { homes: [const { AtomicPtr::new(ptr::null_mut()) }; MOST_SHARDS + 1] }
    }

    /// Those of this thread; the first time memory is taken for them. Without memory there are none.
    #[inline]
    pub(crate) fn here(&'static self, shape: Shape) -> &'static [AtomicU64] {
        match self.homes.get(shard::current()).and_then(|home| NonNull::new(home.load(Acquire))) {
            Some(block) => arena::cells(block),
            None => self.first(shape),
        }
    }

    #[cold]
    #[inline(never)]
    fn first(&'static self, shape: Shape) -> &'static [AtomicU64] {
        let shard = shard::assigned();
        let of = shard % shape.shards();
        let (home, mine) = (&self.homes[of], &self.homes[shard]);
        let block = NonNull::new(home.load(Acquire)).or_else(|| {
            let block = ARENAS[of].take(shape.len)?;
            // Of two threads that come at once, one wins; the few cells of the other are lost.
            match home.compare_exchange(ptr::null_mut(), block.as_ptr(), AcqRel, Acquire) {
                Ok(_) => Some(block),
                Err(theirs) => NonNull::new(theirs),
            }
        });
        let Some(block) = block else { return &[] };
        mine.store(block.as_ptr(), Release);
        arena::cells(block)
    }

    /// Those of all threads, shard by shard.
    pub(crate) fn all(&'static self, shape: Shape) -> impl Iterator<Item = &'static [AtomicU64]> {
        // Behind these are the same ones once more.
        let homes = self.homes[..shape.shards()].iter();
        homes.filter_map(|home| NonNull::new(home.load(Acquire))).map(arena::cells)
    }
}

/// How many cells there are, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) len: usize,
    /// Whether all threads have the same ones: those of a number that is not only added to.
    pub(crate) is_shared: bool,
}

impl Shape {
    fn shards(self) -> usize {
        if self.is_shared {
            return 1;
        }
        let fit = MOST_BYTES / (self.len * size_of::<AtomicU64>()).max(1);
        // Both are powers of two.
        shard::count().min(prev_power_of_two(fit.max(1)))
    }

    /// The bytes that they take when all shards were there.
    pub(crate) fn bytes(self) -> usize {
        self.shards() * (self.len + 1) * size_of::<AtomicU64>()
    }
}

fn prev_power_of_two(n: usize) -> usize {
    1 << n.ilog2()
}

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
