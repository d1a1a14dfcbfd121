//! Shards by order: a model says which one a thread gets.

use std::cell::Cell;

use super::MOST_SHARDS;

pub(super) const NONE: usize = MOST_SHARDS;

loom::thread_local! {
    static CURRENT: Cell<usize> = Cell::new(NONE);
    static ORDERED: Cell<usize> = Cell::new(0);
}

/// This thread shall get that shard, at its first touch of any cells.
pub(crate) fn order(shard: usize) {
    ORDERED.with(|ordered| ordered.set(shard));
}

pub(super) fn current() -> usize {
    CURRENT.with(Cell::get)
}

pub(super) fn assigned() -> usize {
    CURRENT.with(|current| current.set(ORDERED.with(Cell::get)));
    current()
}

pub(super) fn count() -> usize {
    MOST_SHARDS
}
