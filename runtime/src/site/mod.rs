//! One static for each callsite: what it says of its families (`definition`), and the cells that they are read from.
//!
//! A call is counted once, in one cell chosen by its outcome. The counter of a callsite is the sum of its histogram's
//! buckets, and both are made of one reading of the cells: so the two can never disagree.

mod count;
#[cfg(feature = "metrics")]
mod counts;
mod only;
#[cfg(feature = "metrics")]
mod read;

pub use only::SpanOnly;

use tracing::Span;

use crate::catalogue;
use crate::clock;
use crate::definition::{Definition, Ended};
use crate::label::{self, Number, Open};
use crate::outcome::{Ways, Words};
use crate::span::{MadeSpan, Speaks, Spoken};
use crate::windows::Windows;
#[cfg(feature = "metrics")]
use crate::{
    bounds::Row,
    catalogue::{Entry, Listed},
    cell::Cells,
};
#[cfg(feature = "metrics")]
use counts::Counts;
#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicU64;

/// What a call needs of its callsite.
pub trait Callsite: Speaks + Sync {
    /// Whether calls are timed at all: otherwise the clock is never read.
    const TIMED: bool;
    /// Whether only some of them are.
    const IS_SAMPLED: bool = false;
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
    /// Whether the time of this call is taken, if those of some are.
    #[inline]
    fn is_timed(&'static self) -> bool {
        true
    }
    /// A call that ran with these labels ended so, under a label set that its value may have chosen, after this time if
    /// calls are timed, and after so much of it inside polls if that is. `PLAIN` where nobody records.
    fn end_as<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, ticks: u64, busy: u64);
    /// The same, in less code at the callsite.
    #[inline]
    fn end_small<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, ticks: u64, busy: u64) {
        self.end_as::<PLAIN>(ran, set, status, ticks, busy);
    }
    /// The same, wherever it is counted.
    #[inline]
    fn end(&'static self, ran: usize, set: usize, status: usize, ticks: u64, busy: u64) {
        self.end_as::<false>(ran, set, status, ticks, busy);
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

/// What a call says whose time was not taken.
pub(crate) const UNTIMED: u64 = u64::MAX;

/// The part of a callsite that counts its running calls, as a bit of its `P`.
#[cfg(feature = "metrics")]
pub(crate) const RUNNING: u8 = 1;

/// The part of a callsite whose calls can all end in the same ways, whatever the function's type parameters are: then a
/// call has less to ask.
#[cfg(feature = "metrics")]
pub(crate) const SURE: u8 = 2;

/// The part of a callsite that knows those ways before it is built, and no others are possible.
pub(crate) const EXACT: u8 = 64;

/// The part of a callsite whose calls make events when they end.
pub(crate) const LOUD: u8 = 4;

/// The part of a callsite that has a histogram of the time inside polls.
#[cfg(feature = "metrics")]
pub(crate) const BUSY: u8 = 8;

/// The part of a callsite that has a summary of its calls' durations.
#[cfg(feature = "metrics")]
pub(crate) const SUMMARY: u8 = 16;

/// The part of a callsite that has a histogram of its calls' durations.
#[cfg(feature = "metrics")]
pub(crate) const HISTOGRAM: u8 = 32;

/// The part of a callsite that takes the time of some of its calls, and counts the others.
#[cfg(feature = "metrics")]
pub(crate) const SAMPLED: u8 = 128;

/// A callsite. `P` is the parts that its calls have: in the type, so that a call has no code for the others.
pub struct Site<const P: u8> {
    definition: Definition,
    opens: &'static [Open],
    made: &'static MadeSpan,
    #[cfg(feature = "metrics")]
    busy: Option<&'static dyn Further>,
    #[cfg(feature = "metrics")]
    counts: Counts,
    #[cfg(feature = "metrics")]
    entry: Entry,
}

/// What a callsite changes. A static of its own, because it is all zeros: so it takes no room in the program's file, and
/// the callsite itself is a constant. `N` is the number of a histogram's buckets, or 0.
pub struct SiteCells<const N: usize> {
    made: MadeSpan,
    #[cfg(feature = "metrics")]
    head: Head,
    #[cfg(feature = "metrics")]
    row: Row<N>,
}

#[cfg(feature = "metrics")]
struct Head {
    /// The ways out that a call needs not tell of; zero until the first call, and while somebody records: then each call
    /// is looked at.
    ways: AtomicU64,
    /// Those that were seen in any instance of the function.
    seen: AtomicU64,
    cells: Cells,
}

impl<const N: usize> SiteCells<N> {
    /// All zeros. A constant, so that the compiler makes it once.
    #[allow(clippy::declare_interior_mutable_const)] // it is for statics
    pub const NEW: Self = SiteCells {
        made: MadeSpan::new(),
        #[cfg(feature = "metrics")]
        head: Head { ways: AtomicU64::new(0), seen: AtomicU64::new(0), cells: Cells::new() },
        #[cfg(feature = "metrics")]
        row: Row::new(),
    };
}

impl<const P: u8> Site<P> {
    /// A callsite that nobody has called yet, with its cells. `me` is the static that it initialises.
    #[must_use]
    pub const fn new<const N: usize>(
        definition: Definition,
        cells: &'static SiteCells<N>,
        me: &'static Site<P>,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = me;
        Site {
            #[cfg(feature = "metrics")]
            counts: Counts::new(&definition, &me.definition, &cells.head, cells.row.slices(), P),
            definition,
            opens: &[],
            made: &cells.made,
            #[cfg(feature = "metrics")]
            busy: None,
            #[cfg(feature = "metrics")]
            entry: Entry::new(me),
        }
    }

    /// With open-ended labels.
    #[must_use]
    pub const fn with_opens(self, opens: &'static [Open]) -> Self {
        Site { opens, ..self }
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

    /// With the windows of its summary.
    #[must_use]
    pub const fn with_windows<const W: usize>(self, windows: &'static Windows<W>) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = windows;
        Site {
            #[cfg(feature = "metrics")]
            counts: self.counts.with_windows(windows.all()),
            ..self
        }
    }

    /// What events tell of the end of a call.
    #[inline]
    fn tell(&'static self, status: usize, ticks: u64) {
        if let (true, Some(tell)) = (P & LOUD != 0, self.definition.tell) {
            let status = status.min(self.definition.statuses() - 1);
            tell(&Ended { of: &self.definition, status, nanos: clock::nanos_of_ticks(ticks) });
        }
    }

    /// As the linker's list holds it.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub const fn listed(&'static self, record: &'static str) -> Listed {
        Listed::new(self, record.as_bytes())
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

impl<const P: u8> Speaks for Site<P> {
    fn spoken(&'static self) -> Spoken {
        Spoken { says: &self.definition, opens: self.opens, made: self.made }
    }
}

/// A callsite that another one tells of its calls.
pub trait Further: Sync {
    /// Calls can end in these ways.
    fn meet(&'static self, ways: Ways);
    /// It ended.
    fn end(&'static self, set: usize, status: usize, ticks: u64);
}

impl<const P: u8> Further for Site<P> {
    fn meet(&'static self, ways: Ways) {
        Callsite::meet(self, ways);
    }

    fn end(&'static self, set: usize, status: usize, ticks: u64) {
        Callsite::end(self, set, set, status, ticks, 0);
    }
}
