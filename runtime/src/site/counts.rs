//! Where a callsite counts. One type for all callsites, so that what a call does out of line is compiled once.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Relaxed};

use super::{HISTOGRAM, Head, RUNNING, SAMPLED, SUMMARY, UNTIMED};
use crate::bounds::Ticks;
use crate::cell::{self, Shape};
use crate::clock::Rate;
use crate::definition::Definition;
use crate::exemplar;
use crate::family::Unit;
use crate::native::Range;
use crate::recording::{self, Recorded};
use crate::sketch::Window;

/// The cells of a block are, in this order: of each label set how many calls began and how many ended, if running calls are
/// counted; how many calls are left until the next one is timed, if some are; then of each label set and status the calls, if
/// not all of them are timed; the sum of the ticks, if there is one; the buckets, or the one count; the native buckets.
pub(super) struct Counts {
    pub(super) of: &'static Head,
    pub(super) row: Ticks,
    pub(super) shape: Shape,
    /// Where the first label set's calls begin.
    first: usize,
    /// The cells of one status.
    pub(super) width: usize,
    /// Words for what becomes of a call.
    pub(super) words: usize,
    /// Buckets, that of `+Inf` with them.
    pub(super) buckets: usize,
    parts: u8,
    /// Whether a call does more than to count and to add its time.
    has_more: bool,
    native: Option<Range>,
    says: &'static Definition,
    /// Looked up where every call needs them: the compiler takes long to read a name.
    unit: Unit,
    summary_unit: Unit,
    /// One call in so many is timed.
    sample: u32,
    pub(super) windows: &'static [Window],
}

/// The cells of a callsite in a recording.
pub(super) struct Copied {
    pub(super) cells: Vec<AtomicU64>,
    pub(super) windows: Vec<Window>,
}

impl Counts {
    /// `place` is where `says` will be.
    pub(super) const fn new(
        says: &Definition,
        place: &'static Definition,
        of: &'static Head,
        row: Ticks,
        parts: u8,
    ) -> Self {
        let (sets, words) = (says.room(), says.words.len());
        let is_timed = parts & (HISTOGRAM | SUMMARY) != 0;
        let histogram = if parts & HISTOGRAM != 0 { says.histogram_family() } else { None };
        let buckets = match histogram {
            Some(family) => family.bounds.len() + 1,
            None => 1,
        };
        let (native, native_cells) = match histogram {
            Some(family) if family.native => {
                let range = Range::of(family.time_unit());
                (Some(range), range.cells())
            }
            _ => (None, 0),
        };
        let head = if parts & RUNNING != 0 { 2 * sets } else { 0 };
        let first = head + (parts & SAMPLED != 0) as usize;
        let width = (parts & SAMPLED != 0) as usize + is_timed as usize + buckets + native_cells;
        Counts {
            of,
            row,
            shape: Shape { len: first + sets * words * width, is_shared: false },
            first,
            width,
            words,
            buckets,
            parts,
            has_more: parts & (SAMPLED | SUMMARY | RUNNING) != 0 || native.is_some(),
            native,
            says: place,
            unit: if native.is_some() { says.time_unit() } else { Unit::Seconds },
            summary_unit: if parts & SUMMARY != 0 { says.summary_unit() } else { Unit::Seconds },
            sample: says.sample(),
            windows: &[],
        }
    }

    pub(super) const fn with_windows(self, windows: &'static [Window]) -> Self {
        Counts { windows, ..self }
    }

    /// Where the cells of the calls of one label set begin that ended in one way.
    #[inline]
    pub(super) const fn at(&self, set: usize, word: usize) -> usize {
        self.first + (set * self.words + word) * self.width
    }

    /// Where the buckets of those begin.
    pub(super) const fn buckets_at(&self, set: usize, word: usize) -> usize {
        self.at(set, word) + self.is_sampled() as usize + self.has_sum() as usize
    }

    pub(super) const fn native_at(&self, set: usize, word: usize) -> usize {
        self.buckets_at(set, word) + self.buckets
    }

    pub(super) const fn is_sampled(&self) -> bool {
        self.parts & SAMPLED != 0
    }

    pub(super) const fn has_sum(&self) -> bool {
        self.parts & (HISTOGRAM | SUMMARY) != 0
    }

    pub(super) const fn has_running(&self) -> bool {
        self.parts & RUNNING != 0
    }

    /// Counts a call of which nothing else is kept.
    #[inline]
    pub(super) fn count(&'static self, set: usize, word: usize) {
        cell::count(self.of.cells.here(self.shape), self.at(set, word));
    }

    /// The same, out of line.
    #[inline(never)]
    pub(super) fn count_small(&'static self, set: usize, word: usize) {
        self.count(set, word);
    }

    /// A call begins.
    #[inline(never)]
    pub(super) fn begin(&'static self, set: usize) {
        if recording::is_any() {
            if let Some(copy) = self.current_copy() {
                return cell::count(&copy.cells, 2 * set);
            }
        }
        cell::count(self.of.cells.here(self.shape), 2 * set);
    }

    /// Counts a call, in the cells or in a recording. Out of line: a call is less than its code at each callsite.
    #[inline(never)]
    pub(super) fn finish(&'static self, ran: usize, set: usize, word: usize, ticks: u64) {
        if self.has_more || recording::is_any() || exemplar::is_on() {
            return self.finish_otherwise((ran, set, word), ticks);
        }
        let cells = self.of.cells.here(self.shape);
        let _ = self.observe(cells, self.at(set, word), ticks);
    }

    /// The sum, and the bucket: which one it was.
    #[inline]
    fn observe(&self, cells: &[AtomicU64], mut at: usize, ticks: u64) -> usize {
        let mut bucket = 0;
        if self.has_sum() {
            if let Some(sum) = cells.get(at) {
                sum.fetch_add(ticks, Relaxed);
            }
            bucket = cell::bucket(ticks, self.row.ticks);
            at += 1;
        }
        cell::observe(cells, at + bucket);
        bucket
    }

    /// The same of a callsite that has more, or while somebody records or wants exemplars.
    #[cold]
    #[inline(never)]
    fn finish_otherwise(&'static self, (ran, set, word): (usize, usize, usize), ticks: u64) {
        let copy = if recording::is_any() { self.current_copy() } else { None };
        let (cells, windows) = match &copy {
            Some(copy) => (&copy.cells[..], &copy.windows[..]),
            None => (self.of.cells.here(self.shape), self.windows),
        };
        let mut at = self.at(set, word);
        self.finish_more(cells, windows, (ran, set, word), ticks);
        if self.is_sampled() {
            if ticks == UNTIMED {
                return;
            }
            at += 1;
        }
        let bucket = self.observe(cells, at, ticks);
        // At the end: it asks somebody else.
        if exemplar::is_on() && self.parts & HISTOGRAM != 0 && copy.is_none() {
            let value = value(ticks, self.says.time_unit());
            exemplar::note(self.address(), (set * self.words + word) * self.buckets + bucket, value);
        }
    }

    /// What only some callsites have. The native buckets before the others: so at any moment there are no fewer observations
    /// here than there.
    fn finish_more(
        &self,
        cells: &[AtomicU64],
        windows: &[Window],
        (ran, set, word): (usize, usize, usize),
        ticks: u64,
    ) {
        if self.has_running() {
            cell::observe(cells, 2 * ran + 1);
        }
        if self.is_sampled() {
            cell::count(cells, self.at(set, word));
            if ticks == UNTIMED {
                return;
            }
        }
        if let Some(range) = self.native {
            cell::count(cells, self.native_at(set, word) + range.index(value(ticks, self.unit)));
        }
        if let Some(window) = windows.get(set * self.words + word) {
            window.observe(value(ticks, self.summary_unit));
        }
    }

    /// What names it where its exemplars and copies are kept.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.of).addr()
    }

    /// Whether this call is one of those that are timed. The number of calls between two of them is random, from 1 to twice
    /// what is asked for, less one: so what comes at regular intervals is met as often as it should be.
    #[inline]
    pub(super) fn is_timed(&'static self) -> bool {
        let cells = self.of.cells.here(self.shape);
        let Some(left) = cells.get(self.first - 1) else { return false };
        // No single step: where two threads of one shard come at once, a gap is a call or two longer.
        match left.load(Relaxed) {
            0 => self.next_timed(left),
            more => {
                left.store(more - 1, Relaxed);
                false
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn next_timed(&self, left: &AtomicU64) -> bool {
        let gap = random() % u64::from(2 * self.sample - 1) + 1;
        // What the cells were made with is no gap: it stands for one that began before. Of two threads of one shard that come
        // at once, one has it.
        left.compare_exchange(0, gap - 1, Relaxed, Relaxed).is_ok()
    }

    /// Its cells in the recording that this thread takes part in.
    #[cold]
    #[inline(never)]
    fn current_copy(&self) -> Option<Arc<Copied>> {
        self.copy_in(&*recording::current()?)
    }

    /// Its cells in a recording.
    #[cold]
    pub(super) fn copy_in(&self, recorded: &Recorded) -> Option<Arc<Copied>> {
        recorded.copy_of(self.address(), || Copied {
            cells: (0..self.shape.len).map(|_| AtomicU64::new(0)).collect(),
            windows: self.windows.iter().map(|_| Window::new()).collect(),
        })
    }

    /// How many numbers a label set has in a reading: how many began, how many ended, and the cells of all words.
    pub(super) const fn of_set(&self) -> usize {
        2 + self.words * self.width
    }

    /// Reads cells, those of a recording or of all threads, and adds them up. What is added to first is read last.
    pub(super) fn read(&'static self, copy: Option<&Copied>, sets: &[usize], numbers: &mut Vec<u64>) {
        numbers.clear();
        numbers.resize(sets.len() * self.of_set(), 0);
        match copy {
            Some(copy) => self.add([&copy.cells[..]].into_iter(), sets, numbers),
            None => self.add(self.of.cells.all(self.shape), sets, numbers),
        }
    }

    fn add<'a>(&self, blocks: impl Iterator<Item = &'a [AtomicU64]> + Clone, sets: &[usize], numbers: &mut [u64]) {
        let add = |sum: &mut u64, cell: &AtomicU64| *sum = sum.wrapping_add(cell.load(Acquire));
        if self.has_running() {
            // Of all threads those that ended before those that began: a call begins on one and ends on another.
            for which in [1, 0] {
                for block in blocks.clone() {
                    for (sums, set) in numbers.chunks_exact_mut(self.of_set()).zip(sets) {
                        add(&mut sums[which], &block[2 * set + which]);
                    }
                }
            }
        }
        let (head, behind) = (self.buckets_at(0, 0) - self.at(0, 0), self.native_at(0, 0) - self.at(0, 0));
        for block in blocks {
            for (sums, set) in numbers.chunks_exact_mut(self.of_set()).zip(sets) {
                let cells = &block[self.at(*set, 0)..][..self.words * self.width];
                if !self.is_sampled() && self.native.is_none() {
                    sums[2..].iter_mut().zip(cells).for_each(|(sum, cell)| add(sum, cell));
                    continue;
                }
                for (sums, cells) in sums[2..].chunks_exact_mut(self.width).zip(cells.chunks_exact(self.width)) {
                    for range in [head..behind, 0..head, behind..self.width] {
                        sums[range.clone()].iter_mut().zip(&cells[range]).for_each(|(sum, cell)| add(sum, cell));
                    }
                }
            }
        }
    }
}

fn value(ticks: u64, unit: Unit) -> f64 {
    unit.of(Rate::soon().0.nanos(ticks))
}

/// A number that nobody can foresee who does not try: the steps are those of a Weyl sequence, mixed. Of each thread its own.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    let step = STATE.try_with(|state| {
        let seed = if state.get() == 0 { std::ptr::from_ref(state).addr() as u64 | 1 } else { state.get() };
        state.set(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        state.get()
    });
    // The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    let mut mixed = step.unwrap_or(1);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
