//! What a scrape reads of a field.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Relaxed};

use super::super::callback;
use super::{Copied, Field, FieldCells, Parts, Read};
use crate::catalogue::{Readable, Reading, Shown, Value};
use crate::definition::Definition;
use crate::exemplar;
use crate::family::{Family, Kind, Numbers, Shows};
use crate::label::{self, Digit, Open};
use crate::recording::{self, Recorded};
use crate::sketch::{Sketch, Window};

impl Field {
    #[inline]
    pub(super) fn parts(&'static self, cells: &'static [AtomicU64]) -> Parts<'static> {
        Parts { cells, windows: self.windows, rejected: &self.of.rejected, is_recorded: false }
    }

    /// Where of a label set's numbers there is a float.
    fn float(&self) -> Option<usize> {
        let family = self.family()?;
        match (family.kind, family.shows) {
            (Kind::Histogram | Kind::Summary, _) => Some(self.infinite + 2),
            (Kind::Info, _) => None,
            (_, Shows::Field(Numbers::Float)) => Some(0),
            _ => None,
        }
    }

    /// Adds up the cells of some label sets over all threads, or reads a copy of them.
    pub(super) fn add_up(&'static self, copy: Option<&Copied>, sets: &[usize], numbers: &mut Vec<u64>) {
        numbers.clear();
        numbers.resize(sets.len() * self.stride, 0);
        match copy {
            Some(copy) => self.add([&copy.cells[..]].into_iter(), sets, numbers),
            None => self.add(self.of.cells.all(self.shape), sets, numbers),
        }
    }

    fn add<'a>(&self, blocks: impl Iterator<Item = &'a [AtomicU64]>, sets: &[usize], numbers: &mut [u64]) {
        let float = self.float().unwrap_or(self.stride);
        let add = |sum: &mut u64, cell: &AtomicU64| *sum = sum.wrapping_add(cell.load(Acquire));
        for (nth_block, block) in blocks.enumerate() {
            for (sums, set) in numbers.chunks_exact_mut(self.stride).zip(sets) {
                let cells = &block[set * self.stride..][..self.stride];
                // In this order: see `observe_native`.
                let (before, behind) = (&cells[..float], &cells[float..]);
                let (sums, sums_behind) = sums.split_at_mut(float);
                sums.iter_mut().zip(before).for_each(|(sum, cell)| add(sum, cell));
                let (Some(sum), Some(cell)) = (sums_behind.first_mut(), behind.first()) else { continue };
                let value = cell.load(Relaxed);
                // Of one alone the bits, whatever they are.
                *sum = if nth_block == 0 { value } else { (f64::from_bits(*sum) + f64::from_bits(value)).to_bits() };
                sums_behind[1..].iter_mut().zip(&behind[1..]).for_each(|(sum, cell)| add(sum, cell));
            }
        }
    }

    /// What stands in the cells of a label set.
    pub(super) fn value<'a>(
        &'static self,
        set: usize,
        cells: &'a [u64],
        sketch: Option<&'a Sketch>,
    ) -> Option<Value<'a>> {
        let family = self.family()?;
        let buckets = family.bounds.len() + 1;
        let sum = |at: usize| self.unit.of_nanos(cells[at]) + f64::from_bits(cells[at + 1]);
        Some(match (family.kind, family.shows) {
            (Kind::Info, _) => Value::Info,
            (Kind::Histogram, _) => Value::Histogram {
                counts: &cells[..buckets],
                sum: sum(buckets),
                native: &cells[buckets + 2..],
                exemplars: exemplar::read(ptr::from_ref(self).addr(), set * self.stride, buckets),
            },
            (Kind::Summary, _) => Value::Summary { sketch: sketch?, count: cells[0], sum: sum(1) },
            (_, Shows::Field(Numbers::Unsigned)) => Value::Count(cells[0]),
            (_, Shows::Field(Numbers::Signed)) => Value::Level(i64::from_ne_bytes(cells[0].to_ne_bytes())),
            (Kind::Counter | Kind::Gauge, _) => Value::Float(f64::from_bits(cells[0])),
        })
    }

    /// Whether a label set was ever used.
    fn is_touched(&self, cells: &[u64], value: &Value<'_>) -> bool {
        match value {
            Value::Count(count) | Value::Summary { count, .. } => *count > 0,
            Value::Level(_) | Value::Float(_) if self.is_flagged => cells[1] > 0,
            Value::Level(level) => *level != 0,
            Value::Float(value) => value.to_bits() != 0,
            Value::Histogram { counts, .. } => counts.iter().any(|count| *count > 0),
            Value::Info => true,
        }
    }

    /// The label sets that can be shown.
    fn sets(&'static self, copy: Option<&Copied>, digits: &[Digit], into: &mut Reading) {
        if !matches!(self.family(), Some(Family { kind: Kind::Info, .. })) {
            return label::sets_seen(digits, &mut into.sets);
        }
        // Without labels there is one.
        let shown = if digits.is_empty() {
            1
        } else {
            self.add_up(copy, &[0], &mut into.numbers);
            into.numbers[0]
        };
        into.sets.clear();
        into.sets.extend(usize::try_from(shown).ok().and_then(|shown| shown.checked_sub(1)));
    }

    /// Its cells in the recording that this thread takes part in.
    #[cold]
    #[inline(never)]
    pub(super) fn current_copy(&'static self) -> Option<Arc<Copied>> {
        self.copy_in(&*recording::current()?)
    }

    /// Its cells in a recording.
    #[cold]
    pub(super) fn copy_in(&'static self, recorded: &Recorded) -> Option<Arc<Copied>> {
        recorded.copy_of(ptr::from_ref(self).addr(), || Copied {
            cells: (0..self.shape.len).map(|_| AtomicU64::new(0)).collect(),
            windows: self.windows.iter().map(|_| Window::new()).collect(),
            rejected: AtomicU64::new(0),
        })
    }

    fn family(&self) -> Option<&Family> {
        self.definition.family(0)
    }
}

impl Readable for Field {
    fn definition(&'static self) -> &'static Definition {
        self.definition
    }

    fn opens(&'static self) -> &'static [Open] {
        self.opens
    }

    fn read(&'static self, recorded: Option<&Recorded>, digits: &[Digit], into: &mut Reading) {
        let copy = recorded.and_then(|recorded| self.copy_in(recorded));
        let copy = copy.as_deref();
        self.sets(copy, digits, into);
        if !matches!(self.family(), Some(Family { kind: Kind::Info, .. })) {
            self.add_up(copy, &into.sets, &mut into.numbers);
        }
        into.sketches.clear();
        let windows = copy.map_or(self.windows, |copy| &copy.windows[..]);
        into.sketches.extend(into.sets.iter().filter_map(|set| windows.get(*set)).map(Window::read));
        (into.failed, into.called) = (false, std::mem::take(&mut into.called));
        into.called.clear();
        let rejected = copy.map_or(&self.of.rejected, |copy| &copy.rejected);
        if recorded.is_none() && self.of.has_callbacks.load(Relaxed) {
            for set in into.sets.iter().copied() {
                let value = match callback::read(self, set) {
                    None => continue,
                    Some(Ok(Read::Count(count))) => Some(Value::Count(count)),
                    Some(Ok(Read::Level(level))) => Some(Value::Level(level)),
                    // A counter cannot be less than nothing.
                    Some(Ok(Read::Float(value))) if self.is_a_counter() && !(0.0..f64::INFINITY).contains(&value) => {
                        rejected.fetch_add(1, Relaxed);
                        None
                    }
                    Some(Ok(Read::Float(value))) => Some(Value::Float(value)),
                    Some(Err(callback::Failed)) => {
                        into.failed = true;
                        None
                    }
                };
                into.called.push((set, value));
            }
        }
        into.rejected = rejected.load(Relaxed);
    }

    fn tell<'a>(&'static self, _: &[Digit], reading: &'a Reading, take: &mut dyn FnMut(usize, Shown<'a>)) {
        // Both are in the order of the label sets.
        let mut all_called = reading.called.iter().peekable();
        for (nth, set) in reading.sets.iter().copied().enumerate() {
            let called = all_called.next_if(|(called, _)| *called == set);
            let (value, is_touched) = match called {
                Some((_, None)) => continue,
                Some((_, Some(Value::Count(count)))) => (Value::Count(*count), true),
                Some((_, Some(Value::Level(level)))) => (Value::Level(*level), true),
                Some((_, Some(Value::Float(value)))) => (Value::Float(*value), true),
                _ => {
                    let cells = reading.numbers.get(nth * self.stride..(nth + 1) * self.stride).unwrap_or_default();
                    let Some(value) = self.value(set, cells, reading.sketches.get(nth)) else { continue };
                    let is_touched = self.is_touched(cells, &value);
                    (value, is_touched)
                }
            };
            take(set, Shown::Field(value, is_touched));
        }
    }

    // It looks each time.
    fn pause(&'static self) {}

    // It is told of nanoseconds.
    fn scale(&'static self) {}

    fn replace_bounds(&'static self, bounds: &[f64]) {
        self.bounds.replace(bounds, self.unit);
    }

    fn bytes(&'static self) -> usize {
        size_of::<Self>()
            + size_of::<FieldCells>()
            + self.shape.bytes()
            + self.bounds.bytes()
            + self.windows.len() * (size_of::<Window>() + Window::MOST_BYTES)
    }
}

impl Field {
    fn is_a_counter(&self) -> bool {
        matches!(self.family(), Some(Family { kind: Kind::Counter, .. }))
    }
}
