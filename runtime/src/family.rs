//! What is said of one family, and the bounds of a histogram.

use crate::native::Range;

/// The standard bucket bounds of a duration histogram, in seconds: 1 ms to 5 minutes.
///
/// Used wherever a histogram of durations names no `buckets`; in a family of another unit of time, the same durations in
/// that unit.
pub const STANDARD_BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

const STANDARD_MILLIS: [f64; 12] = [1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1e3, 5e3, 1e4, 3e4, 6e4, 3e5];
const STANDARD_MICROS: [f64; 12] = [1e3, 5e3, 1e4, 5e4, 1e5, 5e5, 1e6, 5e6, 1e7, 3e7, 6e7, 3e8];
const STANDARD_NANOS: [f64; 12] = [1e6, 5e6, 1e7, 5e7, 1e8, 5e8, 1e9, 5e9, 1e10, 3e10, 6e10, 3e11];

/// The quantiles of a summary that names none.
pub const STANDARD_QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What only grows.
    Counter,
    /// What goes up and down.
    Gauge,
    /// Observations by bucket.
    Histogram,
    /// Observations by quantile.
    Summary,
    /// Labels that say something of the program; the value is 1.
    Info,
}

impl Kind {
    /// As a catalogue names it.
    #[cfg(feature = "metrics")]
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
            Kind::Info => "info",
        }
    }

    /// What the names of a family's samples add to its own. No two families of one exposition may share a sample's
    /// name. Source: OpenMetrics 1.0, "Suffixes"; `_created` belongs to a family though it is not written.
    #[cfg(feature = "metrics")]
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Kind::Counter | Kind::Gauge | Kind::Info => &[""],
            Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Kind::Summary => &["", "_sum", "_count", "_created"],
        }
    }

    /// A label that belongs to the format and that no series may bring.
    #[cfg(feature = "metrics")]
    pub(crate) const fn reserved_label(self) -> Option<&'static str> {
        match self {
            Kind::Counter | Kind::Gauge | Kind::Info => None,
            Kind::Histogram => Some("le"),
            Kind::Summary => Some("quantile"),
        }
    }
}

/// How a number is kept in its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// `u64`
    Unsigned,
    /// `i64`
    Signed,
    /// `f64`, by its bits.
    Float,
}

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
const UNITS: [(&str, Option<Unit>); 19] = [
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
        nanos as f64 / self.nanos()
    }
}

/// The unit that a name ends in, by its place among [`UNITS`].
const fn unit_of(name: &str) -> Option<usize> {
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

/// One family as a callsite or a group describes it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) struct Family {
    /// The full name on the exposition, checked when the attribute was expanded.
    pub(crate) name: &'static str,
    /// As the user wrote it, where that is another name.
    pub(crate) written: &'static str,
    /// The HELP text, not escaped.
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    /// What of its source it shows.
    pub(crate) shows: Shows,
    /// The places of its labels among those of the callsite.
    pub(crate) labels: &'static [usize],
    /// Whether it has the label `status`.
    pub(crate) status: bool,
    /// The unit of time that was said; else its name says it.
    pub(crate) given_unit: Option<Unit>,
    /// A histogram's bounds, in the unit of the family.
    pub(crate) bounds: &'static [f64],
    /// A summary's quantiles.
    pub(crate) quantiles: &'static [f64],
    /// Whether a histogram has native buckets too.
    pub(crate) native: bool,
    /// Whether its series are there before they have a value, if that was said.
    pub(crate) zero: Option<bool>,
}

/// What of its source a family shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Calls by what became of them.
    Calls,
    /// Their durations, by bucket or by quantile.
    Durations,
    /// Those that are running.
    Running,
    /// The field of a group.
    Field(Numbers),
}

impl Family {
    pub(crate) const fn new(name: &'static str, help: &'static str, kind: Kind, shows: Shows) -> Self {
        Family {
            name,
            written: "",
            help,
            kind,
            shows,
            labels: &[],
            status: false,
            given_unit: None,
            bounds: &[],
            quantiles: &[],
            native: false,
            zero: None,
        }
    }

    /// The series of one label set.
    pub(crate) const fn child(&self) -> usize {
        match self.kind {
            Kind::Histogram => self.bounds.len() + 3,
            Kind::Summary => self.quantiles.len() + 2,
            Kind::Counter | Kind::Gauge | Kind::Info => 1,
        }
    }

    /// The unit of time in which it is exposed, if it has one.
    pub(crate) const fn time_unit(&self) -> Option<Unit> {
        match (self.given_unit, unit_of(self.name)) {
            (Some(unit), _) => Some(unit),
            (None, Some(at)) => UNITS[at].1,
            // Whatever their name is.
            (None, None) if matches!(self.shows, Shows::Durations) => Some(Unit::Seconds),
            (None, None) => None,
        }
    }

    /// The unit that its name says, if it is exposed in it.
    #[cfg(feature = "metrics")]
    pub(crate) fn unit_text(&self) -> Option<&'static str> {
        let named = unit_of(self.name).and_then(|at| UNITS[at].1);
        let fits = self.given_unit.is_none_or(|given| named.is_none_or(|named| given == named));
        unit_text(self.name, self.kind).filter(|_| fits)
    }

    /// That, or seconds: what a `Duration` is converted to.
    pub(crate) const fn unit(&self) -> Unit {
        match self.time_unit() {
            Some(unit) => unit,
            None => Unit::Seconds,
        }
    }
}

#[cfg(feature = "metrics")]
impl Family {
    /// What it says otherwise than another place that feeds the same family.
    pub(crate) fn differs_from(&self, other: &Family, has_its_labels: bool) -> Option<&'static str> {
        let is_observed = matches!(self.kind, Kind::Histogram | Kind::Summary);
        let differs = [
            (self.kind != other.kind, "type"),
            (!has_its_labels, "label names"),
            (is_observed && self.unit() != other.unit(), "unit"),
            (self.bounds != other.bounds, "buckets"),
            (self.quantiles != other.quantiles, "quantiles"),
            (self.native != other.native, NATIVE),
            (self.help != other.help, "help"),
        ];
        differs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// Only one of two places asks for these.
#[cfg(feature = "metrics")]
const NATIVE: &str = "native buckets";

/// Whether what differs is no reason to lose a number.
#[cfg(feature = "metrics")]
pub(crate) fn is_harmless(what: &str) -> bool {
    what == "help" || what == NATIVE
}

/// "another type", "other buckets"
pub(crate) fn another(what: &str) -> String {
    let other = if what.ends_with('s') { "other" } else { "another" };
    format!("{other} {what}")
}

impl Family {
    /// How many cells the native buckets of one label set take.
    pub(crate) const fn native_cells(&self) -> usize {
        if self.native { Range::of(self.time_unit()).cells() } else { 0 }
    }
}

/// The unit that a family's name says: the last word of it, but for `_total` of a counter.
#[cfg(feature = "metrics")]
pub(crate) fn unit_text(name: &str, kind: Kind) -> Option<&'static str> {
    let is_other = kind != Kind::Counter && name.ends_with("_total");
    unit_of(name).filter(|_| !is_other).map(|at| UNITS[at].0)
}

/// What counts the overflow of open-ended labels, by family and label.
#[cfg(feature = "metrics")]
pub(crate) const OVERFLOW: Family = Family::new(
    "tallied_label_overflow_total",
    "Values that a label with `max` did not keep, counted as `_other`.",
    Kind::Counter,
    Shows::Calls,
);

/// What counts the numbers that a family refused.
#[cfg(feature = "metrics")]
pub(crate) const REJECTED: Family = Family::new(
    "tallied_rejected_total",
    "Numbers that a family did not take: not finite, or below zero for a counter.",
    Kind::Counter,
    Shows::Calls,
);

/// What counts the descriptions that are not exposed, because they contradict another one.
#[cfg(feature = "metrics")]
pub(crate) const CONFLICTS: Family = Family::new(
    "tallied_conflicts_total",
    "Places whose family is not exposed, because it contradicts another place or family.",
    Kind::Counter,
    Shows::Calls,
);

/// How many cells a histogram with these bounds has: one each, and `+Inf`.
///
/// # Panics
///
/// While compiling, if there are no bounds, or they are not finite, positive and strictly increasing.
#[must_use]
#[track_caller]
pub const fn cells(bounds: &[f64]) -> usize {
    cells_of(bounds, true)
}

/// The same; bounds of what is no duration may be negative.
///
/// # Panics
///
/// While compiling, if there are no bounds, or they are not finite and strictly increasing.
#[must_use]
#[track_caller]
pub const fn cells_of(bounds: &[f64], is_time: bool) -> usize {
    assert!(!bounds.is_empty(), "a histogram needs a bucket bound; leave `buckets` out for the standard ones");
    let mut i = 0;
    while i < bounds.len() {
        assert!(bounds[i].is_finite(), "a bucket bound is not finite; `+Inf` is added by itself");
        assert!(!is_time || bounds[i] > 0.0, "a bucket bound is not above zero; no duration is below zero");
        assert!(i == 0 || bounds[i - 1] < bounds[i], "bucket bounds must be strictly increasing");
        i += 1;
    }
    bounds.len() + 1
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
