//! Bounds of histograms, made while compiling.
//!
//! ```
//! use tallied::buckets;
//!
//! const SIZES: [f64; 6] = buckets::exponential(256.0, 4.0);
//! assert_eq!(SIZES, [256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262_144.0]);
//! assert_eq!(buckets::linear::<4>(0.1, 0.1), [0.1, 0.2, 0.3, 0.4]);
//! ```
//!
//! Each is rounded to 15 digits, so that `0.1 + 0.1 + 0.1` is written as `0.3`. In a constant, or in an attribute, what is
//! wrong is an error of the compiler.

/// `N` bounds, the first `start`, each `width` above the one before it.
///
/// # Panics
///
/// If `N` is zero, a number is not finite, or `width` is not above zero or so small that two bounds are the same.
#[must_use]
#[track_caller]
pub const fn linear<const N: usize>(start: f64, width: f64) -> [f64; N] {
    assert!(N > 0, "a histogram needs a bucket bound");
    assert!(start.is_finite() && width.is_finite(), "`start` and `width` must be finite");
    assert!(width > 0.0, "`width` must be above zero");
    let mut bounds = [start; N];
    let mut at = 1;
    while at < N {
        #[allow(clippy::cast_precision_loss)] // there are fewer bounds
        let steps = at as f64;
        bounds[at] = rounded(start + width * steps);
        assert!(
            bounds[at].is_finite() && bounds[at] > bounds[at - 1],
            "`width` is too small beside `start`, or too large"
        );
        at += 1;
    }
    bounds
}

/// `N` bounds, the first `start`, each `factor` times the one before it.
///
/// # Panics
///
/// If `N` is zero, a number is not finite, `start` is not above zero, or `factor` is not above one or so near to it that two
/// bounds are the same.
#[must_use]
#[track_caller]
pub const fn exponential<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    assert!(N > 0, "a histogram needs a bucket bound");
    assert!(start.is_finite() && factor.is_finite(), "`start` and `factor` must be finite");
    assert!(start > 0.0, "`start` must be above zero");
    assert!(factor > 1.0, "`factor` must be above one");
    let mut bounds = [start; N];
    let (mut at, mut exact) = (1, start);
    while at < N {
        exact *= factor;
        bounds[at] = rounded(exact);
        assert!(bounds[at].is_finite() && bounds[at] > bounds[at - 1], "`factor` is too near to one, or too large");
        at += 1;
    }
    bounds
}

/// To 15 digits, which a float always has.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // below 2^53
const fn rounded(value: f64) -> f64 {
    let magnitude = if value < 0.0 { -value } else { value };
    // Powers of ten up to here are exact floats.
    let mut scale = 1.0;
    while magnitude * scale < 1e14 && scale < 1e22 {
        scale *= 10.0;
    }
    let scaled = value * scale;
    // A large whole number is as short as it gets, and a very small one is left alone.
    if !(scaled < 9e15 && scaled > -9e15) || magnitude * scale < 1e13 {
        return value;
    }
    let half = if value < 0.0 { -0.5 } else { 0.5 };
    (scaled + half) as i64 as f64 / scale
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // they are to be exactly these
mod tests {
    use super::*;

    #[test]
    fn bounds_are_written_as_a_person_would() {
        assert_eq!(linear::<5>(0.1, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(linear::<3>(-1.0, 0.7), [-1.0, -0.3, 0.4]);
        assert_eq!(linear::<2>(0.0, 1e9), [0.0, 1e9]);
        assert_eq!(exponential::<4>(0.001, 10.0), [0.001, 0.01, 0.1, 1.0]);
        assert_eq!(exponential::<4>(1e-9, 1000.0), [1e-9, 1e-6, 1e-3, 1.0]);
        assert_eq!(exponential::<3>(1e300, 10.0), [1e300, 1e301, 1e302]);
        assert_eq!(exponential::<3>(1e-300, 2.0), [1e-300, 2e-300, 4e-300]);
        assert_eq!(linear::<1>(7.0, 1.0), [7.0]);
    }

    #[test]
    fn what_makes_no_bounds_is_refused() {
        let refused = |make: fn()| std::panic::catch_unwind(make).is_err();
        assert!(refused(|| _ = linear::<3>(1.0, 0.0)));
        assert!(refused(|| _ = linear::<3>(1.0, -1.0)));
        assert!(refused(|| _ = linear::<3>(1.0, f64::NAN)));
        assert!(refused(|| _ = linear::<3>(1e300, 1.0)));
        assert!(refused(|| _ = linear::<3>(f64::MAX, f64::MAX)));
        assert!(refused(|| _ = linear::<0>(1.0, 1.0)));
        assert!(refused(|| _ = exponential::<3>(0.0, 2.0)));
        assert!(refused(|| _ = exponential::<3>(1.0, 1.0)));
        assert!(refused(|| _ = exponential::<3>(1.0, f64::INFINITY)));
        assert!(refused(|| _ = exponential::<2000>(1.0, 10.0)));
    }
}
