//! A stopwatch that observes.

use std::time::Duration;

use super::field::At;
use crate::clock::Started;

/// Observes the time since it was started, when it is dropped: by a return, a panic or a dropped future.
///
/// ```
/// # use tallied::{Histogram, Metrics};
/// # #[derive(Metrics)]
/// # #[metrics(prefix = "timed")]
/// # struct Disk {
/// #     /// Time to write a block.
/// #     write_seconds: Histogram,
/// # }
/// # static DISK: Disk = Disk::new();
/// let timer = DISK.write_seconds.start_timer();
/// let is_written = true;
/// if is_written {
///     println!("written in {:?}", timer.stop());
/// } else {
///     timer.discard();
/// }
/// ```
#[must_use = "a timer that is dropped at once observes no time"]
#[derive(Debug)]
pub struct Timer {
    at: At,
    started: Option<Started>,
}

impl Timer {
    #[inline]
    pub(super) fn start(at: At) -> Self {
        Timer { at, started: Some(Started::now()) }
    }

    /// Observes now, and tells the time.
    #[inline]
    #[allow(clippy::must_use_candidate)] // it has observed
    pub fn stop(mut self) -> Duration {
        self.observe()
    }

    /// Tells the time, and observes nothing.
    #[inline]
    #[allow(clippy::must_use_candidate)] // it has not observed
    pub fn discard(mut self) -> Duration {
        self.started.take().map_or(Duration::ZERO, |started| Duration::from_nanos(started.elapsed_nanos()))
    }

    fn observe(&mut self) -> Duration {
        let Some(started) = self.started.take() else { return Duration::ZERO };
        let nanos = started.elapsed_nanos();
        self.at.observe_nanos(nanos);
        Duration::from_nanos(nanos)
    }
}

impl Drop for Timer {
    #[inline]
    fn drop(&mut self) {
        self.observe();
    }
}
