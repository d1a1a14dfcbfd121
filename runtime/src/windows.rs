//! Windows of summaries in a row, whose number is known while compiling.

#[cfg(feature = "metrics")]
use crate::sketch::Window;

/// `W` windows. All zeros, so they take no room in the program's file.
pub struct Windows<const W: usize> {
    #[cfg(feature = "metrics")]
    windows: [Window; W],
}

#[allow(clippy::new_without_default)] // it is for statics
impl<const W: usize> Windows<W> {
    /// Nothing was observed yet.
    #[must_use]
    pub const fn new() -> Self {
        Windows {
            #[cfg(feature = "metrics")]
            windows: [const { Window::new() }; W],
        }
    }

    /// However many there are.
    #[cfg(feature = "metrics")]
    pub(crate) const fn all(&'static self) -> &'static [Window] {
        &self.windows
    }
}
