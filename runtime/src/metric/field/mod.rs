//! The field of a group: a static with what is said of it, and the cells of all of its label sets.

mod at;
#[cfg(feature = "metrics")]
mod read;

use std::fmt;

#[cfg(feature = "metrics")]
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::bounds::Bounds;
use crate::definition::Definition;
use crate::label::Open;
use crate::windows::Windows;
#[cfg(feature = "metrics")]
use crate::{
    bounds::Slices,
    catalogue::{Entry, Listed},
    cell::{Cells, Shape},
    family::{Family, Kind, Numbers, Shows, Unit},
    native,
    sketch::Window,
};

/// Where a field counts: its cells, or a copy of them.
#[cfg(feature = "metrics")]
struct Parts<'a> {
    cells: &'a [AtomicU64],
    windows: &'a [Window],
    rejected: &'a AtomicU64,
    is_recorded: bool,
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
        Parts { cells: &self.cells, windows: &self.windows, rejected: &self.rejected, is_recorded: true }
    }
}

/// What a field changes. A static of its own, because it is all zeros: so it takes no room in the program's file, and the
/// field itself is a constant.
pub struct FieldCells {
    #[cfg(feature = "metrics")]
    cells: Cells,
    #[cfg(feature = "metrics")]
    rejected: AtomicU64,
    #[cfg(feature = "metrics")]
    has_callbacks: AtomicBool,
}

impl FieldCells {
    /// All zeros. A constant, so that the compiler makes it once.
    #[allow(clippy::declare_interior_mutable_const)] // it is for statics
    pub const NEW: Self = FieldCells {
        #[cfg(feature = "metrics")]
        cells: Cells::new(),
        #[cfg(feature = "metrics")]
        rejected: AtomicU64::new(0),
        #[cfg(feature = "metrics")]
        has_callbacks: AtomicBool::new(false),
    };
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
    #[cfg_attr(not(feature = "metrics"), allow(dead_code))]
    opens: &'static [Open],
    #[cfg(feature = "metrics")]
    of: &'static FieldCells,
    /// By label set, a stride each. What is only added to has cells for each thread, or nearly.
    #[cfg(feature = "metrics")]
    shape: Shape,
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
    entry: Entry,
    definition: &'static Definition,
}

/// How much room a field needs.
impl Definition {
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

#[cfg(feature = "metrics")]
const fn shape(definition: &Definition, family: &Family) -> Shape {
    match family.kind {
        // It shows one label set at a time.
        Kind::Info => Shape { len: 1, is_shared: true },
        kind => Shape { len: definition.room() * stride(family), is_shared: matches!(kind, Kind::Gauge) },
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
    pub const fn new<const W: usize, const B: usize>(
        definition: &'static Definition,
        opens: &'static [Open],
        of: &'static FieldCells,
        windows: &'static Windows<W>,
        bounds: &'static Bounds<B>,
        me: &'static Field,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = (of, windows, bounds, me);
        #[cfg(feature = "metrics")]
        let family = match definition.family(0) {
            Some(family) => *family,
            None => Family::new("", "", Kind::Gauge, Shows::Field(Numbers::Float)),
        };
        Field {
            opens,
            #[cfg(feature = "metrics")]
            of,
            #[cfg(feature = "metrics")]
            shape: shape(definition, &family),
            #[cfg(feature = "metrics")]
            windows: windows.all(),
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
            entry: Entry::new(me),
            definition,
        }
    }

    /// As the linker's list holds it.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub const fn listed(&'static self, record: &'static str) -> Listed {
        Listed::new(self, record.as_bytes())
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
