//! What is said of one family, and the bounds of a histogram.

mod said;
mod unit;

pub use unit::Unit;

#[cfg(feature = "metrics")]
pub(crate) use unit::unit_text;
pub(crate) use unit::{ends, nanos};

#[cfg(feature = "metrics")]
use crate::native::Range;
use unit::{UNITS, unit_of};

/// The standard bucket bounds of a duration histogram, in seconds: 1 ms to 5 minutes.
///
/// Used wherever a histogram of durations names no `buckets`; in a family of another unit of time, the same durations in
/// that unit.
pub const STANDARD_BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

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

/// One family as a callsite or a group describes it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub struct Family {
    /// The full name on the exposition, checked when the attribute was expanded.
    pub(crate) name: &'static str,
    /// As the user wrote it, where that is another name.
    pub(crate) written: &'static str,
    /// The HELP text, not escaped.
    pub(crate) help: &'static str,
    /// Whether the user wrote it: what is made up gives way to what another place of the family says.
    pub(crate) is_help_given: bool,
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
pub enum Shows {
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
            is_help_given: false,
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
    /// The help that the user wrote, if there is one.
    pub(crate) fn given_help(&self) -> Option<&'static str> {
        self.is_help_given.then_some(self.help)
    }

    /// Whether it is the field of a group.
    pub(crate) fn is_field(&self) -> bool {
        matches!(self.shows, Shows::Field(_))
    }

    /// What it says otherwise than another place that feeds the same family, and than the first one that has a help.
    pub(crate) fn differs_from(
        &self,
        other: &Family,
        has_its_labels: bool,
        help: Option<&str>,
    ) -> Option<&'static str> {
        let is_observed = matches!(self.kind, Kind::Histogram | Kind::Summary);
        let differs = [
            (self.kind != other.kind, "type"),
            (!has_its_labels, "label names"),
            (is_observed && self.unit() != other.unit(), "unit"),
            (self.bounds != other.bounds, "buckets"),
            (self.quantiles != other.quantiles, "quantiles"),
            (self.native != other.native, NATIVE),
            (help.is_some_and(|help| self.is_help_given && self.help != help), "help"),
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
    #[cfg(feature = "metrics")]
    pub(crate) const fn native_cells(&self) -> usize {
        if self.native { Range::of(self.time_unit()).cells() } else { 0 }
    }
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
