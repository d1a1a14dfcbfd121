//! What a scrape reads of a callsite.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::counts::Copied;
use super::{Site, SiteCells};
use crate::catalogue::{Calls, Readable, Reading, SetReading, SetShows};
use crate::definition::Definition;
use crate::label::{self, Open};
use crate::outcome::Ways;
use crate::recording::Recorded;
use crate::sketch::Window;
use crate::{clock::Rate, exemplar};

impl<const P: u8> Site<P> {
    /// The calls of one label set that ended in one way.
    fn calls(&'static self, sums: &[u64], copy: Option<&Copied>, set: usize, status: usize) -> Calls {
        let of = &self.counts;
        let (at, buckets, native) = (of.at(set, status), of.buckets_at(set, status), of.native_at(set, status));
        let windows = copy.map_or(of.windows, |copy| &copy.windows[..]);
        let number = set * of.words + status;
        Calls {
            status,
            sampled: of.is_sampled().then(|| sums[at]),
            nanos: if of.has_sum() { Rate::settled().nanos(sums[buckets - 1]).round() } else { 0.0 },
            counts: sums[buckets..native].to_vec(),
            native: sums[native..native + of.native_cells()].to_vec(),
            exemplars: exemplar::read(of.address(), number * of.buckets, of.buckets),
            sketch: windows.get(number).map(Window::read),
        }
    }
}

impl<const P: u8> Readable for Site<P> {
    fn definition(&'static self) -> &'static Definition {
        &self.definition
    }

    fn opens(&'static self) -> &'static [Open] {
        self.opens
    }

    fn read(&'static self, recorded: Option<&Recorded>) -> Reading {
        let copy = recorded.and_then(|recorded| self.counts.copy_in(recorded));
        let copy = copy.as_deref();
        let sums = self.counts.read(copy);
        let ways = match self.counts.of.seen.load(Relaxed) {
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
            let calls = (0..self.counts.words).map(|status| self.calls(&sums, copy, set, status));
            let statuses = calls.filter(|calls| is_possible(calls.status) || calls.count() > 0).collect();
            let running = if self.counts.has_running() { sums[2 * set].wrapping_sub(sums[2 * set + 1]) } else { 0 };
            SetReading { set, shows: SetShows::Calls { statuses, running: i64::from_ne_bytes(running.to_ne_bytes()) } }
        };
        Reading { sets: (0..self.counts.sets).filter(is_seen).map(read).collect(), rejected: 0, failed: false }
    }

    fn pause(&'static self) {
        self.counts.of.ways.store(0, SeqCst);
    }

    fn replace_bounds(&'static self, bounds: &[f64]) {
        self.counts.row.replace(bounds, &self.definition);
    }

    fn scale(&'static self) {
        Rate::settled();
        self.counts.row.scale(&self.definition);
    }

    fn bytes(&'static self) -> usize {
        size_of::<Self>()
            + size_of::<SiteCells>()
            + self.counts.shape.bytes()
            + self.counts.row.bytes()
            + self.counts.windows.len() * (size_of::<Window>() + Window::MOST_BYTES)
    }
}
