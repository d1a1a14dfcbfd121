//! How deep a thread is in values that log themselves while they are written.

use std::cell::Cell;

/// What is logged deeper is not written.
const MOST: u32 = 4;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// While it lives, the thread is one deeper.
pub(super) struct Depth(());

impl Depth {
    /// `None` if that is too deep: a value that logs itself has no end.
    pub(super) fn enter() -> Option<Self> {
        // A thread that ends has no depth, and goes on.
        let depth = DEPTH.try_with(|depth| depth.replace(depth.get() + 1)).unwrap_or(0);
        let entered = Depth(());
        (depth < MOST).then_some(entered)
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() - 1));
    }
}
