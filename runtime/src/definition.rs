//! What an attribute says of its families: constants, from which the compiler proves the budget and a scrape takes the
//! names.

use std::borrow::Cow;

use crate::family::Family;
use crate::label::{self, Dimension};
use crate::outcome::{Outcome as _, Status, Ways, Words};

/// The series that a family of a callsite may have if nobody says more, and who says so.
pub const DEFAULT_BUDGET: (usize, &str) = (10_000, "the default for a family of one callsite");

/// The most label sets of a callsite, whatever its budget.
pub(crate) const MOST_SETS: usize = 1_000_000;

/// What an attribute says: constants, written by the expansion.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub struct Definition {
    /// The labels, but for `status`.
    pub(crate) dimensions: &'static [Dimension],
    /// Calls by outcome.
    pub(crate) counter: Option<Family>,
    /// Durations of calls by outcome.
    pub(crate) histogram: Option<Family>,
    /// Calls that are running.
    pub(crate) in_flight: Option<Family>,
    /// Time inside polls: the name of what another callsite of the same function has, with the same open-ended labels.
    pub(crate) busy: Option<Family>,
    /// The histogram's bounds in seconds; empty without a histogram.
    pub(crate) bounds: &'static [f64],
    /// The values of the label `status`.
    pub(crate) words: Words,
    /// Those that calls can have, as far as is known before they are built.
    pub(crate) at_most: Ways,
    /// The first label that is known only when a call has returned; those behind it are such too.
    pub(crate) first_after: usize,
    /// How many label sets those have among themselves.
    pub(crate) sets_after: usize,
    /// How many open-ended labels come before them.
    pub(crate) opens_before: usize,
    /// Whether its calls open a span.
    pub(crate) has_span: bool,
    /// Tells the end of a call to who listens.
    pub(crate) tell: Option<fn(&Ended)>,
    /// The most series of a family, and who says so.
    pub(crate) budget: (usize, &'static str),
    /// File and line of the attribute.
    pub(crate) place: (&'static str, u32),
}

/// Each takes a family's name, its help, the places of its labels among those of the callsite, and whether it has
/// `status`.
impl Definition {
    /// A callsite without families.
    #[must_use]
    pub const fn new(dimensions: &'static [Dimension], file: &'static str, line: u32) -> Self {
        Definition {
            dimensions,
            counter: None,
            histogram: None,
            in_flight: None,
            busy: None,
            bounds: &[],
            words: Status::WORDS,
            at_most: Status::WORDS.all(),
            first_after: dimensions.len(),
            sets_after: 1,
            opens_before: 0,
            has_span: true,
            tell: None,
            budget: DEFAULT_BUDGET,
            place: (file, line),
        }
    }

    /// With other words for what becomes of a call.
    #[must_use]
    pub const fn words(mut self, words: Words) -> Self {
        self.words = words;
        self.at_most = words.all();
        self
    }

    /// Whose families may have so many series.
    #[must_use]
    pub const fn budget(mut self, budget: (usize, &'static str)) -> Self {
        self.budget = budget;
        self
    }

    /// How many label sets there is room for. One that is over its budget does not compile: it gets no room, so that
    /// the compiler has not to make it first.
    #[must_use]
    pub const fn room(&self) -> usize {
        let sets = label::sets(self.dimensions);
        if sets > self.budget.0 || sets > MOST_SETS { 1 } else { sets }
    }

    /// Whose calls open no span.
    #[must_use]
    pub const fn without_span(mut self) -> Self {
        self.has_span = false;
        self
    }

    /// The end of whose calls is told so.
    #[must_use]
    pub const fn tell(mut self, tell: fn(&Ended)) -> Self {
        self.tell = Some(tell);
        self
    }

    /// Whose calls can end as an error or be cancelled, or cannot.
    #[must_use]
    pub const fn at_most(mut self, can_fail: bool, can_be_cancelled: bool) -> Self {
        self.at_most = self.words.sure(can_fail, can_be_cancelled);
        self
    }

    /// The ways of calls that can end as an error or be cancelled, or cannot.
    #[must_use]
    pub const fn sure(&self, can_fail: bool, can_be_cancelled: bool) -> Ways {
        self.words.sure(can_fail, can_be_cancelled)
    }

    /// With labels from this one on that are known only when a call has returned.
    #[must_use]
    pub const fn after(mut self, first: usize) -> Self {
        let (before, after) = self.dimensions.split_at(first);
        self.first_after = first;
        self.sets_after = label::sets(after);
        self.opens_before = label::open_len(before);
        self
    }

    /// Every way that its words allow, or that was said of it.
    #[must_use]
    pub const fn most(&self) -> Ways {
        self.at_most
    }

    /// How many cells its histogram has.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.bounds.len() + 1
    }

    /// How many words it has.
    #[must_use]
    pub const fn statuses(&self) -> usize {
        self.words.len()
    }

    /// The families that its calls feed.
    #[cfg(feature = "metrics")]
    pub(crate) fn families(&'static self) -> impl Iterator<Item = &'static Family> {
        [&self.counter, &self.histogram, &self.in_flight, &self.busy].into_iter().flatten()
    }

    /// With a histogram of the time inside polls, at a callsite of its own.
    #[must_use]
    pub const fn busy(mut self, of: &Definition) -> Self {
        self.busy = of.histogram;
        self
    }

    /// With a counter of calls.
    #[must_use]
    pub const fn counter(
        mut self,
        name: &'static str,
        help: &'static str,
        labels: &'static [usize],
        status: bool,
    ) -> Self {
        self.counter = Some(Family { name, help, labels, status });
        self
    }

    /// With a histogram of durations that has these bounds, in seconds.
    #[must_use]
    pub const fn histogram(
        mut self,
        name: &'static str,
        help: &'static str,
        labels: &'static [usize],
        status: bool,
        bounds: &'static [f64],
    ) -> Self {
        self.histogram = Some(Family { name, help, labels, status });
        self.bounds = bounds;
        self
    }

    /// With a gauge of the calls that are running.
    #[must_use]
    pub const fn in_flight(
        mut self,
        name: &'static str,
        help: &'static str,
        labels: &'static [usize],
        status: bool,
    ) -> Self {
        self.in_flight = Some(Family { name, help, labels, status });
        self
    }
}

/// A call that has ended, for events.
pub struct Ended {
    pub(crate) of: &'static Definition,
    pub(crate) status: usize,
    pub(crate) nanos: u64,
}

impl Ended {
    /// How long it took.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        self.nanos
    }

    /// What became of it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.of.words.values.get(self.status)
    }

    /// What the label `function` says, or else the bare name.
    #[must_use]
    pub fn function(&self, name: &'static str) -> Cow<'static, str> {
        let path = self.of.dimensions.iter().find(|dimension| dimension.is_path());
        path.and_then(|path| path.text(0, None)).unwrap_or(Cow::Borrowed(name))
    }
}
