//! One static for each callsite: what it says of its families, and the cells that they are read from.
//!
//! A call is counted once, in one cell chosen by its outcome. The counter of a callsite is the sum of its histogram's
//! buckets, and both are made of one reading of the cells: so the two can never disagree.

use crate::family::Family;
use crate::label::{self, Dimension};
use crate::outcome::{Status, Ways};
#[cfg(feature = "metrics")]
use crate::{
    catalogue::{self, Calls, Entry, Readable, Reading, SetReading},
    cell::{DurationCell, LevelCell},
    family,
};
#[cfg(feature = "metrics")]
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

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
    /// File and line of the attribute.
    pub(crate) place: (&'static str, u32),
}

/// Each takes a family's name, its help, the places of its labels among those of the callsite, and whether it has `status`.
impl Definition {
    /// A callsite without families.
    #[must_use]
    pub const fn new(dimensions: &'static [Dimension], file: &'static str, line: u32) -> Self {
        Definition { dimensions, counter: None, histogram: None, in_flight: None, bounds: &[], place: (file, line) }
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
    /// A call with these labels ended so, after this time if it is timed.
    fn end(&'static self, set: usize, status: Status, nanos: Option<u64>);
}

/// A callsite. `N` is the number of a histogram's cells, 1 without a histogram; `S` the number of label sets.
pub struct Site<const N: usize, const S: usize> {
    definition: Definition,
    #[cfg(feature = "metrics")]
    cells: &'static Cells<N, S>,
    #[cfg(feature = "metrics")]
    nanos: [u64; N],
    #[cfg(feature = "metrics")]
    entry: Entry,
}

/// What a callsite counts into. A static of its own, because it is all zeros: so it takes no room in the program's file,
/// and none in memory before it is used.
pub struct Cells<const N: usize, const S: usize> {
    /// The ways out seen in any instance of the function; zero until the first call.
    #[cfg(feature = "metrics")]
    ways: AtomicU8,
    /// A label set is found by its index: no hash, no lock, no allocation.
    #[cfg(feature = "metrics")]
    sets: [Set<N>; S],
}

#[allow(clippy::new_without_default)] // it is for statics
impl<const N: usize, const S: usize> Cells<N, S> {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Cells {
            #[cfg(feature = "metrics")]
            ways: AtomicU8::new(0),
            #[cfg(feature = "metrics")]
            sets: [const { Set::new() }; S],
        }
    }
}

/// The cells of one label set.
#[cfg(feature = "metrics")]
struct Set<const N: usize> {
    /// One for each status, in the order of [`Status::ALL`].
    calls: [DurationCell<N>; 4],
    running: LevelCell,
}

#[cfg(feature = "metrics")]
impl<const N: usize> Set<N> {
    const fn new() -> Self {
        Set { calls: [const { DurationCell::new() }; 4], running: LevelCell::new() }
    }

    fn read(&self, ways: Ways) -> SetReading {
        let calls = |status: Status| {
            let cell = &self.calls[status as usize];
            Calls { status, counts: cell.counts().to_vec(), nanos: cell.nanos() }
        };
        let statuses = Status::ALL.into_iter().filter(|status| ways.contains(*status)).map(calls).collect();
        SetReading { statuses, running: self.running.level() }
    }
}

/// Names the callsite of some cells, so that an expansion counts them once.
pub trait HasSite {
    /// The callsite.
    type Site;
}

impl<const N: usize, const S: usize> HasSite for Cells<N, S> {
    type Site = Site<N, S>;
}

impl<const N: usize, const S: usize> Site<N, S> {
    /// A callsite that nobody has called yet, with its cells. `me` is the static that it initialises.
    #[must_use]
    pub const fn new(definition: Definition, cells: &'static Cells<N, S>, me: &'static Site<N, S>) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = (cells, me);
        Site {
            definition,
            #[cfg(feature = "metrics")]
            cells,
            #[cfg(feature = "metrics")]
            nanos: family::nanos(definition.bounds),
            #[cfg(feature = "metrics")]
            entry: Entry::new(me),
        }
    }

    /// The text of a label, for a span's field.
    #[must_use]
    pub fn text(&self, label: usize, set: usize) -> std::borrow::Cow<'static, str> {
        label::text_in_set(self.definition.dimensions, label, set)
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize> Callsite for Site<N, S> {
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
    fn end(&'static self, set: usize, status: Status, nanos: Option<u64>) {
        let cell = &self.cells.sets[set].calls[status as usize];
        match nanos {
            Some(nanos) => cell.observe(nanos, &self.nanos),
            None => cell.count(),
        }
        if self.definition.in_flight.is_some() {
            self.cells.sets[set].running.down();
        }
    }
}

#[cfg(not(feature = "metrics"))]
impl<const N: usize, const S: usize> Callsite for Site<N, S> {
    const TIMED: bool = false;
    #[inline]
    fn begin(&'static self, _: usize, _: Ways) {}
    #[inline]
    fn end(&'static self, _: usize, _: Status, _: Option<u64>) {}
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize> Site<N, S> {
    /// The first call, or the first of an instance that can end in another way.
    #[cold]
    fn meet(&'static self, ways: Ways) {
        if self.cells.ways.fetch_or(ways.bits(), Relaxed) == 0 {
            catalogue::add(&self.entry);
        }
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize> Readable for Site<N, S> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn read(&self) -> Reading {
        let ways = Ways::from_bits(self.cells.ways.load(Relaxed));
        Reading { sets: self.cells.sets.iter().map(|set| set.read(ways)).collect() }
    }
}
