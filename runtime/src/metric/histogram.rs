//! Histograms.

use super::{At, LabelSet, Metric, Observation, Of, PhantomData, Timer, fmt, handle, observes, sealed};
use crate::family::{Kind, Numbers};

/// Observations by bucket: durations, sizes.
///
/// `Histogram<L>` has one for each label set of `L`, a type with [`LabelSet`](derive@crate::LabelSet). Of durations it has
/// the [standard buckets](crate::STANDARD_BUCKETS) unless the field says `#[metrics(buckets = …)]`.
///
/// ```
/// use std::time::Duration;
/// use tallied::{Histogram, Metrics, buckets};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "worker")]
/// struct Worker {
///     /// Time between two polls.
///     poll_interval_seconds: Histogram,
///     /// Size of a payload.
///     #[metrics(buckets = buckets::exponential::<8>(256.0, 4.0))]
///     payload_bytes: Histogram,
/// }
/// static WORKER: Worker = Worker::new();
///
/// WORKER.poll_interval_seconds.observe(Duration::from_millis(250));
/// WORKER.payload_bytes.observe(4096);
/// let answer = WORKER.poll_interval_seconds.time(|| 6 * 7);
/// # assert_eq!(answer, 42);
/// # if cfg!(feature = "metrics") {
/// assert!(tallied::gather_metrics().contains("worker_payload_bytes_bucket{le=\"4096\"} 1"));
/// # }
/// ```
pub struct Histogram<L = ()> {
    at: At,
    of: Of<L>,
}

handle!(Histogram<L>, Histogram, Numbers::Float, "histogram");

observes!(Histogram);

impl Histogram {
    /// Adds one observation.
    ///
    /// It lands in the first bucket whose bound is not below it, and above the last bound only in `+Inf`. A number that
    /// is not finite, or a `Duration` of 292 years or more, changes nothing and is counted in `tallied_rejected_total`: one
    /// bad clock cannot poison the sum. A number below zero is taken off the sum. A sum that would be too large for a float
    /// stays what it was; one of durations begins again after 584 years.
    ///
    /// A `Duration` costs a search and two relaxed adds; a number a loop of compare and swap for the sum. Never allocates,
    /// never blocks.
    #[inline]
    pub fn observe(&self, value: impl Observation) {
        value.observe_at(self.at);
    }
}
