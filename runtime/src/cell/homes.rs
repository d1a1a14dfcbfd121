//! Where the cells of a place are: who comes first takes them from the arena of its shard, and shows them to the others.
//!
//! The invariant: what is found here is whole. A block is written before it is shown, with Release, and looked up with
//! Acquire; what was shown stays.

use std::ptr::{self, NonNull};

use super::sync::{AtomicPtr, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Release};
use super::{ARENAS, MOST_SHARDS, arena, shard};

/// The cells of one place, and of its copies by shard, take no more than this, in bytes: 64 MiB.
const MOST_BYTES: usize = 64 << 20;

/// The cells of one callsite or field: a block of them for each shard that was here. All zeros, so it takes no room in the
/// program's file.
pub struct Cells {
    /// The last one is that of no shard, and stays empty: so one look tells that a thread is new here or altogether.
    homes: [AtomicPtr<AtomicU64>; MOST_SHARDS + 1],
}

#[allow(clippy::new_without_default)] // it is for statics
impl Cells {
    /// All zeros.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        Cells { homes: [const { AtomicPtr::new(ptr::null_mut()) }; MOST_SHARDS + 1] }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Cells { homes: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())) }
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

    /// Those of all threads, shard by shard. A clone looks them up anew: what was shown in the meantime is there.
    pub(crate) fn all(&'static self, shape: Shape) -> impl Iterator<Item = &'static [AtomicU64]> + Clone {
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
