//! The buckets of a native histogram: a fixed range of them, one add an observation.
//!
//! Schema 3: each power of two has eight buckets, and bucket `i` holds what is above `base^(i-1)` and at most `base^i`,
//! with `base = 2^(1/8)`. Source: Prometheus' specification of native histograms, "Schema".

use crate::family::Unit;

/// The schema of all of ours.
pub(crate) const SCHEMA: i32 = 3;
/// Buckets of a power of two.
const OF_A_POWER: usize = 8;

/// The upper bounds of the buckets between 0.5 and 1: `2^(k/8 - 1)`.
#[allow(clippy::excessive_precision)]
const BOUNDS: [f64; OF_A_POWER] = [
    0.5,
    0.545_253_866_332_628_8,
    0.594_603_557_501_360_5,
    0.648_419_777_325_504_8,
    0.707_106_781_186_547_5,
    0.771_105_412_703_970_4,
    0.840_896_415_253_714_5,
    0.917_004_043_204_671_1,
];

/// Which powers of two have buckets. What is outside is counted in the first or the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first bucket holds what is just above two to this.
    from: i32,
    /// The last one ends at two to this.
    to: i32,
}

impl Range {
    /// From a nanosecond to more than an hour; where the unit is none of time, from 1/65,536 to 2^48.
    pub(crate) const fn of(unit: Option<Unit>) -> Self {
        let (from, to) = match unit {
            Some(Unit::Seconds) => (-30, 12),
            Some(Unit::Millis) => (-20, 22),
            Some(Unit::Micros) => (-10, 32),
            Some(Unit::Nanos) => (0, 42),
            None => (-16, 48),
        };
        Range { from, to }
    }

    /// How many cells it takes: the first is that of zero, and of what is below.
    #[allow(clippy::cast_sign_loss)] // `to` is the greater
    pub(crate) const fn cells(self) -> usize {
        (self.to - self.from) as usize * OF_A_POWER + 1
    }

    /// The number of the bucket of the first cell behind that of zero, as the schema counts.
    pub(crate) const fn first(self) -> i32 {
        self.from * 8 + 1
    }

    /// The cell of a value.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)] // of small numbers
    pub(crate) fn index(self, value: f64) -> usize {
        if value <= 0.0 {
            return 0;
        }
        // `value = fraction * 2^exponent`, the fraction from 0.5 to 1.
        let bits = value.to_bits();
        let exponent = (bits >> 52) as i32 - 1022;
        let fraction = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
        let within = BOUNDS.iter().position(|bound| fraction <= *bound).unwrap_or(OF_A_POWER) as i32;
        let bucket = (exponent - 1) * OF_A_POWER as i32 + within;
        (bucket - self.first() + 1).clamp(1, self.cells() as i32 - 1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_above_the_bound_before_it_and_at_most_its_own() {
        let range = Range::of(Some(Unit::Seconds));
        let bucket = |value: f64| i32::try_from(range.index(value)).unwrap() - 1 + range.first();
        for i in range.first()..=12 * 8 {
            let bound = 2f64.powf(f64::from(i) / 8.0);
            // The neighbours of the bound as it is rounded.
            assert_eq!(bucket(bound * (1.0 - 1e-12)), i, "below 2^({i}/8)");
            if i < 12 * 8 {
                assert_eq!(bucket(bound * (1.0 + 1e-12)), i + 1, "above 2^({i}/8)");
            }
        }
        assert_eq!(bucket(1.0), 0, "a power of two is the end of its bucket");
        assert_eq!(bucket(2.0), 8);
        assert_eq!(bucket(0.5), -8);
    }

    #[test]
    fn what_is_outside_goes_to_the_ends() {
        for unit in [None, Some(Unit::Seconds), Some(Unit::Nanos)] {
            let range = Range::of(unit);
            for zero in [0.0, -0.0, -1.0, f64::NEG_INFINITY] {
                assert_eq!(range.index(zero), 0);
            }
            assert_eq!(range.index(f64::MIN_POSITIVE / 8.0), 1);
            assert_eq!(range.index(f64::MAX), range.cells() - 1);
            assert_eq!(range.index(f64::INFINITY), range.cells() - 1);
        }
        assert_eq!(Range::of(Some(Unit::Seconds)).cells(), 337);
    }
}
