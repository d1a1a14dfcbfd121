//! What a handle does with its cells.

use super::{At, Read};
use crate::label::LabelSet;
use crate::testing::Recording;

#[cfg(feature = "metrics")]
use std::{
    ptr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

#[cfg(feature = "metrics")]
use super::{super::callback, Parts};
#[cfg(feature = "metrics")]
use crate::{catalogue, cell, exemplar, label, recording};

#[cfg(not(feature = "metrics"))]
#[allow(clippy::unused_self)]
impl At {
    #[inline]
    pub(in crate::metric) fn with(self, _: &impl LabelSet) -> Self {
        self
    }
    #[inline]
    pub(in crate::metric) fn add(self, _: u64) {}
    #[inline]
    pub(in crate::metric) fn add_float(self, _: f64) {}
    #[inline]
    pub(in crate::metric) fn set(self, _: u64) {}
    #[inline]
    pub(in crate::metric) fn reject(self) {}
    #[inline]
    pub(in crate::metric) fn show(self) {}
    #[inline]
    pub(in crate::metric) fn observe_nanos(self, _: u64) {}
    #[inline]
    pub(in crate::metric) fn observe_float(self, _: f64) {}
    pub(in crate::metric) fn read(self) -> u64 {
        0
    }
    pub(in crate::metric) fn count_and_sum(self) -> (u64, f64) {
        (0, 0.0)
    }
    pub(in crate::metric) fn read_from(self, _: impl Fn() -> Read + Send + Sync + 'static) {}
    #[inline]
    pub(in crate::metric) fn down(self, _: bool, _: Option<&Recording>) {}
}

#[cfg(feature = "metrics")]
impl At {
    /// The same field with these labels.
    #[inline]
    pub(in crate::metric) fn with(self, labels: &impl LabelSet) -> Self {
        let mut number = label::Number::new(self.field.definition, self.field.opens, catalogue::table, false);
        labels.join(&mut number);
        At { field: self.field, set: number.set() }
    }

    /// Does something with the cells, or with those of a recording that this thread takes part in.
    #[inline]
    fn on<R>(self, act: impl FnOnce(Parts<'_>) -> R) -> R {
        self.field.entry.meet();
        // One use of `act`, so there is one copy of its code.
        let copy = if recording::is_any() { self.field.current_copy() } else { None };
        act(match &copy {
            Some(copy) => copy.parts(),
            None => self.field.parts(self.field.of.cells.here(self.field.shape)),
        })
    }

    /// The cells of this label set.
    #[inline]
    pub(super) fn cells(self, all: &[AtomicU64]) -> &[AtomicU64] {
        let from = self.set * self.field.stride;
        all.get(from..from + self.field.stride).unwrap_or_default()
    }

    /// Changes the number, and notes that it was.
    #[inline]
    fn change(self, change: impl FnOnce(&AtomicU64)) {
        self.on(|parts| self.change_in(&parts, change));
    }

    #[inline]
    fn change_in(self, parts: &Parts<'_>, change: impl FnOnce(&AtomicU64)) {
        let cells = self.cells(parts.cells);
        if let (true, Some(flag)) = (self.field.is_flagged, cells.get(1)) {
            flag.store(1, Relaxed);
        }
        if let Some(cell) = cells.first() {
            change(cell);
        }
    }

    /// One less, in a recording or in none.
    #[inline]
    pub(in crate::metric) fn down(self, is_float: bool, recording: Option<&Recording>) {
        let down = |cell: &AtomicU64| {
            if is_float {
                cell::add_float(cell, -1.0);
            } else {
                cell.fetch_sub(1, Relaxed);
            }
        };
        match recording.and_then(|recording| self.field.copy_in(recording.recorded())) {
            Some(copy) => self.change_in(&copy.parts(), down),
            None => self.change_in(&self.field.parts(self.field.of.cells.here(self.field.shape)), down),
        }
    }

    #[inline]
    pub(in crate::metric) fn add(self, n: u64) {
        self.change(|cell| _ = cell.fetch_add(n, Relaxed));
    }

    #[inline]
    pub(in crate::metric) fn add_float(self, n: f64) {
        self.change(|cell| cell::add_float(cell, n));
    }

    #[inline]
    pub(in crate::metric) fn set(self, bits: u64) {
        self.change(|cell| cell.store(bits, Relaxed));
    }

    /// A number that is none.
    #[cold]
    pub(in crate::metric) fn reject(self) {
        self.on(|parts| _ = parts.rejected.fetch_add(1, Relaxed));
    }

    /// Of all label sets, this one is shown.
    pub(in crate::metric) fn show(self) {
        self.on(|parts| {
            if let Some(shown) = parts.cells.first() {
                shown.store(self.set as u64 + 1, Relaxed);
            }
        });
    }

    #[inline]
    pub(in crate::metric) fn observe_nanos(self, nanos: u64) {
        // 292 years: two of them would be more than the sum can hold.
        if nanos > u64::MAX / 2 {
            return self.reject();
        }
        self.on(|parts| {
            let (field, cells) = (self.field, self.cells(parts.cells));
            let bucket = if field.is_summary {
                self.observe_window(&parts, field.unit.of_nanos(nanos));
                0
            } else {
                self.observe_native(cells, || field.unit.of_nanos(nanos));
                field.bounds.of_nanos(nanos)
            };
            cell::observe(cells, bucket);
            // Behind the buckets.
            if let Some(sum) = cells.get(field.infinite + 1) {
                sum.fetch_add(nanos, Relaxed);
            }
            self.note(&parts, bucket, || field.unit.of_nanos(nanos));
        });
    }

    #[inline]
    pub(in crate::metric) fn observe_float(self, value: f64) {
        if !value.is_finite() {
            return self.reject();
        }
        self.on(|parts| {
            let (field, cells) = (self.field, self.cells(parts.cells));
            let bucket = if field.is_summary {
                self.observe_window(&parts, value);
                0
            } else {
                self.observe_native(cells, || value);
                field.bounds.of_float(value)
            };
            cell::observe(cells, bucket);
            if let Some(sum) = cells.get(field.infinite + 2) {
                cell::add_float(sum, value);
            }
            self.note(&parts, bucket, || value);
        });
    }

    fn observe_window(self, parts: &Parts<'_>, value: f64) {
        if let Some(window) = parts.windows.get(self.set) {
            window.observe(value);
        }
    }

    /// The trace that this observation belongs to becomes the exemplar of its bucket.
    #[inline]
    fn note(self, parts: &Parts<'_>, bucket: usize, value: impl FnOnce() -> f64) {
        if exemplar::is_on() && !self.field.is_summary && !parts.is_recorded {
            exemplar::note(ptr::from_ref(self.field).addr(), self.set * self.field.stride + bucket, value());
        }
    }

    /// Before the other buckets: so at any moment there are no fewer observations here than there.
    #[inline]
    fn observe_native(self, cells: &[AtomicU64], value: impl FnOnce() -> f64) {
        if let Some(range) = &self.field.native {
            if let Some(cell) = cells.get(self.field.infinite + 3 + range.index(value())) {
                cell.fetch_add(1, Relaxed);
            }
        }
    }

    /// The number, or its bits.
    pub(in crate::metric) fn read(self) -> u64 {
        self.numbers().first().copied().unwrap_or(0)
    }

    pub(in crate::metric) fn count_and_sum(self) -> (u64, f64) {
        let cells = self.numbers();
        // The sketch is of no matter.
        let (count, sums) = cells.split_at(self.field.infinite + 1);
        (count.iter().sum(), self.field.unit.of_nanos(sums[0]) + f64::from_bits(sums[1]))
    }

    /// The cells of this label set, over all threads.
    fn numbers(self) -> Vec<u64> {
        self.field.entry.meet();
        let copy = if recording::is_any() { self.field.current_copy() } else { None };
        let mut numbers = Vec::new();
        self.field.add_up(copy.as_deref(), &[self.set], &mut numbers);
        numbers
    }

    pub(in crate::metric) fn read_from(self, read: impl Fn() -> Read + Send + Sync + 'static) {
        self.field.entry.meet();
        callback::set(self.field, self.set, Box::new(read));
        self.field.of.has_callbacks.store(true, Relaxed);
    }
}
