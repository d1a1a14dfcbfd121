//! The only reader of time.
//!
//! Elapsed time is a whole number of nanoseconds, monotonic, never negative: `Instant` saturates at zero where a
//! platform's clock steps back. 2^64 nanoseconds are 584 years.

use std::time::Instant;

/// The moment at which a call began.
#[derive(Clone, Copy)]
pub(crate) struct Started(Instant);

impl Started {
    #[inline]
    pub(crate) fn now() -> Self {
        Started(Instant::now())
    }

    /// Nanoseconds since then.
    #[inline]
    pub(crate) fn elapsed_nanos(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
