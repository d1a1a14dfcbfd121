//! Numbers in a row, whose number is known while compiling: the cells of a field, and what a callsite has beside its own.

#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicU64;

#[cfg(feature = "metrics")]
use crate::sketch::Window;

/// `C` numbers, and `W` windows of summaries. All zeros, so they take no room in the program's file.
pub struct Block<const C: usize, const W: usize> {
    #[cfg(feature = "metrics")]
    pub(crate) cells: [AtomicU64; C],
    #[cfg(feature = "metrics")]
    pub(crate) windows: [Window; W],
}

#[allow(clippy::new_without_default)] // it is for statics
impl<const C: usize, const W: usize> Block<C, W> {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Block {
            #[cfg(feature = "metrics")]
            cells: [const { AtomicU64::new(0) }; C],
            #[cfg(feature = "metrics")]
            windows: [const { Window::new() }; W],
        }
    }
}
