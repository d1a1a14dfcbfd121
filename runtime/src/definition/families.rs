//! What is said of the families, one after the other: which there are, and what changes the one that came last.

use super::{Definition, MOST_FAMILIES};
use crate::family::{Family, Kind, Numbers, STANDARD_QUANTILES, Shows, Unit};

/// Each takes a family's name, its help, the places of its labels among those of the callsite, and whether it has
/// `status`.
impl Definition {
    const fn with(mut self, family: Family) -> Self {
        let mut at = 0;
        while at + 1 < MOST_FAMILIES && self.families[at].is_some() {
            at += 1;
        }
        self.families[at] = Some(family);
        self
    }

    /// The place of the family that came last.
    const fn last(&self) -> usize {
        let mut at = 0;
        while at + 1 < MOST_FAMILIES && self.families[at + 1].is_some() {
            at += 1;
        }
        at
    }

    /// With a counter of calls.
    #[must_use]
    pub const fn counter(self, name: &'static str, help: &'static str, labels: &'static [usize], status: bool) -> Self {
        self.with(Family { labels, status, ..Family::new(name, help, Kind::Counter, Shows::Calls) })
    }

    /// With a histogram of durations that has these bounds, in its unit.
    #[must_use]
    pub const fn histogram(
        self,
        name: &'static str,
        help: &'static str,
        labels: &'static [usize],
        status: bool,
        bounds: &'static [f64],
    ) -> Self {
        self.with(Family { labels, status, bounds, ..Family::new(name, help, Kind::Histogram, Shows::Durations) })
    }

    /// With a summary of durations.
    #[must_use]
    pub const fn summary(self, name: &'static str, help: &'static str, labels: &'static [usize], status: bool) -> Self {
        self.with(Family { labels, status, ..Family::new(name, help, Kind::Summary, Shows::Durations) })
    }

    /// With a gauge of the calls that are running.
    #[must_use]
    pub const fn in_flight(
        self,
        name: &'static str,
        help: &'static str,
        labels: &'static [usize],
        status: bool,
    ) -> Self {
        self.with(Family { labels, status, ..Family::new(name, help, Kind::Gauge, Shows::Running) })
    }

    /// With the one family of a group's field. Its labels are all that there are.
    #[must_use]
    pub const fn field(self, kind: Kind, numbers: Numbers, name: &'static str, help: &'static str) -> Self {
        self.with(Family { labels: &[0], ..Family::new(name, help, kind, Shows::Field(numbers)) })
    }
}

/// Each changes the family that came last.
impl Definition {
    const fn changed(mut self, family: Family) -> Self {
        self.families[self.last()] = Some(family);
        self
    }

    const fn last_family(&self) -> Family {
        match self.families[self.last()] {
            Some(family) => family,
            None => Family::new("", "", Kind::Gauge, Shows::Calls),
        }
    }

    /// With these bounds, if it is a histogram.
    #[must_use]
    pub const fn bounded(self, bounds: &'static [f64]) -> Self {
        let family = self.last_family();
        if matches!(family.kind, Kind::Histogram) { self.changed(Family { bounds, ..family }) } else { self }
    }

    /// With the standard bounds, if it is a histogram of durations.
    #[must_use]
    pub const fn standard_bounds(self) -> Self {
        match self.last_family().time_unit() {
            Some(unit) => self.bounded(unit.standard()),
            None => self,
        }
    }

    /// With these quantiles, if it is a summary.
    #[must_use]
    pub const fn quantiled(self, quantiles: &'static [f64]) -> Self {
        let family = self.last_family();
        if matches!(family.kind, Kind::Summary) { self.changed(Family { quantiles, ..family }) } else { self }
    }

    /// With the standard quantiles, if it is a summary.
    #[must_use]
    pub const fn standard_quantiles(self) -> Self {
        self.quantiled(&STANDARD_QUANTILES)
    }

    /// In this unit of time.
    #[must_use]
    pub const fn in_unit(self, unit: Unit) -> Self {
        let family = Family { given_unit: Some(unit), ..self.last_family() };
        self.changed(family)
    }

    /// With native buckets too, if it is a histogram.
    #[must_use]
    pub const fn with_native(self) -> Self {
        let family = self.last_family();
        if matches!(family.kind, Kind::Histogram) { self.changed(Family { native: true, ..family }) } else { self }
    }

    /// Whose series are there before they have a value, or not.
    #[must_use]
    pub const fn zero(self, zero: bool) -> Self {
        let family = Family { zero: Some(zero), ..self.last_family() };
        self.changed(family)
    }

    /// Which the user calls so.
    #[must_use]
    pub const fn written(self, written: &'static str) -> Self {
        let family = Family { written, ..self.last_family() };
        self.changed(family)
    }
}
