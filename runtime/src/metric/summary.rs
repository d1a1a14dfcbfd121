//! Summaries.

use super::{At, LabelSet, Metric, Observation, Of, PhantomData, Timer, fmt, handle, observes, sealed};
use crate::family::{Kind, Numbers};

/// Observations by quantile: 0.5, 0.9 and 0.99 unless the field says `#[metrics(quantiles = …)]`.
///
/// `Summary<L>` has one for each label set of `L`, a type with [`LabelSet`](derive@crate::LabelSet).
///
/// Quantiles are of the last minute, which moves on every ten seconds; without an observation in it they are `NaN`. Count
/// and sum are of the whole life of the process. A quantile is off by at most 1 % of its value, for magnitudes from 1e-9 up
/// that span less than nine powers of ten (beyond that the smallest are merged); what is nearer to zero than that is told
/// as zero. The sketch is a DDSketch: <https://arxiv.org/abs/1908.10693>.
///
/// Quantiles of several processes cannot be added up, and a sketch takes more time and memory than buckets: where the
/// bounds are known, a [`Histogram`](crate::Histogram) is better.
///
/// ```
/// use tallied::{Metrics, Summary};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "page")]
/// struct Page {
///     /// Time to render a page.
///     render_duration_seconds: Summary,
/// }
/// static PAGE: Page = Page::new();
///
/// PAGE.render_duration_seconds.observe(0.25);
/// # if cfg!(feature = "metrics") {
/// assert!(tallied::gather_metrics().contains("page_render_duration_seconds_count 1"));
/// # }
/// ```
pub struct Summary<L = ()> {
    at: At,
    of: Of<L>,
}

handle!(Summary<L>, Summary, Numbers::Float, "summary");

observes!(Summary);

impl Summary {
    /// Adds one observation. One that is not finite, or a `Duration` of 292 years or more, changes nothing and is counted in
    /// `tallied_rejected_total`.
    ///
    /// Count and sum are relaxed adds. The sketch has two places, which are tried without waiting: an observation that
    /// finds both taken by other threads is in the count and the sum, and not in the quantiles. May allocate.
    #[inline]
    pub fn observe(&self, value: impl Observation) {
        value.observe_at(self.at);
    }
}
