//! What a scrape reads of a callsite.

use std::ptr;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::{Cells, Site, View};
use crate::catalogue::{Calls, Readable, Reading, SetReading, SetShows};
use crate::definition::Definition;
use crate::label::{self, Open};
use crate::outcome::Ways;
use crate::recording::Recorded;
use crate::sketch::Window;
use crate::{bounds, exemplar};

impl<const N: usize, const S: usize, const K: usize, const P: u8> Site<N, S, K, P> {
    /// The calls that ended in one way, with what else was kept of them: read after the buckets, see `observe_more`.
    fn with_the_rest(&self, view: &View<'_, N, K>, set: usize, calls: Calls) -> Calls {
        let (at, width) = (set * K + calls.status, self.range().cells());
        let native = view.native.get(at * width..(at + 1) * width).unwrap_or_default();
        let native = native.iter().map(|cell| cell.load(Relaxed)).collect();
        let exemplars = exemplar::read(ptr::from_ref(self).addr(), at * N, N);
        Calls { native, exemplars, sketch: view.windows.get(at).map(Window::read), ..calls }
    }
}

impl<const N: usize, const S: usize, const K: usize, const P: u8> Readable for Site<N, S, K, P> {
    fn definition(&'static self) -> &'static Definition {
        &self.definition
    }

    fn opens(&'static self) -> &'static [Open] {
        self.opens
    }

    fn read(&'static self, recorded: Option<&Recorded>) -> Reading {
        let copy = recorded.and_then(|recorded| self.copy_in(recorded));
        let view = copy.as_ref().map_or(self.own(), |copy| copy.view());
        let ways = match self.cells.seen.load(Relaxed) {
            // Nobody has called it yet.
            0 => self.definition.at_least,
            seen => Ways::from_bits(seen),
        };
        let words = &self.definition.words;
        let digits = label::digits(self.definition.dimensions, self.opens);
        // Of an open-ended label only what came is shown.
        let is_seen = |set: &usize| digits.iter().all(|digit| digit.open.is_none() || digit.text(*set).is_some());
        let read = |set: usize| {
            let possible = |returned| digits.iter().all(|digit| digit.dimension.is_possible(digit.of(set), returned));
            let (returned, unwound) = (possible(true), possible(false));
            let is_possible = |status| {
                ways.contains(status) && (returned && words.is_return(status) || unwound && words.is_unwinding(status))
            };
            // Those of the statuses that are possible, and whatever was counted all the same.
            let calls = (0..K).map(|status| view.sets[set].read(status));
            let statuses = calls.filter(|calls| is_possible(calls.status) || calls.count() > 0);
            let statuses = statuses.map(|calls| self.with_the_rest(&view, set, calls)).collect();
            SetReading { set, shows: SetShows::Calls { statuses, running: view.sets[set].running.level() } }
        };
        Reading { sets: (0..S).filter(is_seen).map(read).collect(), rejected: 0, failed: false }
    }

    fn pause(&'static self) {
        self.cells.ways.store(0, SeqCst);
    }

    fn replace_bounds(&'static self, bounds: &[f64]) {
        if let Some(nanos) = self.nanos {
            bounds::replace_nanos(&nanos.row, bounds, self.definition.time_unit());
        }
    }

    fn bytes(&'static self) -> usize {
        size_of::<Self>()
            + size_of::<Cells<N, S, K, P>>()
            + size_of_val(self.native)
            + self.windows.len() * Window::MOST_BYTES
    }
}
