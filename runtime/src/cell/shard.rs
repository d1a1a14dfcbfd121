//! Which shard a thread adds to: threads that run at the same time have different ones, as far as there are.
//!
//! A thread gets the shard that the fewest living threads have, at its first use, and gives it back when it ends. Nothing is
//! handed over: what was added stays in the shard, and two threads of one shard are right as well, only slower. So what runs
//! after that, the destructor of another thread-local, goes on with the same shard.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use super::MOST_SHARDS;

/// No shard: of a thread that has none yet. Where it is looked up there is never anything.
pub(super) const NONE: usize = MOST_SHARDS;

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(NONE) };
    static LEASE: Lease = const { Lease(Cell::new(NONE)) };
}

/// How many living threads have each shard.
static THREADS: [AtomicUsize; MOST_SHARDS] = [const { AtomicUsize::new(0) }; MOST_SHARDS];

struct Lease(Cell<usize>);

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(threads) = THREADS.get(self.0.get()) {
            threads.fetch_sub(1, Relaxed);
        }
    }
}

/// The shard of this thread, or [`NONE`].
#[inline]
pub(super) fn current() -> usize {
    // It needs no destructor, so it is there as long as the thread.
    CURRENT.try_with(Cell::get).unwrap_or(NONE)
}

/// The shard of this thread.
pub(super) fn assigned() -> usize {
    match current() {
        NONE => assign(),
        shard => shard,
    }
}

fn assign() -> usize {
    let shard = (0..count()).min_by_key(|shard| THREADS[*shard].load(Relaxed)).unwrap_or(0);
    let _ = CURRENT.try_with(|current| current.set(shard));
    // A thread that is ending has no lease any more.
    let leased = LEASE.try_with(|lease| lease.0.set(shard));
    if leased.is_ok() {
        THREADS[shard].fetch_add(1, Relaxed);
    }
    shard
}

/// How many shards there are: two for each core, so that threads that sleep need not be in the way of those that run.
pub(super) fn count() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    match COUNT.load(Relaxed) {
        0 => {
            let cores = thread::available_parallelism().map_or(8, usize::from);
            let count = (2 * cores).next_power_of_two().min(MOST_SHARDS);
            // The number of cores may change; the first answer stays.
            COUNT.compare_exchange(0, count, Relaxed, Relaxed).map_or_else(|first| first, |_| count)
        }
        count => count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_threads_as_there_are_shards_have_one_each() {
        let living = || THREADS.iter().map(|threads| threads.load(Relaxed)).sum::<usize>();
        let barrier = std::sync::Barrier::new(count());
        let shards: Vec<usize> = thread::scope(|scope| {
            let of_thread = || {
                let shard = assigned();
                assert_eq!((current(), assigned()), (shard, shard), "it stays");
                barrier.wait();
                assert!(living() >= count(), "{} of {}", living(), count());
                // Nobody ends before all have looked.
                barrier.wait();
                shard
            };
            let threads: Vec<_> = (0..count()).map(|_| scope.spawn(of_thread)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(shards.iter().all(|shard| *shard < count()));
    }
}
