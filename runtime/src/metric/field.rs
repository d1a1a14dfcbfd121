//! The field of a group: a static with what is said of it, and the cells of all of its label sets.

use std::fmt;

#[cfg(feature = "metrics")]
use std::{
    ptr,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use crate::block::Block;
use crate::bounds::Bounds;
#[cfg(feature = "metrics")]
use crate::bounds::Slices;
use crate::definition::Definition;
#[cfg(feature = "metrics")]
use crate::family::{Family, Kind, Numbers, Shows, Unit};
#[cfg(feature = "metrics")]
use crate::label;
use crate::label::{LabelSet, Open};
use crate::testing::Recording;
#[cfg(feature = "metrics")]
use crate::{
    catalogue::{self, Entry, Listed, Readable, Reading, SetReading, SetShows, Value},
    cell, exemplar, native,
    record::HEAD,
    recording::{self, Recorded},
    sketch::Window,
};

#[cfg(feature = "metrics")]
use super::callback;

/// Where a field counts: its cells, or a copy of them.
#[cfg(feature = "metrics")]
struct Parts<'a> {
    cells: &'a [AtomicU64],
    windows: &'a [Window],
    rejected: &'a AtomicU64,
}

/// The cells of a field in a recording.
#[cfg(feature = "metrics")]
struct Copied {
    cells: Vec<AtomicU64>,
    windows: Vec<Window>,
    rejected: AtomicU64,
}

#[cfg(feature = "metrics")]
impl Copied {
    fn parts(&self) -> Parts<'_> {
        Parts { cells: &self.cells, windows: &self.windows, rejected: &self.rejected }
    }
}

/// What a callback gives.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(super) enum Read {
    Count(u64),
    Level(i64),
    Float(f64),
}

/// The field of a group. Which metric it is, its definition says: so the compiler makes one type for all of them.
pub struct Field {
    definition: Definition,
    #[cfg_attr(not(feature = "metrics"), allow(dead_code))]
    opens: &'static [Open],
    /// By label set, a stride each.
    #[cfg(feature = "metrics")]
    cells: &'static [AtomicU64],
    #[cfg(feature = "metrics")]
    windows: &'static [Window],
    /// A histogram's bounds.
    #[cfg(feature = "metrics")]
    bounds: Slices,
    /// The place of `+Inf` among the cells.
    #[cfg(feature = "metrics")]
    infinite: usize,
    #[cfg(feature = "metrics")]
    stride: usize,
    #[cfg(feature = "metrics")]
    native: Option<native::Range>,
    #[cfg(feature = "metrics")]
    unit: Unit,
    #[cfg(feature = "metrics")]
    is_summary: bool,
    #[cfg(feature = "metrics")]
    is_flagged: bool,
    #[cfg(feature = "metrics")]
    rejected: AtomicU64,
    #[cfg(feature = "metrics")]
    has_callbacks: AtomicBool,
    #[cfg(feature = "metrics")]
    entry: Entry,
}

/// How much room a field needs.
impl Definition {
    /// How many numbers.
    #[must_use]
    pub const fn numbers(&self) -> usize {
        #[cfg(feature = "metrics")]
        match self.family(0) {
            // It shows one label set at a time.
            Some(Family { kind: Kind::Info, .. }) | None => 1,
            Some(family) => self.room() * stride(family),
        }
        #[cfg(not(feature = "metrics"))]
        0
    }

    /// How many windows.
    #[must_use]
    pub const fn windows(&self) -> usize {
        #[cfg(feature = "metrics")]
        match self.family(0) {
            Some(Family { kind: Kind::Summary, .. }) => self.room(),
            _ => 0,
        }
        #[cfg(not(feature = "metrics"))]
        0
    }

    /// The bounds of its histogram.
    #[must_use]
    pub const fn searched<const N: usize>(&self) -> Bounds<N> {
        Bounds::new(self.bounds(), self.time_unit())
    }
}

/// How many cells a label set has.
#[cfg(feature = "metrics")]
const fn stride(family: &Family) -> usize {
    match family.kind {
        // Buckets, `+Inf`, and two sums: of nanoseconds, which is one add, and of floats.
        Kind::Histogram => family.bounds.len() + 3 + family.native_cells(),
        // Count and the two sums.
        Kind::Summary => 3,
        // The number, and whether it was ever set.
        Kind::Gauge if is_flagged(family) => 2,
        Kind::Counter | Kind::Gauge | Kind::Info => 1,
    }
}

/// Whether a gauge needs to know that it was set: nothing else tells a zero from nothing.
#[cfg(feature = "metrics")]
const fn is_flagged(family: &Family) -> bool {
    matches!((family.kind, family.zero), (Kind::Gauge, Some(false)))
}

impl Field {
    /// A field that nobody has used yet. `me` is the static that it initialises.
    #[must_use]
    pub const fn new<const C: usize, const W: usize, const B: usize>(
        definition: Definition,
        opens: &'static [Open],
        cells: &'static Block<C, W>,
        bounds: &'static Bounds<B>,
        me: &'static Field,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = (cells, bounds, me);
        #[cfg(feature = "metrics")]
        let family = match definition.family(0) {
            Some(family) => *family,
            None => Family::new("", "", Kind::Gauge, Shows::Field(Numbers::Float)),
        };
        Field {
            definition,
            opens,
            #[cfg(feature = "metrics")]
            cells: &cells.cells,
            #[cfg(feature = "metrics")]
            windows: &cells.windows,
            #[cfg(feature = "metrics")]
            bounds: bounds.slices(),
            #[cfg(feature = "metrics")]
            infinite: family.bounds.len(),
            #[cfg(feature = "metrics")]
            stride: stride(&family),
            #[cfg(feature = "metrics")]
            native: if family.native { Some(native::Range::of(family.time_unit())) } else { None },
            #[cfg(feature = "metrics")]
            unit: family.unit(),
            #[cfg(feature = "metrics")]
            is_summary: matches!(family.kind, Kind::Summary),
            #[cfg(feature = "metrics")]
            is_flagged: is_flagged(&family),
            #[cfg(feature = "metrics")]
            rejected: AtomicU64::new(0),
            #[cfg(feature = "metrics")]
            has_callbacks: AtomicBool::new(false),
            #[cfg(feature = "metrics")]
            entry: Entry::new(me),
        }
    }

    /// As the linker's list holds it.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub const fn listed(&'static self, record: &'static [u8; HEAD]) -> Listed {
        Listed(self, record)
    }
}

/// One label set of a field.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) struct At {
    field: &'static Field,
    set: usize,
}

impl At {
    pub(super) const fn of(field: &'static Field) -> Self {
        At { field, set: 0 }
    }

    pub(super) fn debug(&self, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.field.definition.family(0).map_or("", |family| family.name);
        f.debug_tuple(what).field(&name).finish()
    }
}

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug("At", f)
    }
}

#[cfg(not(feature = "metrics"))]
#[allow(clippy::unused_self)]
impl At {
    #[inline]
    pub(super) fn with(self, _: &impl LabelSet) -> Self {
        self
    }
    #[inline]
    pub(super) fn add(self, _: u64) {}
    #[inline]
    pub(super) fn add_float(self, _: f64) {}
    #[inline]
    pub(super) fn set(self, _: u64) {}
    #[inline]
    pub(super) fn reject(self) {}
    #[inline]
    pub(super) fn show(self) {}
    #[inline]
    pub(super) fn observe_nanos(self, _: u64) {}
    #[inline]
    pub(super) fn observe_float(self, _: f64) {}
    pub(super) fn read(self) -> u64 {
        0
    }
    pub(super) fn count_and_sum(self) -> (u64, f64) {
        (0, 0.0)
    }
    pub(super) fn read_from(self, _: impl Fn() -> Read + Send + Sync + 'static) {}
    #[inline]
    pub(super) fn down(self, _: bool, _: Option<&Recording>) {}
}

#[cfg(feature = "metrics")]
impl At {
    /// The same field with these labels.
    #[inline]
    pub(super) fn with(self, labels: &impl LabelSet) -> Self {
        let mut number = label::Number::new(&self.field.definition, self.field.opens, catalogue::table, false);
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
            None => self.field.parts(),
        })
    }

    /// The cells of this label set.
    #[inline]
    fn cells(self, all: &[AtomicU64]) -> &[AtomicU64] {
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
    pub(super) fn down(self, is_float: bool, recording: Option<&Recording>) {
        let down = |cell: &AtomicU64| {
            if is_float {
                cell::add_float(cell, -1.0);
            } else {
                cell.fetch_sub(1, Relaxed);
            }
        };
        match recording.and_then(|recording| self.field.copy_in(recording.recorded())) {
            Some(copy) => self.change_in(&copy.parts(), down),
            None => self.change_in(&self.field.parts(), down),
        }
    }

    #[inline]
    pub(super) fn add(self, n: u64) {
        self.change(|cell| _ = cell.fetch_add(n, Relaxed));
    }

    #[inline]
    pub(super) fn add_float(self, n: f64) {
        self.change(|cell| cell::add_float(cell, n));
    }

    #[inline]
    pub(super) fn set(self, bits: u64) {
        self.change(|cell| cell.store(bits, Relaxed));
    }

    /// A number that is none.
    #[cold]
    pub(super) fn reject(self) {
        self.on(|parts| _ = parts.rejected.fetch_add(1, Relaxed));
    }

    /// Of all label sets, this one is shown.
    pub(super) fn show(self) {
        self.on(|parts| {
            if let Some(shown) = parts.cells.first() {
                shown.store(self.set as u64 + 1, Relaxed);
            }
        });
    }

    #[inline]
    pub(super) fn observe_nanos(self, nanos: u64) {
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
            self.note(bucket, || field.unit.of_nanos(nanos));
            cell::observe(cells, bucket);
            // Behind the buckets.
            if let Some(sum) = cells.get(field.infinite + 1) {
                sum.fetch_add(nanos, Relaxed);
            }
        });
    }

    #[inline]
    pub(super) fn observe_float(self, value: f64) {
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
            self.note(bucket, || value);
            cell::observe(cells, bucket);
            if let Some(sum) = cells.get(field.infinite + 2) {
                cell::add_float(sum, value);
            }
        });
    }

    fn observe_window(self, parts: &Parts<'_>, value: f64) {
        if let Some(window) = parts.windows.get(self.set) {
            window.observe(value);
        }
    }

    /// The trace that this observation belongs to becomes the exemplar of its bucket.
    #[inline]
    fn note(self, bucket: usize, value: impl FnOnce() -> f64) {
        if exemplar::is_on() && !self.field.is_summary && !recording::is_any() {
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

    pub(super) fn read(self) -> u64 {
        self.on(|parts| self.number(&parts))
    }

    fn number(self, parts: &Parts<'_>) -> u64 {
        self.cells(parts.cells).first().map_or(0, |cell| cell.load(Relaxed))
    }

    pub(super) fn count_and_sum(self) -> (u64, f64) {
        match self.on(|parts| self.field.value(self.set, &parts)) {
            Some(Value::Histogram { counts, sum, .. }) => (counts.iter().sum(), sum),
            Some(Value::Summary { count, sum, .. }) => (count, sum),
            _ => (0, 0.0),
        }
    }

    pub(super) fn read_from(self, read: impl Fn() -> Read + Send + Sync + 'static) {
        self.field.entry.meet();
        callback::set(self.field, self.set, Box::new(read));
        self.field.has_callbacks.store(true, Relaxed);
    }
}

#[cfg(feature = "metrics")]
impl Field {
    #[inline]
    fn parts(&'static self) -> Parts<'static> {
        Parts { cells: self.cells, windows: self.windows, rejected: &self.rejected }
    }

    /// Its cells in the recording that this thread takes part in.
    #[cold]
    #[inline(never)]
    fn current_copy(&'static self) -> Option<Arc<Copied>> {
        self.copy_in(&*recording::current()?)
    }

    /// Its cells in a recording.
    #[cold]
    fn copy_in(&'static self, recorded: &Recorded) -> Option<Arc<Copied>> {
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
    fn value(&'static self, set: usize, parts: &Parts<'_>) -> Option<Value> {
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

#[cfg(feature = "metrics")]
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

#[cfg(feature = "metrics")]
impl Field {
    fn is_a_counter(&self) -> bool {
        matches!(self.family(), Some(Family { kind: Kind::Counter, .. }))
    }
}
