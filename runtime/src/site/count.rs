//! What a call does to its callsite.

#[cfg(feature = "metrics")]
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

use tracing::Span;

use super::{Callsite, EXACT, LOUD, Site};
use crate::outcome::{Ways, Words};
#[cfg(feature = "metrics")]
use crate::recording;

#[cfg(feature = "metrics")]
use super::{BUSY, HISTOGRAM, RUNNING, SAMPLED, SUMMARY, SURE, UNTIMED, counts::Counts};

#[cfg(feature = "metrics")]
impl<const P: u8> Callsite for Site<P> {
    const TIMED: bool = P & (HISTOGRAM | LOUD | SUMMARY) != 0;
    const IS_SAMPLED: bool = P & SAMPLED != 0;
    const IS_HEARD: bool = P & LOUD != 0;
    const IS_EXACT: bool = P & EXACT != 0;

    #[inline]
    fn is_met(&'static self, ways: Ways) -> bool {
        // Who sees them sees the bounds too.
        let seen = self.counts.of.ways.load(Acquire);
        if P & SURE != 0 { seen != 0 } else { seen & ways.bits() == ways.bits() }
    }

    #[cold]
    #[inline(never)]
    fn meet(&'static self, ways: Ways) {
        let cells = self.counts.of;
        self.counts.row.scale(&self.definition);
        let seen = cells.seen.fetch_or(ways.bits(), Relaxed) | ways.bits();
        self.entry.meet();
        // Before others see that it was met: they look at its bounds too.
        if let (true, Some(busy)) = (P & BUSY != 0, self.busy) {
            busy.meet(ways);
        }
        recording::unless_any(|| cells.ways.store(seen, SeqCst));
    }

    fn ways(&self) -> Ways {
        // A callsite that is sure of them is met once.
        if P & SURE != 0 { self.definition.at_most } else { Ways::only(self.definition.words.panicked) }
    }

    #[inline]
    fn begin(&'static self, set: usize) {
        if P & RUNNING != 0 {
            self.counts.begin(set);
        }
    }

    #[inline]
    fn is_timed(&'static self) -> bool {
        self.counts.is_timed()
    }

    #[inline]
    fn is_aside() -> bool {
        recording::is_any()
    }

    #[inline]
    fn end_as<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, ticks: u64, busy: u64) {
        self.ended::<PLAIN>(ran, set, status, ticks, busy, Counts::count);
    }

    #[inline]
    fn end_small<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, ticks: u64, busy: u64) {
        self.ended::<PLAIN>(ran, set, status, ticks, busy, Counts::count_small);
    }

    fn words(&self) -> &Words {
        self.definition.words
    }

    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}

#[cfg(feature = "metrics")]
impl<const P: u8> Site<P> {
    /// A call ended; `count` counts one of which nothing else is kept.
    #[inline]
    fn ended<const PLAIN: bool>(
        &'static self,
        ran: usize,
        set: usize,
        status: usize,
        ticks: u64,
        busy: u64,
        count: impl FnOnce(&'static Counts, usize, usize),
    ) {
        // A word by hand may say too large an index: it is counted under the last word.
        let word = status.min(self.counts.words - 1);
        let is_counted_alone = P & (HISTOGRAM | SUMMARY | RUNNING) == 0
            // Of a call that is not timed there is no more to keep.
            || P & SAMPLED != 0 && P & RUNNING == 0 && ticks == UNTIMED;
        if !is_counted_alone || !PLAIN && recording::is_any() {
            self.counts.finish(ran, set, word, ticks);
        } else {
            count(&self.counts, set, word);
        }
        if let (true, Some(of_polls)) = (P & BUSY != 0, self.busy) {
            of_polls.end(set, status, busy);
        }
        self.tell(status, ticks);
    }
}

#[cfg(not(feature = "metrics"))]
impl<const P: u8> Callsite for Site<P> {
    const TIMED: bool = P & LOUD != 0;
    const IS_HEARD: bool = P & LOUD != 0;
    const IS_EXACT: bool = P & EXACT != 0;
    #[inline]
    fn is_met(&'static self, _: Ways) -> bool {
        true
    }
    fn meet(&'static self, _: Ways) {}
    fn ways(&self) -> Ways {
        self.definition.at_most
    }
    #[inline]
    fn begin(&'static self, _: usize) {}
    #[inline]
    fn end_as<const PLAIN: bool>(&'static self, _: usize, _: usize, status: usize, ticks: u64, _: u64) {
        self.tell(status, ticks);
    }
    #[inline]
    fn words(&self) -> &Words {
        self.definition.words
    }
    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}
