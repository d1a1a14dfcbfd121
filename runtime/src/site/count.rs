//! How a call is counted.

use tracing::Span;

use super::{Callsite, LOUD, Site};
use crate::outcome::{Ways, Words};
#[cfg(feature = "metrics")]
use crate::{
    exemplar,
    native::Range,
    recording::{self, Recorded},
    sketch::Window,
};
#[cfg(feature = "metrics")]
use std::{
    ptr,
    sync::Arc,
    sync::atomic::{
        AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

#[cfg(feature = "metrics")]
use super::{BUSY, Copied, EXACT, NATIVE, RUNNING, SUMMARY, SURE, Set, View};

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize, const K: usize, const P: u8> Callsite for Site<N, S, K, P> {
    const TIMED: bool = N > 1 || P & (LOUD | SUMMARY) != 0;
    const IS_HEARD: bool = P & LOUD != 0;
    const IS_EXACT: bool = P & EXACT != 0;

    #[inline]
    fn is_met(&'static self, ways: Ways) -> bool {
        let seen = self.cells.ways.load(Relaxed);
        if P & SURE != 0 { seen != 0 } else { seen & ways.bits() == ways.bits() }
    }

    #[cold]
    #[inline(never)]
    fn meet(&'static self, ways: Ways) {
        let seen = self.cells.seen.fetch_or(ways.bits(), Relaxed) | ways.bits();
        self.entry.meet();
        recording::unless_any(|| self.cells.ways.store(seen, SeqCst));
        if let (true, Some(busy)) = (P & BUSY != 0, self.busy) {
            busy.meet(ways);
        }
    }

    fn ways(&self) -> Ways {
        // A callsite that is sure of them is met once.
        if P & SURE != 0 { self.definition.at_most } else { Ways::only(self.definition.words.panicked) }
    }

    #[inline]
    fn begin(&'static self, set: usize) {
        if P & RUNNING != 0 {
            if recording::is_any() && self.begin_aside(set) {
                return;
            }
            self.cells.sets[set].running.up();
        }
    }

    #[inline]
    fn is_aside() -> bool {
        recording::is_any()
    }

    #[inline]
    fn end_as<const PLAIN: bool>(&'static self, ran: usize, set: usize, status: usize, nanos: u64, busy: u64) {
        // A word by hand may say too large an index: it is counted under the last word.
        let word = status.min(K - 1);
        if N > 1 || P & (SUMMARY | RUNNING) != 0 {
            self.finish(ran, set, word, nanos);
        } else if !PLAIN && recording::is_any() {
            self.finish(ran, set, word, 0);
        } else {
            self.cells.sets[set].calls[word].count();
        }
        if let (true, Some(of_polls)) = (P & BUSY != 0, self.busy) {
            of_polls.end(set, status, busy);
        }
        self.tell(status, nanos);
    }

    fn words(&self) -> &Words {
        &self.definition.words
    }

    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}

#[cfg(not(feature = "metrics"))]
impl<const N: usize, const S: usize, const K: usize, const P: u8> Callsite for Site<N, S, K, P> {
    const TIMED: bool = P & LOUD != 0;
    const IS_HEARD: bool = P & LOUD != 0;
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
    fn end_as<const PLAIN: bool>(&'static self, _: usize, _: usize, status: usize, nanos: u64, _: u64) {
        self.tell(status, nanos);
    }
    #[inline]
    fn words(&self) -> &Words {
        &self.definition.words
    }
    fn record(&'static self, set: usize, span: &Span) {
        self.record_after(set, span);
    }
}

#[cfg(feature = "metrics")]
impl<const N: usize, const S: usize, const K: usize, const P: u8> Site<N, S, K, P> {
    /// The native buckets before the others: so at any moment there are no fewer observations here than there.
    #[inline(never)]
    fn observe_more(&self, view: &View<'_, N, K>, at: usize, nanos: u64) {
        if P & NATIVE != 0 {
            let (unit, range) = (self.definition.time_unit(), self.range());
            if let Some(cell) = view.native.get(at * range.cells() + range.index(unit.of_nanos(nanos))) {
                cell.fetch_add(1, Relaxed);
            }
        }
        if let (true, Some(window)) = (P & SUMMARY != 0, view.windows.get(at)) {
            window.observe(self.definition.summary_unit().of_nanos(nanos));
        }
    }

    pub(super) fn range(&self) -> Range {
        Range::of(Some(self.definition.time_unit()))
    }

    #[inline]
    pub(super) fn own(&'static self) -> View<'static, N, K> {
        View { sets: &self.cells.sets, native: self.native, windows: self.windows }
    }

    /// Counts a call, in the cells or in a recording. Out of line: a call is less than its code at each callsite.
    #[inline(never)]
    fn finish(&'static self, ran: usize, set: usize, word: usize, nanos: u64) {
        let copy = if recording::is_any() { self.current_copy() } else { None };
        let view = copy.as_ref().map_or(self.own(), |copy| copy.view());
        if P & (SUMMARY | NATIVE) != 0 {
            self.observe_more(&view, set * K + word, nanos);
        }
        let cell = &view.sets[set].calls[word];
        let mut bucket = 0;
        if N > 1 || P & SUMMARY != 0 {
            bucket = cell.observe(nanos, self.nanos.map(|nanos| &nanos.row));
        } else {
            cell.count();
        }
        if P & RUNNING != 0 {
            view.sets[ran].running.down();
        }
        // At the end: it asks somebody else.
        if N > 1 && exemplar::is_on() && copy.is_none() {
            let value = self.definition.time_unit().of_nanos(nanos);
            exemplar::note(ptr::from_ref(self).addr(), (set * K + word) * N + bucket, value);
        }
    }

    /// Its cells in the recording that this thread takes part in.
    #[cold]
    #[inline(never)]
    fn current_copy(&'static self) -> Option<Arc<Copied<N, K>>> {
        self.copy_in(&*recording::current()?)
    }

    #[cold]
    #[inline(never)]
    fn begin_aside(&'static self, set: usize) -> bool {
        let copy = self.current_copy();
        if let Some(copy) = &copy {
            copy.sets[set].running.up();
        }
        copy.is_some()
    }

    /// Its cells in a recording.
    #[cold]
    pub(super) fn copy_in(&'static self, recorded: &Recorded) -> Option<Arc<Copied<N, K>>> {
        let zeros = |len| (0..len).map(|_| AtomicU64::new(0)).collect();
        recorded.copy_of(ptr::from_ref(self).addr(), || Copied {
            sets: (0..S).map(|_| Set::new()).collect(),
            native: zeros(self.native.len()),
            windows: self.windows.iter().map(|_| Window::new()).collect(),
        })
    }
}
