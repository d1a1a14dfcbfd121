//! One static for each callsite: what it says of its families (`definition`), and the cells that they are read from.
//!
//! A call is counted once, in one cell chosen by its outcome. The counter of a callsite is the sum of its histogram's
//! buckets, and both are made of one reading of the cells: so the two can never disagree.

mod count;
#[cfg(feature = "metrics")]
mod read;

use tracing::Span;

use crate::block::Block;
use crate::bounds::Nanos;
use crate::catalogue;
use crate::definition::{Definition, Ended};
use crate::family;
use crate::label::{self, Number, Open};
use crate::outcome::{Outcome as _, Status, Ways, Words};
#[cfg(feature = "metrics")]
use crate::{
    catalogue::{Calls, Entry, Listed},
    cell::{DurationCell, LevelCell},
    record::HEAD,
    sketch::Window,
};
#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicU64;

/// What a call needs of its callsite.
pub trait Callsite: Sync + 'static {
    /// Whether calls are timed at all: otherwise the clock is never read.
    const TIMED: bool;
    /// Whether calls are of interest though nothing is counted.
    const IS_HEARD: bool;
    /// Whether [`ways`](Callsite::ways) is all that its calls can do.
    const IS_EXACT: bool = false;
    /// Whether calls that can end in these ways were met before.
    fn is_met(&'static self, ways: Ways) -> bool;
    /// The first call, or the first of an instance that can end in another way.
    fn meet(&'static self, ways: Ways);
    /// What is known of its ways before a value's type is: for a call that panics before it begins.
    fn ways(&self) -> Ways;
    /// A call with these labels begins.
    fn begin(&'static self, set: usize);
    /// A call that ran with these labels ended so, under a label set that its value may have chosen, after this time if
    /// calls are timed, and after so much of it inside polls if that is. `PLAIN` where nobody records.
    fn end_as<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, nanos: u64, busy: u64);
    /// The same, wherever it is counted.
    #[inline]
    fn end(&'static self, ran: usize, set: usize, status: usize, nanos: u64, busy: u64) {
        self.end_as::<false>(ran, set, status, nanos, busy);
    }
    /// Whether somebody may be recording.
    #[inline]
    fn is_aside() -> bool {
        false
    }
    /// The words for what becomes of a call.
    fn words(&self) -> &Words;
    /// Tells a span the labels that a value had.
    fn record(&'static self, set: usize, span: &Span);
}

/// The part of a callsite that counts its running calls, as a bit of its `P`.
pub const RUNNING: u8 = 1;

/// The part of a callsite whose calls can all end in the same ways, whatever the function's type parameters are: then a
/// call has less to ask.
pub const SURE: u8 = 2;

/// The part of a callsite that knows those ways before it is built, and no others are possible.
pub const EXACT: u8 = 64;

/// The part of a callsite whose calls make events when they end.
pub const LOUD: u8 = 4;

/// The part of a callsite that has a histogram of the time inside polls.
pub const BUSY: u8 = 8;

/// The part of a callsite that has a summary of its calls' durations.
pub const SUMMARY: u8 = 16;

/// The part of a callsite whose histogram has native buckets.
pub const NATIVE: u8 = 32;

/// A callsite. `N` is the number of a histogram's cells, 1 without a histogram; `S` the number of label sets; `K` that
/// of statuses; `P` the further parts that its calls have. They are in the type so that a call has no code for the
/// others.
pub struct Site<const N: usize, const S: usize, const K: usize, const P: u8> {
    definition: Definition,
    opens: &'static [Open],
    #[cfg(feature = "metrics")]
    busy: Option<&'static dyn Further>,
    /// The native buckets of its histogram, and the windows of its summary: of each label set, by status.
    #[cfg(feature = "metrics")]
    native: &'static [AtomicU64],
    #[cfg(feature = "metrics")]
    windows: &'static [Window],
    #[cfg(feature = "metrics")]
    cells: &'static Cells<N, S, K, P>,
    #[cfg(feature = "metrics")]
    nanos: Option<&'static Nanos<N>>,
    #[cfg(feature = "metrics")]
    entry: Entry,
}

/// What a callsite counts into. A static of its own, because it is all zeros: so it takes no room in the program's
/// file, and none in memory before it is used.
pub struct Cells<const N: usize, const S: usize, const K: usize, const P: u8> {
    /// The ways out that a call needs not tell of; zero until the first call, and while somebody records: then each call
    /// is looked at.
    #[cfg(feature = "metrics")]
    ways: AtomicU64,
    /// Those that were seen in any instance of the function.
    #[cfg(feature = "metrics")]
    seen: AtomicU64,
    /// A label set is found by its index: no hash, no lock, no allocation.
    #[cfg(feature = "metrics")]
    sets: [Set<N, K>; S],
}

/// The cells of most callsites, which have one label set and the usual words: with the standard buckets, and with none.
/// Named here, so that the compiler counts them once and not at each callsite.
pub type TimedCells<const P: u8> = Cells<{ family::cells(&family::STANDARD_BUCKETS) }, 1, { Status::WORDS.len() }, P>;
/// See [`TimedCells`].
pub type TimedSite<const P: u8> = <TimedCells<P> as HasSite>::Site;
/// See [`TimedCells`].
pub type CountedCells<const P: u8> = Cells<1, 1, { Status::WORDS.len() }, P>;
/// See [`TimedCells`].
pub type CountedSite<const P: u8> = <CountedCells<P> as HasSite>::Site;

#[allow(clippy::new_without_default)] // it is for statics
impl<const N: usize, const S: usize, const K: usize, const P: u8> Cells<N, S, K, P> {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Cells {
            #[cfg(feature = "metrics")]
            ways: AtomicU64::new(0),
            #[cfg(feature = "metrics")]
            seen: AtomicU64::new(0),
            #[cfg(feature = "metrics")]
            sets: [const { Set::new() }; S],
        }
    }
}

/// Where calls are counted: the cells of a callsite, or a copy of them.
#[cfg(feature = "metrics")]
struct View<'a, const N: usize, const K: usize> {
    sets: &'a [Set<N, K>],
    native: &'a [AtomicU64],
    windows: &'a [Window],
}

/// The cells of a callsite in a recording.
#[cfg(feature = "metrics")]
struct Copied<const N: usize, const K: usize> {
    sets: Vec<Set<N, K>>,
    native: Vec<AtomicU64>,
    windows: Vec<Window>,
}

#[cfg(feature = "metrics")]
impl<const N: usize, const K: usize> Copied<N, K> {
    fn view(&self) -> View<'_, N, K> {
        View { sets: &self.sets, native: &self.native, windows: &self.windows }
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

    /// What stands in a cell.
    fn read(&self, status: usize) -> Calls {
        let cell = &self.calls[status];
        let counts = cell.counts().to_vec();
        Calls { status, counts, nanos: cell.nanos(), native: Vec::new(), exemplars: Vec::new(), sketch: None }
    }
}

/// Names the callsite of some cells, so that an expansion counts them once.
pub trait HasSite {
    /// The callsite.
    type Site;
}

impl<const N: usize, const S: usize, const K: usize, const P: u8> HasSite for Cells<N, S, K, P> {
    type Site = Site<N, S, K, P>;
}

impl<const N: usize, const S: usize, const K: usize, const P: u8> Site<N, S, K, P> {
    /// A callsite that nobody has called yet, with its cells and its open-ended labels. `me` is the static that it
    /// initialises.
    #[must_use]
    pub const fn new(
        definition: Definition,
        opens: &'static [Open],
        cells: &'static Cells<N, S, K, P>,
        me: &'static Site<N, S, K, P>,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = (cells, me);
        Site {
            definition,
            opens,
            #[cfg(feature = "metrics")]
            busy: None,
            #[cfg(feature = "metrics")]
            native: &[],
            #[cfg(feature = "metrics")]
            windows: &[],
            #[cfg(feature = "metrics")]
            cells,
            #[cfg(feature = "metrics")]
            nanos: None,
            #[cfg(feature = "metrics")]
            entry: Entry::new(me),
        }
    }

    /// With another one for the time inside polls.
    #[must_use]
    pub const fn with_busy(self, busy: &'static dyn Further) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = busy;
        Site {
            #[cfg(feature = "metrics")]
            busy: Some(busy),
            ..self
        }
    }

    /// With the bounds of its histogram.
    #[must_use]
    pub const fn with_bounds(self, nanos: &'static Nanos<N>) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = nanos;
        Site {
            #[cfg(feature = "metrics")]
            nanos: Some(nanos),
            ..self
        }
    }

    /// With what its native buckets and its summary need.
    #[must_use]
    pub const fn with_more<const C: usize, const W: usize>(self, more: &'static Block<C, W>) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = more;
        Site {
            #[cfg(feature = "metrics")]
            native: &more.cells,
            #[cfg(feature = "metrics")]
            windows: &more.windows,
            ..self
        }
    }

    /// What events tell of the end of a call.
    #[inline]
    fn tell(&'static self, status: usize, nanos: u64) {
        if let (true, Some(tell)) = (P & LOUD != 0, self.definition.tell) {
            tell(&Ended { of: &self.definition, status: status.min(K - 1), nanos });
        }
    }

    /// As the linker's list holds it.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub const fn listed(&'static self, record: &'static [u8; HEAD]) -> Listed {
        Listed(self, record)
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
        let dimensions = self.definition.dimensions;
        for place in self.definition.first_after..dimensions.len() {
            span.record(dimensions[place].label, &*label::text_in_set(dimensions, self.opens, place, set));
        }
    }
}

/// A callsite that another one tells of its calls.
pub trait Further: Sync {
    /// Calls can end in these ways.
    fn meet(&'static self, ways: Ways);
    /// It ended.
    fn end(&'static self, set: usize, status: usize, nanos: u64);
}

impl<const N: usize, const S: usize, const K: usize, const P: u8> Further for Site<N, S, K, P> {
    fn meet(&'static self, ways: Ways) {
        Callsite::meet(self, ways);
    }

    fn end(&'static self, set: usize, status: usize, nanos: u64) {
        Callsite::end(self, set, set, status, nanos, 0);
    }
}

/// The callsite of what is only a span.
pub struct Nowhere;

/// The one.
pub static NOWHERE: Nowhere = Nowhere;

impl Callsite for Nowhere {
    const TIMED: bool = false;
    const IS_HEARD: bool = false;
    #[inline]
    fn is_met(&'static self, _: Ways) -> bool {
        true
    }
    fn meet(&'static self, _: Ways) {}
    fn ways(&self) -> Ways {
        Status::WORDS.all()
    }
    #[inline]
    fn begin(&'static self, _: usize) {}
    #[inline]
    fn end_as<const PLAIN: bool>(&'static self, _: usize, _: usize, _: usize, _: u64, _: u64) {}
    #[inline]
    fn words(&self) -> &Words {
        &Status::WORDS
    }
    fn record(&'static self, _: usize, _: &Span) {}
}
