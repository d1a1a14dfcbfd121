//! One static for each callsite: what it says of its families, and the cells that they are read from.
//!
//! A call is counted once, in one cell chosen by its outcome. The counter of a callsite is the sum of its histogram's
//! buckets, and both are made of one reading of the cells: so the two can never disagree.

use tracing::Span;

use crate::catalogue;
use crate::family::Family;
use crate::label::{self, Dimension, Number, Open};
use crate::outcome::{Outcome as _, Status, Ways, Words};
#[cfg(feature = "metrics")]
use crate::{
    catalogue::{Calls, Entry, Listed, Readable, Reading, SetReading},
    cell::{DurationCell, LevelCell},
    family,
};
#[cfg(feature = "metrics")]
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
    /// The histogram's bounds in seconds; empty without a histogram.
    pub(crate) bounds: &'static [f64],
    /// The values of the label `status`.
    pub(crate) words: Words,
    /// Those that calls can have, as far as is known before they are built.
    pub(crate) at_most: Ways,
    /// The first label that is known only when a call has returned; those behind it are such too.
    first_after: usize,
    /// How many label sets those have among themselves.
    sets_after: usize,
    /// How many open-ended labels come before them.
    opens_before: usize,
    /// Whether its calls open a span.
    pub(crate) has_span: bool,
    /// The most series of a family, and who says so.
    pub(crate) budget: (usize, &'static str),
    /// File and line of the attribute.
    pub(crate) place: (&'static str, u32),
}

/// Each takes a family's name, its help, the places of its labels among those of the callsite, and whether it has `status`.
impl Definition {
    /// A callsite without families.
    #[must_use]
    pub const fn new(dimensions: &'static [Dimension], file: &'static str, line: u32) -> Self {
        Definition {
            dimensions,
            counter: None,
            histogram: None,
            in_flight: None,
            bounds: &[],
            words: Status::WORDS,
            at_most: Status::WORDS.all(),
            first_after: dimensions.len(),
            sets_after: 1,
            opens_before: 0,
            has_span: true,
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

    /// How many label sets there is room for. One that is over its budget does not compile: it gets no room, so that the
    /// compiler has not to make it first.
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

    /// Whose calls end in no other ways than these: of values that are no `Result`, perhaps, and that cannot be cancelled,
    /// perhaps.
    #[must_use]
    pub const fn at_most(mut self, can_fail: bool, can_be_cancelled: bool) -> Self {
        self.at_most = self.words.sure(can_fail, can_be_cancelled);
        self
    }

    /// What is sure of the ways in which its calls end.
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

    /// How many words it has.
    #[must_use]
    pub const fn statuses(&self) -> usize {
        self.words.len()
    }

    /// The families that it has.
    #[cfg(feature = "metrics")]
    pub(crate) fn families(&'static self) -> impl Iterator<Item = &'static Family> {
        [&self.counter, &self.histogram, &self.in_flight].into_iter().flatten()
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

/// What a call needs of its callsite.
pub trait Callsite: Sync + 'static {
    /// Whether calls are timed at all: without a histogram the clock is never read.
    const TIMED: bool;
    /// A call with these labels begins that can end in these ways.
    fn begin(&'static self, set: usize, ways: Ways);
    /// A call that ran with these labels ended so, under a label set that its value may have chosen, after this time if it
    /// is timed.
    fn end(&'static self, ran: usize, set: usize, status: usize, nanos: Option<u64>);
    /// The words for what becomes of a call.
    fn words(&self) -> &Words;
    /// Tells a span the labels that a value had.
    fn record(&'static self, set: usize, span: &Span);
}

/// A callsite. `N` is the number of a histogram's cells, 1 without a histogram; `S` the number of label sets; `K` that of
/// statuses.
pub struct Site<const N: usize, const S: usize, const K: usize> {
    definition: Definition,
    opens: &'static [Open],
    #[cfg(feature = "metrics")]
    cells: &'static Cells<N, S, K>,
    #[cfg(feature = "metrics")]
    nanos: [u64; N],
    #[cfg(feature = "metrics")]
    entry: Entry,
}

/// What a callsite counts into. A static of its own, because it is all zeros: so it takes no room in the program's file,
/// and none in memory before it is used.
pub struct Cells<const N: usize, const S: usize, const K: usize> {
    /// The ways out seen in any instance of the function; zero until the first call.
    #[cfg(feature = "metrics")]
    ways: AtomicU64,
    /// A label set is found by its index: no hash, no lock, no allocation.
    #[cfg(feature = "metrics")]
    sets: [Set<N, K>; S],
}

#[allow(clippy::new_without_default)] // it is for statics
impl<const N: usize, const S: usize, const K: usize> Cells<N, S, K> {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Cells {
            #[cfg(feature = "metrics")]
            ways: AtomicU64::new(0),
            #[cfg(feature = "metrics")]
            sets: [const { Set::new() }; S],
        }
    }
}

/// The cells of one label set.
#[cfg(feature = "metrics")]
struct Set<const N: usize, const K: usize> {
    /// One for each status, in the order of the words.
    calls: [DurationCell<N>; K],
    running: LevelCell,
}

#[cfg(feature = "metrics")]
impl<const N: usize, const K: usize> Set<N, K> {
    const fn new() -> Self {
        Set { calls: [const { DurationCell::new() }; K], running: LevelCell::new() }
    }

    /// Those of the statuses that are possible, and whatever was counted all the same.
    fn read(&self, set: usize, is_possible: impl Fn(usize) -> bool) -> SetReading {
        let calls = self.calls.iter().enumerate().map(|(status, cell)| {
            let counts = cell.counts().to_vec();
            Calls { status, is_possible: is_possible(status), counts, nanos: cell.nanos() }
        });
        let statuses = calls.filter(|calls| calls.is_possible || calls.count() > 0).collect();
        SetReading { set, statuses, running: self.running.level() }
    }
}

/// Names the callsite of some cells, so that an expansion counts them once.
pub trait HasSite {
    /// The callsite.
    type Site;
}

impl<const N: usize, const S: usize, const K: usize> HasSite for Cells<N, S, K> {
    type Site = Site<N, S, K>;
}

impl<const N: usize, const S: usize, const K: usize> Site<N, S, K> {
    /// A callsite that nobody has called yet, with its cells and its open-ended labels. `me` is the static that it
    /// initialises.
    #[must_use]
    pub const fn new(
        definition: Definition,
        opens: &'static [Open],
        cells: &'static Cells<N, S, K>,
        me: &'static Site<N, S, K>,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = (cells, me);
        Site {
            definition,
            opens,
            #[cfg(feature = "metrics")]
            cells,
            #[cfg(feature = "metrics")]
            nanos: family::nanos(definition.bounds),
            #[cfg(feature = "metrics")]
            entry: Entry::new(me),
        }
    }

    /// As the linker's list holds it.
    #[cfg(feature = "metrics")]
    pub const fn listed(&'static self) -> Listed {
        Listed(self)
    }

    /// The number of a call's label set, before its first label.
    #[inline]
    #[must_use]
    pub fn number(&'static self) -> Number {
        Number::new(&self.definition, self.opens, catalogue::table, false)
    }

    /// The number of the label set in which a call runs whose value has labels too.
    #[inline]
    #[must_use]
    pub fn before(&'static self, number: Number) -> usize {
        number.set() * self.definition.sets_after
    }

    /// What the labels of a returned value add to that, before the first of them.
    #[inline]
    #[must_use]
    pub fn number_after(&'static self) -> Number {
        let opens = self.opens.get(self.definition.opens_before..).unwrap_or_default();
        Number::new(&self.definition, opens, catalogue::table, true)
    }

    fn record_after(&'static self, set: usize, span: &Span) {
        if span.is_disabled() {
            return;
        }
        for place in self.definition.first_after..self.definition.dimensions.len() {
            span.record(self.definition.dimensions[place].label, &*self.text(place, set));
        }
    }

    /// The text of a label, for a span's field.
    #[must_use]
    pub fn text(&self, label: usize, set: usize) -> std::borrow::Cow<'static, str> {
        label::text_in_set(self.definition.dimensions, self.opens, label, set)
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize, const K: usize> Callsite for Site<N, S, K> {
    const TIMED: bool = N > 1;

    #[inline]
    fn begin(&'static self, set: usize, ways: Ways) {
        if self.cells.ways.load(Relaxed) & ways.bits() != ways.bits() {
            self.meet(ways);
        }
        if self.definition.in_flight.is_some() {
            self.cells.sets[set].running.up();
        }
    }

    #[inline]
    fn end(&'static self, ran: usize, set: usize, status: usize, nanos: Option<u64>) {
        // A word by hand may say too large an index: it is counted under the last word.
        let cell = &self.cells.sets[set].calls[status.min(K - 1)];
        match nanos {
            Some(nanos) => cell.observe(nanos, &self.nanos),
            None => cell.count(),
        }
        if self.definition.in_flight.is_some() {
            self.cells.sets[ran].running.down();
        }
    }

    fn words(&self) -> &Words {
        &self.definition.words
    }

    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}

#[cfg(not(feature = "metrics"))]
impl<const N: usize, const S: usize, const K: usize> Callsite for Site<N, S, K> {
    const TIMED: bool = false;
    #[inline]
    fn begin(&'static self, _: usize, _: Ways) {}
    #[inline]
    fn end(&'static self, _: usize, _: usize, _: usize, _: Option<u64>) {}
    #[inline]
    fn words(&self) -> &Words {
        &self.definition.words
    }
    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize, const K: usize> Site<N, S, K> {
    /// The first call, or the first of an instance that can end in another way.
    #[cold]
    fn meet(&'static self, ways: Ways) {
        if self.cells.ways.fetch_or(ways.bits(), Relaxed) == 0 {
            catalogue::add(&self.entry);
        }
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize, const K: usize> Readable for Site<N, S, K> {
    fn definition(&'static self) -> &'static Definition {
        &self.definition
    }

    fn opens(&'static self) -> &'static [Open] {
        self.opens
    }

    fn read(&'static self) -> Reading {
        let ways = Ways::from_bits(self.cells.ways.load(Relaxed));
        let words = &self.definition.words;
        let digits = label::digits(self.definition.dimensions, self.opens);
        // Of an open-ended label only what came is shown.
        let is_seen = |set: &usize| digits.iter().all(|digit| digit.open.is_none() || digit.text(*set).is_some());
        let read = |set: usize| {
            let possible = |returned| digits.iter().all(|digit| digit.dimension.is_possible(digit.of(set), returned));
            let (returned, unwound) = (possible(true), possible(false));
            self.cells.sets[set].read(set, |status| {
                ways.contains(status) && (returned && words.is_return(status) || unwound && words.is_unwinding(status))
            })
        };
        Reading { sets: (0..S).filter(is_seen).map(read).collect() }
    }
}
