//! The room of the cells, with loom's atomics instead of the processor's. The files are the runtime's own; what stands
//! here is what its `mod.rs` has.

#[path = "../../runtime/src/cell/arena.rs"]
mod arena;
#[path = "../../runtime/src/cell/homes.rs"]
mod homes;
pub(crate) mod shard;
#[path = "../../runtime/src/cell/steps.rs"]
mod steps;

use arena::Arena;
pub(crate) use homes::{Cells, Shape};
pub(crate) use steps::{add_float, count, observe};

pub(crate) mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    /// A pointer of which every use is tried before and after every other thread's.
    ///
    /// Loom remembers an atomic's last use alone. After a load of one thread and a load and a store of another it does not
    /// try the store before the first load: it would not find anything that a block's first use does wrong. So each use
    /// counts itself before, in a number that nobody only loads. That is relaxed and orders nothing.
    pub(crate) struct AtomicPtr<T> {
        pointer: loom::sync::atomic::AtomicPtr<T>,
        uses: AtomicUsize,
    }

    impl<T> AtomicPtr<T> {
        pub(crate) fn new(pointer: *mut T) -> Self {
            AtomicPtr { pointer: loom::sync::atomic::AtomicPtr::new(pointer), uses: AtomicUsize::new(0) }
        }

        pub(crate) fn load(&self, order: Ordering) -> *mut T {
            self.used().load(order)
        }

        pub(crate) fn store(&self, to: *mut T, order: Ordering) {
            self.used().store(to, order);
        }

        pub(crate) fn compare_exchange(
            &self,
            from: *mut T,
            to: *mut T,
            order: Ordering,
            otherwise: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.used().compare_exchange(from, to, order, otherwise)
        }

        fn used(&self) -> &loom::sync::atomic::AtomicPtr<T> {
            self.uses.fetch_add(1, Ordering::Relaxed);
            &self.pointer
        }
    }
}

const MOST_SHARDS: usize = 2;

loom::lazy_static! {
    // Not more than one run's: loom's atomics end with it.
    static ref ARENAS: [Arena; MOST_SHARDS] = std::array::from_fn(|_| Arena::new());
}

/// An arena that a model has for itself.
pub(crate) struct Memory(Arena);

impl Memory {
    pub(crate) fn new() -> Self {
        Memory(Arena::new())
    }

    pub(crate) fn take(&self, len: usize) -> &'static [sync::AtomicU64] {
        arena::cells(self.0.take(len).unwrap())
    }
}
