//! Gauges.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{At, LabelSet, Metric, Of, PhantomData, fmt, handle, sealed};
use crate::family::{Kind, Numbers};
use crate::testing::Recording;

/// What goes up and down: the depth of a queue, connections, a temperature.
///
/// `Gauge` holds an `f64`, `Gauge<(), i64>` an integer, which is faster to add to; `Gauge<L>` has a gauge for each label set
/// of `L`, a type with [`LabelSet`](derive@crate::LabelSet).
///
/// ```
/// use tallied::{Gauge, Metrics};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "worker")]
/// struct Worker {
///     /// Tasks waiting to be picked up.
///     queue_depth: Gauge,
///     /// Tasks that are running.
///     running_tasks: Gauge<(), i64>,
/// }
/// static WORKER: Worker = Worker::new();
///
/// WORKER.queue_depth.set(12.0);
/// let task = WORKER.running_tasks.guard();
/// # if cfg!(feature = "metrics") {
/// assert_eq!(WORKER.running_tasks.get(), 1);
/// drop(task); // or a panic, or a dropped future
/// assert_eq!(WORKER.running_tasks.get(), 0);
/// # }
/// ```
pub struct Gauge<L = (), N = f64> {
    at: At,
    of: Of<(L, N)>,
}

/// The numbers that a gauge holds.
pub trait GaugeNumber: sealed::Sealed + Copy {
    #[doc(hidden)]
    const NUMBERS: Numbers;
}

impl sealed::Sealed for i64 {}
impl GaugeNumber for i64 {
    const NUMBERS: Numbers = Numbers::Signed;
}
impl GaugeNumber for f64 {
    const NUMBERS: Numbers = Numbers::Float;
}

handle!(Gauge<L, N: GaugeNumber>, Gauge, N::NUMBERS, "gauge");

impl Gauge {
    /// Holds `value` from now on: any float, `NaN` and the infinities too, which are exposed as such.
    ///
    /// A relaxed store; never allocates, never blocks.
    #[inline]
    pub fn set(&self, value: f64) {
        self.at.set(value.to_bits());
    }

    /// One more.
    #[inline]
    pub fn inc(&self) {
        self.at.add_float(1.0);
    }

    /// One less.
    #[inline]
    pub fn dec(&self) {
        self.at.add_float(-1.0);
    }

    /// Adds `value`, which must be finite: anything else changes nothing, and is counted in `tallied_rejected_total`.
    ///
    /// A loop of compare and swap, which a second thread makes longer; never allocates.
    #[inline]
    pub fn add(&self, value: f64) {
        if value.is_finite() {
            self.at.add_float(value);
        } else {
            self.at.reject();
        }
    }

    /// Takes `value` away, as [`add`](Gauge::add) adds it.
    #[inline]
    pub fn sub(&self, value: f64) {
        self.add(-value);
    }

    /// Holds the time of day: seconds since 1970, with a fraction. For "when did it last succeed".
    pub fn set_to_now(&self) {
        self.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()));
    }

    /// One more until the guard is dropped, by whatever way: a return, a panic, a dropped future.
    #[inline]
    pub fn guard(&self) -> GaugeGuard {
        self.inc();
        GaugeGuard { at: self.at, is_float: true, recording: Recording::current() }
    }

    /// What it holds. Without the feature `metrics` zero.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.at.read())
    }

    /// From now on the value is what `read` gives at a scrape: open file descriptors, the size of a pool.
    ///
    /// It runs in the thread that scrapes, without a lock of ours, and should not wait. If it panics the series is left
    /// out of that scrape, and a warning tells so once. A later one replaces it.
    ///
    /// ```
    /// # use tallied::{Gauge, Metrics};
    /// # #[derive(Metrics)]
    /// # #[metrics(prefix = "pool")]
    /// # struct Pool {
    /// #     /// Connections of the pool.
    /// #     connections: Gauge,
    /// # }
    /// # static POOL: Pool = Pool::new();
    /// let pool = std::sync::Arc::new(vec!["a", "b"]);
    /// POOL.connections.read_from(move || pool.len() as f64);
    /// # if cfg!(feature = "metrics") {
    /// assert!(tallied::gather_metrics().contains("pool_connections 2"));
    /// # }
    /// ```
    pub fn read_from(&self, read: impl Fn() -> f64 + Send + Sync + 'static) {
        self.at.read_from(move || super::field::Read::Float(read()));
    }
}

impl Gauge<(), i64> {
    /// Holds `value` from now on. A relaxed store; never allocates, never blocks.
    #[inline]
    pub fn set(&self, value: i64) {
        self.at.set(bits(value));
    }

    /// One more.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// One less.
    #[inline]
    pub fn dec(&self) {
        self.add(-1);
    }

    /// Adds `value`, and wraps past the ends of `i64`. A relaxed add; never allocates, never blocks.
    #[inline]
    pub fn add(&self, value: i64) {
        self.at.add(bits(value));
    }

    /// Takes `value` away, as [`add`](Gauge::add) adds it.
    #[inline]
    pub fn sub(&self, value: i64) {
        self.add(value.wrapping_neg());
    }

    /// One more until the guard is dropped, by whatever way: a return, a panic, a dropped future.
    #[inline]
    pub fn guard(&self) -> GaugeGuard {
        self.inc();
        GaugeGuard { at: self.at, is_float: false, recording: Recording::current() }
    }

    /// What it holds. Without the feature `metrics` zero.
    #[must_use]
    pub fn get(&self) -> i64 {
        i64::from_ne_bytes(self.at.read().to_ne_bytes())
    }

    /// As the [`read_from`](Gauge::read_from) of floats.
    pub fn read_from(&self, read: impl Fn() -> i64 + Send + Sync + 'static) {
        self.at.read_from(move || super::field::Read::Level(read()));
    }
}

/// The same bits: adding them adds the number.
#[inline]
fn bits(value: i64) -> u64 {
    u64::from_ne_bytes(value.to_ne_bytes())
}

/// Holds a gauge up by one, and takes it down again when it is dropped.
#[derive(Debug)]
#[must_use = "the gauge goes down when its guard is dropped, which is now"]
pub struct GaugeGuard {
    at: At,
    is_float: bool,
    /// Where it went up.
    recording: Option<Recording>,
}

impl Drop for GaugeGuard {
    #[inline]
    fn drop(&mut self) {
        // Where it went up, whatever is current now.
        self.at.down(self.is_float, self.recording.as_ref());
    }
}
