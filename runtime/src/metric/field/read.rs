//! What a scrape reads of a field.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::super::callback;
use super::{At, Copied, Field, Parts, Read};
use crate::catalogue::{Readable, Reading, SetReading, SetShows, Value};
use crate::definition::Definition;
use crate::family::{Family, Kind, Numbers, Shows};
use crate::label::{self, Open};
use crate::recording::{self, Recorded};
use crate::sketch::Window;
use crate::{cell, exemplar};

impl Field {
    #[inline]
    pub(super) fn parts(&'static self) -> Parts<'static> {
        Parts { cells: self.cells, windows: self.windows, rejected: &self.rejected, is_recorded: false }
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
            cells: self.cells.iter().map(|_| AtomicU64::new(0)).collect(),
            windows: self.windows.iter().map(|_| Window::new()).collect(),
            rejected: AtomicU64::new(0),
        })
    }

    fn family(&self) -> Option<&Family> {
        self.definition.family(0)
    }

    /// What stands in the cells of a label set.
    pub(super) fn value(&'static self, set: usize, parts: &Parts<'_>) -> Option<Value> {
        let family = self.family()?;
        let (at, buckets) = (At { field: self, set }, family.bounds.len() + 1);
        let load = |cell: &AtomicU64| cell.load(Relaxed);
        let sum = |cells: &[AtomicU64], from: usize| match cells.get(from..from + 2) {
            Some([nanos, floats]) => self.unit.of_nanos(load(nanos)) + f64::from_bits(load(floats)),
            _ => 0.0,
        };
        Some(match (family.kind, family.shows) {
            (Kind::Info, _) => Value::Info,
            (Kind::Histogram, _) => {
                let cells = at.cells(parts.cells);
                // In this order: see `observe_native`.
                let counts = cell::counts(cells.get(..buckets)?).collect();
                let sum = sum(cells, buckets);
                {
                    let native = cells.get(buckets + 2..)?.iter().map(load).collect();
                    let exemplars = exemplar::read(ptr::from_ref(self).addr(), set * self.stride, buckets);
                    Value::Histogram { counts, sum, native, exemplars }
                }
            }
            (Kind::Summary, _) => {
                let cells = at.cells(parts.cells);
                Value::Summary {
                    sketch: parts.windows.get(set)?.read(),
                    count: load(cells.first()?),
                    sum: sum(cells, 1),
                }
            }
            (_, Shows::Field(Numbers::Unsigned)) => Value::Count(at.number(parts)),
            (_, Shows::Field(Numbers::Signed)) => Value::Level(i64::from_ne_bytes(at.number(parts).to_ne_bytes())),
            (Kind::Counter | Kind::Gauge, _) => Value::Float(f64::from_bits(at.number(parts))),
        })
    }

    /// Whether a label set was ever used.
    fn is_touched(&'static self, set: usize, parts: &Parts<'_>, value: &Value) -> bool {
        match value {
            Value::Count(count) | Value::Summary { count, .. } => *count > 0,
            Value::Level(_) | Value::Float(_) if self.is_flagged => {
                At { field: self, set }.cells(parts.cells).get(1).is_some_and(|flag| flag.load(Relaxed) > 0)
            }
            Value::Level(level) => *level != 0,
            Value::Float(value) => value.to_bits() != 0,
            Value::Histogram { counts, .. } => counts.iter().any(|count| *count > 0),
            Value::Info => true,
        }
    }

    /// The label sets that can be shown.
    fn sets(&'static self, parts: &Parts<'_>) -> Vec<usize> {
        let digits = label::digits(self.definition.dimensions, self.opens);
        if matches!(self.family(), Some(Family { kind: Kind::Info, .. })) {
            let shown = parts.cells.first().map_or(0, |cell| cell.load(Relaxed));
            // Without labels there is one.
            let shown = if digits.is_empty() { 1 } else { shown };
            return usize::try_from(shown).ok().and_then(|shown| shown.checked_sub(1)).into_iter().collect();
        }
        // Of an open-ended label only what came is shown.
        let is_seen = |set: &usize| digits.iter().all(|digit| digit.open.is_none() || digit.text(*set).is_some());
        (0..self.definition.room()).filter(is_seen).collect()
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
        let parts = copy.as_ref().map_or(self.parts(), |copy| copy.parts());
        let has_callbacks = recorded.is_none() && self.has_callbacks.load(Relaxed);
        let mut failed = false;
        let mut sets = Vec::new();
        for set in self.sets(&parts) {
            let called = if has_callbacks { callback::read(self, set) } else { None };
            let (value, is_touched) = match called {
                Some(Ok(Read::Count(count))) => (Value::Count(count), true),
                Some(Ok(Read::Level(level))) => (Value::Level(level), true),
                // A counter cannot be less than nothing.
                Some(Ok(Read::Float(value))) if self.is_a_counter() && !(0.0..f64::INFINITY).contains(&value) => {
                    parts.rejected.fetch_add(1, Relaxed);
                    continue;
                }
                Some(Ok(Read::Float(value))) => (Value::Float(value), true),
                Some(Err(callback::Failed)) => {
                    failed = true;
                    continue;
                }
                None => {
                    let Some(value) = self.value(set, &parts) else { continue };
                    let is_touched = self.is_touched(set, &parts, &value);
                    (value, is_touched)
                }
            };
            sets.push(SetReading { set, shows: SetShows::Field { is_touched, value } });
        }
        Reading { sets, rejected: parts.rejected.load(Relaxed), failed }
    }

    // It looks each time.
    fn pause(&'static self) {}

    fn replace_bounds(&'static self, bounds: &[f64]) {
        self.bounds.replace(bounds, self.unit);
    }

    fn bytes(&'static self) -> usize {
        size_of::<Self>()
            + size_of_val(self.cells)
            + self.bounds.bytes()
            + self.windows.len() * (size_of::<Window>() + Window::MOST_BYTES)
    }
}

impl Field {
    fn is_a_counter(&self) -> bool {
        matches!(self.family(), Some(Family { kind: Kind::Counter, .. }))
    }
}
