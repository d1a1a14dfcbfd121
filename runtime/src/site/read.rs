//! What a scrape reads of a callsite.

use std::sync::atomic::{
    Ordering::{Relaxed, SeqCst},
    fence,
};

use super::{Head, Site};
use crate::catalogue::{Calls, Readable, Reading, Shown};
use crate::definition::Definition;
use crate::label::{self, Digit, Open};
use crate::outcome::Ways;
use crate::recording::Recorded;
use crate::sketch::Window;
use crate::{clock::Rate, exemplar};

impl<const P: u8> Site<P> {
    /// The calls of one label set that ended in one way: of the set that is the `nth` of the reading.
    fn calls<'a>(&'static self, reading: &'a Reading, nth: usize, set: usize, status: usize) -> Calls<'a> {
        let of = &self.counts;
        let at = nth * of.of_set() + 2 + status * of.width;
        let cells = &reading.numbers[at..at + of.width];
        let head = of.buckets_at(0, 0) - of.at(0, 0);
        let (head, counts) = cells.split_at(head);
        let (counts, native) = counts.split_at(of.buckets);
        let all = || counts.iter().fold(0u64, |sum, count| sum.wrapping_add(*count));
        let number = set * of.words + status;
        Calls {
            status,
            count: if of.is_sampled() { head[0] } else { all() },
            nanos: head.last().filter(|_| of.has_sum()).map_or(0.0, |ticks| Rate::settled().nanos(*ticks).round()),
            counts,
            native,
            exemplars: exemplar::read(of.address(), number * of.buckets, of.buckets),
            sketch: reading.sketches.get(nth * of.words + status),
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

    fn read(&'static self, recorded: Option<&Recorded>, digits: &[Digit], into: &mut Reading) {
        let of = &self.counts;
        let copy = recorded.and_then(|recorded| of.copy_in(recorded));
        label::sets_seen(digits, &mut into.sets);
        of.read(copy.as_deref(), &into.sets, &mut into.numbers);
        into.ways = of.of.seen.load(Relaxed);
        into.sketches.clear();
        let windows = copy.as_ref().map_or(of.windows, |copy| &copy.windows[..]);
        for set in into.sets.iter().filter(|_| !windows.is_empty()) {
            into.sketches.extend(windows[set * of.words..(set + 1) * of.words].iter().map(Window::read));
        }
    }

    fn tell<'a>(&'static self, digits: &[Digit], reading: &'a Reading, take: &mut dyn FnMut(usize, Shown<'a>)) {
        let (of, words) = (&self.counts, self.definition.words);
        let ways = match reading.ways {
            // Nobody has called it yet.
            0 => self.definition.at_least,
            seen => Ways::from_bits(seen),
        };
        let has_after = self.definition.first_after < self.definition.dimensions.len();
        for (nth, set) in reading.sets.iter().copied().enumerate() {
            let possible = |returned| {
                !has_after || digits.iter().all(|digit| digit.dimension.is_possible(digit.of(set), returned))
            };
            let (returned, unwound) = (possible(true), possible(false));
            let is_possible = |status| {
                ways.contains(status) && (returned && words.is_return(status) || unwound && words.is_unwinding(status))
            };
            let mut was_called = false;
            // Those of the statuses that are possible, and whatever was counted all the same.
            for status in 0..of.words {
                let calls = self.calls(reading, nth, set, status);
                was_called |= calls.count > 0;
                if calls.count > 0 || is_possible(status) {
                    take(set, Shown::Calls(calls));
                }
            }
            if of.has_running() {
                let at = nth * of.of_set();
                let running = reading.numbers[at].wrapping_sub(reading.numbers[at + 1]);
                take(set, Shown::Running(i64::from_ne_bytes(running.to_ne_bytes()), was_called));
            }
        }
    }

    fn pause(&'static self) {
        self.counts.of.ways.store(0, SeqCst);
    }

    fn replace_bounds(&'static self, bounds: &[f64]) {
        self.counts.row.replace(bounds, &self.definition);
    }

    fn scale(&'static self) {
        Rate::settled();
        // See `Ticks::scale`.
        fence(SeqCst);
        self.counts.row.scale(&self.definition);
    }

    fn bytes(&'static self) -> usize {
        size_of::<Self>()
            + size_of::<Head>()
            + self.counts.shape.bytes()
            + self.counts.row.bytes()
            + self.counts.windows.len() * (size_of::<Window>() + Window::MOST_BYTES)
    }
}
