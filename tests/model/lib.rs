//! Threads that meet in the cells, in every order that there is.
//!
//! Loom runs each model again and again, with other switches of threads and other values that a relaxed load may see. What
//! holds in all runs holds; that the models could tell is shown by those that must fail.
#![cfg(all(loom, test))]
#![allow(dead_code)] // the runtime uses all of it

mod cell;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use cell::sync::AtomicU64;
use cell::{Cells, Memory, Shape, add_float, count, observe, shard};
use loom::thread;

type Block = &'static [AtomicU64];

/// What a static is to a program, this is to a run.
fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn own(len: usize) -> Shape {
    Shape { len, is_shared: false }
}

fn shared(len: usize) -> Shape {
    Shape { len, is_shared: true }
}

/// A thread of a shard.
fn of_shard<T: 'static>(shard: usize, work: impl FnOnce() -> T + 'static) -> thread::JoinHandle<T> {
    thread::spawn(move || {
        shard::order(shard);
        work()
    })
}

fn sum(cells: &'static Cells, shape: Shape, at: usize) -> u64 {
    let of_block = |block: Block| {
        assert_eq!(block.len(), shape.len, "a block that is not whole");
        block[at].load(Acquire)
    };
    cells.all(shape).map(of_block).sum()
}

/// Every order, but of those with many switches of threads where that would take too long.
fn check(switches: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(switches);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    println!("{} runs", runs.load(Relaxed));
}

#[test]
fn memory_that_was_given_out_is_given_to_nobody_else() {
    check(None, || {
        let arena = leaked(Memory::new());
        let take = move |pattern: u64| {
            let block = arena.take(2);
            assert_eq!(block.len(), 2);
            for cell in block {
                assert_eq!(cell.load(Relaxed), 0, "a cell that somebody has");
                cell.store(pattern, Relaxed);
            }
            (block, pattern)
        };
        // A chunk has room for four: whoever comes third of the others begins a new one, and two may do so at once.
        let before = [take(1), take(2)];
        let other = of_shard(0, move || [take(3), take(4)]);
        let mine = [take(5), take(6)];
        for (block, pattern) in before.into_iter().chain(other.join().unwrap()).chain(mine) {
            assert!(block.iter().all(|cell| cell.load(Relaxed) == pattern));
        }
    });
}

#[test]
fn the_first_chunk_is_begun_by_two_at_once() {
    check(None, || {
        let arena = leaked(Memory::new());
        let take = move || arena.take(2).as_ptr().addr();
        let other = of_shard(0, take);
        let mine = take();
        assert!(mine.abs_diff(other.join().unwrap()) >= 3 * size_of::<AtomicU64>());
    });
}

#[test]
fn two_threads_of_a_shard_that_come_at_once_count_in_one_block() {
    check(Some(4), || {
        let cells = leaked(Cells::new());
        let call = move || count(cells.here(own(1)), 0);
        let other = of_shard(0, call);
        call();
        other.join().unwrap();
        assert_eq!(cells.all(own(1)).count(), 1);
        assert_eq!(sum(cells, own(1), 0), 2);
    });
}

#[test]
fn threads_of_two_shards_have_a_block_each() {
    check(None, || {
        let cells = leaked(Cells::new());
        let call = move || count(cells.here(own(1)), 0);
        let other = of_shard(1, call);
        call();
        other.join().unwrap();
        assert_eq!(cells.all(own(1)).count(), 2);
        assert_eq!(sum(cells, own(1), 0), 2);
    });
}

#[test]
fn threads_of_two_shards_share_what_is_shared() {
    check(Some(4), || {
        let cells = leaked(Cells::new());
        let call = move || add_float(&cells.here(shared(1))[0], 1.5);
        let other = of_shard(1, move || {
            call();
            call();
        });
        call();
        other.join().unwrap();
        assert_eq!(cells.all(shared(1)).count(), 1);
        assert_eq!(f64::from_bits(sum(cells, shared(1), 0)), 4.5);
    });
}

/// What one sees who reads twice while threads of these shards count, each twice.
fn read_while_two_count(shards: [usize; 2]) {
    check(Some(2), move || {
        let cells = leaked(Cells::new());
        let threads = shards.map(|shard| {
            of_shard(shard, move || {
                count(cells.here(own(1)), 0);
                count(cells.here(own(1)), 0);
            })
        });
        let first = sum(cells, own(1), 0);
        let second = sum(cells, own(1), 0);
        assert!(first <= second && second <= 4, "{first}, then {second}");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(cells, own(1), 0), 4);
    });
}

#[test]
fn who_reads_while_a_shard_counts_sees_no_more_than_was_counted() {
    read_while_two_count([0, 0]);
}

#[test]
fn who_reads_while_two_shards_count_sees_no_more_than_was_counted() {
    read_while_two_count([0, 1]);
}

/// The cells of a histogram that has both kinds of buckets.
const BUCKET: usize = 0;
const NATIVE: usize = 1;

/// An observation, as the runtime's `site/counts.rs` has it.
fn observed(cells: &'static Cells) {
    let block = cells.here(own(2));
    count(block, NATIVE);
    observe(block, BUCKET);
}

#[test]
fn there_are_never_fewer_native_observations_than_others() {
    check(Some(3), || {
        let cells = leaked(Cells::new());
        let threads = [0, 1].map(|_| of_shard(0, move || observed(cells)));
        let buckets = sum(cells, own(2), BUCKET);
        let natives = sum(cells, own(2), NATIVE);
        assert!(natives >= buckets, "{natives} < {buckets}");
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
#[should_panic(expected = "0 < 1")]
fn there_would_be_fewer_if_a_bucket_were_relaxed() {
    check(Some(3), || {
        let cells = leaked(Cells::new());
        let thread = of_shard(0, move || {
            let block = cells.here(own(2));
            count(block, NATIVE);
            count(block, BUCKET);
        });
        let buckets = sum(cells, own(2), BUCKET);
        let natives = sum(cells, own(2), NATIVE);
        assert!(natives >= buckets, "{natives} < {buckets}");
        thread.join().unwrap();
    });
}

/// The cells of running calls.
const BEGUN: usize = 0;
const ENDED: usize = 1;

/// A call that begins on a thread of one shard and ends on one of another, which was here before.
fn migrating(cells: &'static Cells) -> thread::JoinHandle<()> {
    shard::order(1);
    cells.here(own(2));
    of_shard(0, move || {
        count(cells.here(own(2)), BEGUN);
        let second = of_shard(1, move || observe(cells.here(own(2)), ENDED));
        second.join().unwrap();
    })
}

#[test]
fn there_are_never_fewer_running_calls_than_none() {
    check(Some(4), || {
        let cells = leaked(Cells::new());
        let call = migrating(cells);
        let ended = sum(cells, own(2), ENDED);
        // The blocks are looked up anew: that where the call began may not have been there before.
        let begun = sum(cells, own(2), BEGUN);
        assert!(begun >= ended, "{begun} < {ended}");
        call.join().unwrap();
        assert_eq!((sum(cells, own(2), BEGUN), sum(cells, own(2), ENDED)), (1, 1));
    });
}

#[test]
#[should_panic(expected = "0 < 1")]
fn there_would_be_fewer_if_the_blocks_were_looked_up_once() {
    check(Some(4), || {
        let cells = leaked(Cells::new());
        let call = migrating(cells);
        let blocks: Vec<Block> = cells.all(own(2)).collect();
        let of = |at: usize| blocks.iter().map(|block| block[at].load(Acquire)).sum::<u64>();
        let ended = of(ENDED);
        let begun = of(BEGUN);
        assert!(begun >= ended, "{begun} < {ended}");
        call.join().unwrap();
    });
}
