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
mod homes;
mod shard;
mod steps;

use arena::Arena;
pub use homes::Cells;
pub(crate) use homes::Shape;
pub(crate) use steps::{add_float, bucket, count, observe};

/// What the model of threads replaces: `tests/model` has these files with atomics of its own.
mod sync {
    pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
}

/// Threads of more cores share.
const MOST_SHARDS: usize = 64;

static ARENAS: [Arena; MOST_SHARDS] = [const { Arena::new() }; MOST_SHARDS];
