//! What a scrape reads of a field.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Relaxed};

use super::super::callback;
use super::{Copied, Field, FieldCells, Parts, Read};
use crate::catalogue::{Readable, Reading, SetReading, SetShows, Value};
use crate::definition::Definition;
use crate::exemplar;
use crate::family::{Family, Kind, Numbers, Shows};
use crate::label::{self, Open};
use crate::recording::{self, Recorded};
use crate::sketch::Window;

/// All of a field's cells: those of every thread, or a copy.
pub(super) struct Whole<'a> {
    field: &'static Field,
    blocks: Vec<&'a [AtomicU64]>,
    windows: &'a [Window],
    rejected: &'a AtomicU64,
}

impl Whole<'_> {
    /// One of a label set's numbers, over all threads.
    fn sum(&self, set: usize, at: usize) -> u64 {
        let at = set * self.field.stride + at;
        let cells = self.blocks.iter().filter_map(|block| block.get(at));
        cells.fold(0, |sum, cell| sum.wrapping_add(cell.load(Acquire)))
    }

    fn sums(&self, set: usize, from: usize, to: usize) -> Vec<u64> {
        (from..to).map(|at| self.sum(set, at)).collect()
    }

    fn float(&self, set: usize, at: usize) -> f64 {
        let at = set * self.field.stride + at;
        let cells = self.blocks.iter().filter_map(|block| block.get(at));
        // Zero, and not minus zero, where there are none; and of one the bits, whatever they are.
        cells.map(|cell| f64::from_bits(cell.load(Relaxed))).reduce(|sum, value| sum + value).unwrap_or(0.0)
    }

    /// What stands in the cells of a label set.
    pub(super) fn value(&self, set: usize) -> Option<Value> {
        let (field, family) = (self.field, self.field.family()?);
        let buckets = family.bounds.len() + 1;
        let sum = |at| field.unit.of_nanos(self.sum(set, at)) + self.float(set, at + 1);
        Some(match (family.kind, family.shows) {
            (Kind::Info, _) => Value::Info,
            (Kind::Histogram, _) => {
                // In this order: see `observe_native`.
                let counts = self.sums(set, 0, buckets);
                Value::Histogram {
                    counts,
                    sum: sum(buckets),
                    native: self.sums(set, buckets + 2, field.stride),
                    exemplars: exemplar::read(ptr::from_ref(field).addr(), set * field.stride, buckets),
                }
            }
            (Kind::Summary, _) => {
                let sketch = self.windows.get(set)?.read();
                Value::Summary { sketch, count: self.sum(set, 0), sum: sum(1) }
            }
            (_, Shows::Field(Numbers::Unsigned)) => Value::Count(self.sum(set, 0)),
            (_, Shows::Field(Numbers::Signed)) => Value::Level(i64::from_ne_bytes(self.sum(set, 0).to_ne_bytes())),
            (Kind::Counter | Kind::Gauge, _) => Value::Float(self.float(set, 0)),
        })
    }

    /// Whether a label set was ever used.
    fn is_touched(&self, set: usize, value: &Value) -> bool {
        match value {
            Value::Count(count) | Value::Summary { count, .. } => *count > 0,
            Value::Level(_) | Value::Float(_) if self.field.is_flagged => self.sum(set, 1) > 0,
            Value::Level(level) => *level != 0,
            Value::Float(value) => value.to_bits() != 0,
            Value::Histogram { counts, .. } => counts.iter().any(|count| *count > 0),
            Value::Info => true,
        }
    }

    /// The label sets that can be shown.
    fn sets(&self) -> Vec<usize> {
        let definition = &self.field.definition;
        let digits = label::digits(definition.dimensions, self.field.opens);
        if matches!(self.field.family(), Some(Family { kind: Kind::Info, .. })) {
            // Without labels there is one.
            let shown = if digits.is_empty() { 1 } else { self.sum(0, 0) };
            return usize::try_from(shown).ok().and_then(|shown| shown.checked_sub(1)).into_iter().collect();
        }
        // Of an open-ended label only what came is shown.
        let is_seen = |set: &usize| digits.iter().all(|digit| digit.open.is_none() || digit.text(*set).is_some());
        (0..definition.room()).filter(is_seen).collect()
    }
}

impl Field {
    #[inline]
    pub(super) fn parts(&'static self, cells: &'static [AtomicU64]) -> Parts<'static> {
        Parts { cells, windows: self.windows, rejected: &self.of.rejected, is_recorded: false }
    }

    pub(super) fn whole<'a>(&'static self, copy: Option<&'a Copied>) -> Whole<'a> {
        match copy {
            Some(Copied { cells, windows, rejected }) => Whole { field: self, blocks: vec![cells], windows, rejected },
            None => Whole {
                field: self,
                blocks: self.of.cells.all(self.shape).collect(),
                windows: self.windows,
                rejected: &self.of.rejected,
            },
        }
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
        &self.definition
    }

    fn opens(&'static self) -> &'static [Open] {
        self.opens
    }

    fn read(&'static self, recorded: Option<&Recorded>) -> Reading {
        let copy = recorded.and_then(|recorded| self.copy_in(recorded));
        let whole = self.whole(copy.as_deref());
        let has_callbacks = recorded.is_none() && self.of.has_callbacks.load(Relaxed);
        let mut failed = false;
        let mut sets = Vec::new();
        for set in whole.sets() {
            let called = if has_callbacks { callback::read(self, set) } else { None };
            let (value, is_touched) = match called {
                Some(Ok(Read::Count(count))) => (Value::Count(count), true),
                Some(Ok(Read::Level(level))) => (Value::Level(level), true),
                // A counter cannot be less than nothing.
                Some(Ok(Read::Float(value))) if self.is_a_counter() && !(0.0..f64::INFINITY).contains(&value) => {
                    whole.rejected.fetch_add(1, Relaxed);
                    continue;
                }
                Some(Ok(Read::Float(value))) => (Value::Float(value), true),
                Some(Err(callback::Failed)) => {
                    failed = true;
                    continue;
                }
                None => {
                    let Some(value) = whole.value(set) else { continue };
                    let is_touched = whole.is_touched(set, &value);
                    (value, is_touched)
                }
            };
            sets.push(SetReading { set, shows: SetShows::Field { is_touched, value } });
        }
        Reading { sets, rejected: whole.rejected.load(Relaxed), failed }
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
