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
    /// The places of its labels among those of the callsite.
    pub(crate) labels: &'static [usize],
    /// Whether it has the label `status`.
    pub(crate) status: bool,
}

/// What counts the overflow of open-ended labels, by family and label.
#[cfg(feature = "metrics")]
pub(crate) const OVERFLOW: Family = Family {
    name: "tallied_label_overflow_total",
    help: "Calls with a value that a label with `max` did not keep, counted as `_other`.",
    labels: &[],
    status: false,
};

/// How many cells a histogram with these bounds has: one each, and `+Inf`.
///
/// # Panics
///
/// While compiling, if there are no bounds, or they are not finite, positive and strictly increasing.
#[must_use]
#[track_caller]
pub const fn cells(bounds: &[f64]) -> usize {
    assert!(!bounds.is_empty(), "a histogram needs a bucket bound; leave `buckets` out for the standard ones");
    let mut i = 0;
    while i < bounds.len() {
        assert!(bounds[i].is_finite(), "a bucket bound is not finite; `+Inf` is added by itself");
        assert!(bounds[i] > 0.0, "a bucket bound is not above zero; no duration is below zero");
        assert!(i == 0 || bounds[i - 1] < bounds[i], "bucket bounds must be strictly increasing");
        i += 1;
    }
    bounds.len() + 1
}

/// The bounds in nanoseconds, the last place unused: a duration of `d` nanoseconds is at most a bound of `b` seconds if
/// and only if `d <= nanos(b)`.
#[cfg(feature = "metrics")]
// `as` saturates: a bound of a thousand years is never met. Up to 104 days a nanosecond has a float of its own.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
pub(crate) const fn nanos<const N: usize>(bounds: &[f64]) -> [u64; N] {
    let mut nanos = [u64::MAX; N];
    let mut i = 0;
    while i < bounds.len() && i < N {
        // The product is rounded, and cutting it may lose one more: 1.001 * 1e9 is 1000999999.9999999.
        let cut = (bounds[i] * 1e9) as u64;
        let next = cut.saturating_add(1);
        nanos[i] = if next as f64 / 1e9 <= bounds[i] { next } else { cut };
        i += 1;
    }
    nanos
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::*;

    #[test]
    fn a_duration_of_exactly_a_bound_is_in_its_bucket() {
        // The number of nanoseconds that each is written as.
        let written = [
            (0.000_000_015, 15),
            (0.000_000_063, 63),
            (0.001, 1_000_000),
            (0.3, 300_000_000),
            (1.001, 1_001_000_000),
            (1.007, 1_007_000_000),
            (300.0, 300_000_000_000),
        ];
        for (seconds, expected) in written {
            assert_eq!(nanos::<2>(&[seconds])[0], expected, "{seconds} s");
        }
    }

    #[test]
    fn a_bound_between_two_nanoseconds_takes_in_the_lower_one() {
        assert_eq!(nanos::<2>(&[1.5e-9])[0], 1);
        assert_eq!(nanos::<2>(&[1e-10])[0], 0);
        assert_eq!(nanos::<2>(&[1e300])[0], u64::MAX);
    }
}
