//! Units: of time, which durations are converted to, and what else a name may end in.

#[cfg(feature = "metrics")]
use super::Kind;
use super::STANDARD_BUCKETS;

const STANDARD_MILLIS: [f64; 12] = [1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1e3, 5e3, 1e4, 3e4, 6e4, 3e5];
const STANDARD_MICROS: [f64; 12] = [1e3, 5e3, 1e4, 5e4, 1e5, 5e5, 1e6, 5e6, 1e7, 3e7, 6e7, 3e8];
const STANDARD_NANOS: [f64; 12] = [1e6, 5e6, 1e7, 5e7, 1e8, 5e8, 1e9, 5e9, 1e10, 3e10, 6e10, 3e11];

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`
    Micros,
    /// `ns`
    Nanos,
}

/// What names end in that say a unit. The base units of <https://prometheus.io/docs/practices/naming/>, and those of
/// time.
pub(super) const UNITS: [(&str, Option<Unit>); 19] = [
    ("seconds", Some(Unit::Seconds)),
    ("milliseconds", Some(Unit::Millis)),
    ("ms", Some(Unit::Millis)),
    ("microseconds", Some(Unit::Micros)),
    ("us", Some(Unit::Micros)),
    ("nanoseconds", Some(Unit::Nanos)),
    ("ns", Some(Unit::Nanos)),
    ("bytes", None),
    ("ratio", None),
    ("celsius", None),
    ("kelvin", None),
    ("meters", None),
    ("volts", None),
    ("amperes", None),
    ("joules", None),
    ("watts", None),
    ("grams", None),
    ("hertz", None),
    ("percent", None),
];

impl Unit {
    /// How many nanoseconds it has.
    pub(crate) const fn nanos(self) -> f64 {
        match self {
            Unit::Seconds => 1e9,
            Unit::Millis => 1e6,
            Unit::Micros => 1e3,
            Unit::Nanos => 1.0,
        }
    }

    /// The standard buckets.
    #[must_use]
    pub const fn standard(self) -> &'static [f64] {
        match self {
            Unit::Seconds => &STANDARD_BUCKETS,
            Unit::Millis => &STANDARD_MILLIS,
            Unit::Micros => &STANDARD_MICROS,
            Unit::Nanos => &STANDARD_NANOS,
        }
    }

    /// So many nanoseconds in this unit: the nearest float.
    #[cfg(feature = "metrics")]
    #[allow(clippy::cast_precision_loss)] // past 104 days of nanoseconds, the last digit is a rounding
    pub(crate) fn of_nanos(self, nanos: u64) -> f64 {
        self.of(nanos as f64)
    }

    /// The same of parts of them.
    #[cfg(feature = "metrics")]
    pub(crate) fn of(self, nanos: f64) -> f64 {
        nanos / self.nanos()
    }
}

/// The unit that a name ends in, by its place among [`UNITS`].
pub(super) const fn unit_of(name: &str) -> Option<usize> {
    let name = name.as_bytes();
    let end = if ends(name, name.len(), b"_total") { name.len() - 6 } else { name.len() };
    let mut at = 0;
    while at < UNITS.len() {
        let unit = UNITS[at].0.as_bytes();
        if end > unit.len() && ends(name, end, unit) && name[end - unit.len() - 1] == b'_' {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether the bytes before `end` end so.
pub(crate) const fn ends(name: &[u8], end: usize, suffix: &[u8]) -> bool {
    if end < suffix.len() {
        return false;
    }
    let mut at = 0;
    while at < suffix.len() {
        if name[end - suffix.len() + at] != suffix[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The unit that a family's name says: the last word of it, but for `_total` of a counter.
#[cfg(feature = "metrics")]
pub(crate) fn unit_text(name: &str, kind: Kind) -> Option<&'static str> {
    let is_other = kind != Kind::Counter && name.ends_with("_total");
    unit_of(name).filter(|_| !is_other).map(|at| UNITS[at].0)
}

/// The bounds in nanoseconds, the last place unused: a duration of `d` nanoseconds is at most a bound of `b` if and only
/// if `d <= nanos(b)`.
// `as` saturates: a bound of a thousand years is never met. Up to 104 days a nanosecond has a float of its own.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) const fn nanos<const N: usize>(bounds: &[f64], unit: Unit) -> [u64; N] {
    let mut nanos = [u64::MAX; N];
    let mut i = 0;
    while i < bounds.len() && i < N {
        // The product is rounded, and cutting it may lose one more: 1.001 * 1e9 is 1000999999.9999999.
        let cut = (bounds[i] * unit.nanos()) as u64;
        let next = cut.saturating_add(1);
        nanos[i] = if next as f64 / unit.nanos() <= bounds[i] { next } else { cut };
        i += 1;
    }
    nanos
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::super::{Family, Shows, cells};
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
            assert_eq!(nanos::<2>(&[seconds], Unit::Seconds)[0], expected, "{seconds} s");
        }
        assert_eq!(nanos::<2>(&[0.3], Unit::Millis)[0], 300_000);
        assert_eq!(nanos::<2>(&[64.0], Unit::Nanos)[0], 64);
    }

    #[test]
    fn a_bound_between_two_nanoseconds_takes_in_the_lower_one() {
        assert_eq!(nanos::<2>(&[1.5e-9], Unit::Seconds)[0], 1);
        assert_eq!(nanos::<2>(&[1e-10], Unit::Seconds)[0], 0);
        assert_eq!(nanos::<2>(&[1e300], Unit::Seconds)[0], u64::MAX);
        assert_eq!(nanos::<2>(&[7.5], Unit::Nanos)[0], 7);
    }

    #[test]
    fn the_last_word_of_a_name_is_its_unit() {
        let unit =
            |name| (unit_text(name, Kind::Counter), Family::new(name, "", Kind::Gauge, Shows::Calls).time_unit());
        assert_eq!(unit_text("a_seconds_total", Kind::Gauge), None, "that is not its end");
        assert_eq!(unit("a_seconds"), (Some("seconds"), Some(Unit::Seconds)));
        assert_eq!(unit("a_seconds_total"), (Some("seconds"), Some(Unit::Seconds)));
        assert_eq!(unit("a_ms"), (Some("ms"), Some(Unit::Millis)));
        assert_eq!(unit("a_bytes"), (Some("bytes"), None));
        assert_eq!(unit("items"), (None, None), "`ms` is no word of it");
        assert_eq!(unit("seconds"), (None, None), "a name is more than its unit");
        assert_eq!(unit("_total"), (None, None));
    }

    #[test]
    fn the_standard_buckets_are_the_same_durations_in_every_unit() {
        for unit in [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos] {
            assert_eq!(nanos::<13>(unit.standard(), unit), nanos::<13>(&STANDARD_BUCKETS, Unit::Seconds));
            assert_eq!(cells(unit.standard()), 13);
        }
    }
}
