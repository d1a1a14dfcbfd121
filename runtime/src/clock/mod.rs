//! The only reader of time.
//!
//! Elapsed time is a number of [ticks], monotonic, never negative.

mod ticks;

use std::time::Duration;
#[cfg(feature = "metrics")]
use std::time::Instant;

pub(crate) use ticks::Rate;

/// The moment at which a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started(u64);

impl Started {
    #[inline]
    pub(crate) fn now() -> Self {
        Started(ticks::now())
    }

    /// Ticks since then.
    #[inline]
    pub(crate) fn elapsed_ticks(self) -> u64 {
        ticks::now().saturating_sub(self.0)
    }

    /// Nanoseconds since then.
    pub(crate) fn elapsed_nanos(self) -> u64 {
        nanos_of_ticks(self.elapsed_ticks())
    }
}

/// Ticks in nanoseconds, cut.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as much is forever
pub(crate) fn nanos_of_ticks(ticks: u64) -> u64 {
    Rate::soon().0.nanos(ticks) as u64
}

/// Whole seconds since somebody first asked.
#[cfg(feature = "metrics")]
pub(crate) fn running_seconds() -> u64 {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_secs()
}

/// When the process began, since 1970: as the system says, or else when somebody first asked.
#[cfg(feature = "metrics")]
pub(crate) fn began() -> Duration {
    use std::time::{SystemTime, UNIX_EPOCH};
    static BEGAN: std::sync::OnceLock<Duration> = std::sync::OnceLock::new();
    *BEGAN.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(age().unwrap_or_default())
    })
}

/// How long the process has been running, where the system has a file that says so: proc(5). A hundredth of a second is the
/// unit of all Linux systems.
#[cfg(feature = "metrics")]
fn age() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name, in parentheses, and may contain anything; this one is the 22nd.
    let began: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse::<f64>().ok()? / 100.0;
    let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    // Where the two do not fit, as in some containers, neither is believed: ten years are too many.
    (0.0..3650.0 * 86_400.0).contains(&(uptime - began)).then(|| Duration::from_secs_f64(uptime - began))
}

/// Milliseconds, for an event.
#[must_use]
#[allow(clippy::cast_precision_loss)] // exact up to 104 days
pub fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// Nanoseconds of a constant.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // as much is forever
pub const fn nanos_of(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}

/// Takes the time of the polls of a call; or, as `()`, none.
pub trait Stopwatch: Default {
    /// A poll begins.
    fn start(&mut self);
    /// It ended.
    fn stop(&mut self);
    /// Ticks so far, those of a running poll included.
    fn ticks(&self) -> u64;
}

impl Stopwatch for () {
    #[inline]
    fn start(&mut self) {}
    #[inline]
    fn stop(&mut self) {}
    #[inline]
    fn ticks(&self) -> u64 {
        0
    }
}

/// The time inside polls.
#[derive(Default)]
pub struct Busy {
    ticks: u64,
    since: Option<Started>,
}

impl Stopwatch for Busy {
    fn start(&mut self) {
        self.since = Some(Started::now());
    }

    fn stop(&mut self) {
        self.ticks = self.ticks();
        self.since = None;
    }

    fn ticks(&self) -> u64 {
        self.ticks.saturating_add(self.since.map_or(0, Started::elapsed_ticks))
    }
}
