//! What a callsite says of its families, and the bounds of a histogram.

/// The standard bucket bounds of a duration histogram, in seconds: 1 ms to 5 minutes.
///
/// Used wherever an attribute says `histogram` and names no `buckets`.
pub const STANDARD_BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

/// One family as a callsite describes it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) struct Family {
    /// The full name on the exposition, checked when the attribute was expanded.
    pub(crate) name: &'static str,
    /// The HELP text, not escaped.
    pub(crate) help: &'static str,
    /// Whether the family carries the callsite's identity label. All but gauges carry `status` too.
    pub(crate) identity: bool,
}

/// How many cells a histogram with these bounds has: one each, and `+Inf`. No bounds: one cell, a plain count.
///
/// # Panics
///
/// While compiling, if the bounds are not finite, positive and strictly
/// increasing.
#[must_use]
#[track_caller]
pub const fn cells(bounds: &[f64]) -> usize {
    let mut i = 0;
    while i < bounds.len() {
        assert!(bounds[i].is_finite(), "a bucket bound is not finite; `+Inf` is added by itself");
        assert!(bounds[i] > 0.0, "a bucket bound is not above zero; no duration is below zero");
        assert!(i == 0 || bounds[i - 1] < bounds[i], "bucket bounds must be strictly increasing");
        i += 1;
    }
    bounds.len() + 1
}

/// The bounds in nanoseconds, the last place unused: a duration of `d` nanoseconds is at most a bound of `b` seconds if and only
/// if `d <= nanos(b)`.
#[cfg(feature = "metrics")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates: a bound of a thousand years is never met
pub(crate) const fn nanos<const N: usize>(bounds: &[f64]) -> [u64; N] {
    let mut nanos = [u64::MAX; N];
    let mut i = 0;
    while i < bounds.len() && i < N {
        // The product is rounded to the nearest float, so a bound written with up to nine decimals is exact; anything
        // finer is cut, as a duration in whole nanoseconds is.
        nanos[i] = (bounds[i] * 1e9) as u64;
        i += 1;
    }
    nanos
}
