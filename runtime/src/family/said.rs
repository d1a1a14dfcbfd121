//! What an expansion says of a family: what it is, and then what is special about it.

use super::{Family, Kind, Numbers, STANDARD_BUCKETS, STANDARD_QUANTILES, Shows, Unit};

// Every callsite has the compiler make some of these: so what is the same in all stands here once, and little is called.
const CALLS: Family = Family::new("", "", Kind::Counter, Shows::Calls);
const DURATIONS: Family =
    Family { bounds: &STANDARD_BUCKETS, ..Family::new("", "", Kind::Histogram, Shows::Durations) };
const QUANTILES: Family =
    Family { quantiles: &STANDARD_QUANTILES, ..Family::new("", "", Kind::Summary, Shows::Durations) };
const RUNNING: Family = Family::new("", "", Kind::Gauge, Shows::Running);

/// The places of so many labels.
const fn first(labels: usize) -> &'static [usize] {
    match labels {
        0 => &[],
        1 => &[0],
        2 => &[0, 1],
        3 => &[0, 1, 2],
        _ => &[0, 1, 2, 3],
    }
}

/// Each takes a family's name, its help, how many of the callsite's labels it has, the first ones, and whether it has `status`.
impl Family {
    /// A counter of calls.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str, labels: usize, status: bool) -> Self {
        Family { name, help, labels: first(labels), status, ..CALLS }
    }

    /// A histogram of durations, with the standard bounds.
    #[must_use]
    pub const fn histogram(name: &'static str, help: &'static str, labels: usize, status: bool) -> Self {
        Family { name, help, labels: first(labels), status, ..DURATIONS }
    }

    /// A summary of durations, with the standard quantiles.
    #[must_use]
    pub const fn summary(name: &'static str, help: &'static str, labels: usize, status: bool) -> Self {
        Family { name, help, labels: first(labels), status, ..QUANTILES }
    }

    /// A gauge of the calls that are running.
    #[must_use]
    pub const fn in_flight(name: &'static str, help: &'static str, labels: usize, status: bool) -> Self {
        Family { name, help, labels: first(labels), status, ..RUNNING }
    }

    /// The one family of a group's field. Its labels are all that there are.
    #[must_use]
    pub const fn field(kind: Kind, numbers: Numbers, name: &'static str, help: &'static str) -> Self {
        Family { labels: &[0], is_help_given: true, ..Family::new(name, help, kind, Shows::Field(numbers)) }
    }
}

impl Family {
    /// With a help that the user wrote.
    #[must_use]
    pub const fn helped(self) -> Self {
        Family { is_help_given: true, ..self }
    }

    /// With the labels at these places.
    #[must_use]
    pub const fn labels(self, labels: &'static [usize]) -> Self {
        Family { labels, ..self }
    }

    /// With these bounds, if it is a histogram.
    #[must_use]
    pub const fn bounded(self, bounds: &'static [f64]) -> Self {
        if matches!(self.kind, Kind::Histogram) { Family { bounds, ..self } } else { self }
    }

    /// With the standard bounds, if it is a histogram of durations.
    #[must_use]
    pub const fn standard_bounds(self) -> Self {
        match self.time_unit() {
            Some(unit) => self.bounded(unit.standard()),
            None => self,
        }
    }

    /// With these quantiles, if it is a summary.
    #[must_use]
    pub const fn quantiled(self, quantiles: &'static [f64]) -> Self {
        if matches!(self.kind, Kind::Summary) { Family { quantiles, ..self } } else { self }
    }

    /// With the standard quantiles, if it is a summary.
    #[must_use]
    pub const fn standard_quantiles(self) -> Self {
        self.quantiled(&STANDARD_QUANTILES)
    }

    /// In this unit of time.
    #[must_use]
    pub const fn in_unit(self, unit: Unit) -> Self {
        Family { given_unit: Some(unit), ..self }
    }

    /// With native buckets too, if it is a histogram.
    #[must_use]
    pub const fn with_native(self) -> Self {
        if matches!(self.kind, Kind::Histogram) { Family { native: true, ..self } } else { self }
    }

    /// Whose series are there before they have a value, or not.
    #[must_use]
    pub const fn zero(self, zero: bool) -> Self {
        Family { zero: Some(zero), ..self }
    }

    /// Which the user calls so.
    #[must_use]
    pub const fn written(self, written: &'static str) -> Self {
        Family { written, ..self }
    }
}
