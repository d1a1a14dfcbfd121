//! The bounds of a histogram where they are looked for: they are those of the source, until a configuration replaces them.
//!
//! A place that fewer bounds leave over is never reached: its bound is larger than any value, and so is that of the first of
//! them, which takes what is above the last bound. A scrape adds those places up as `+Inf`.

use std::sync::atomic::AtomicU64;
#[cfg(feature = "metrics")]
use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering::Relaxed, Ordering::SeqCst, fence},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::family::{Unit, nanos};
#[cfg(feature = "metrics")]
use crate::{cell, clock::Rate, definition::Definition};

/// By the name of the family, what a configuration says.
#[cfg(feature = "metrics")]
pub(crate) type Replaced = HashMap<&'static str, Arc<[f64]>>;

/// All that were replaced: what a scrape takes for the bounds of these families.
#[cfg(feature = "metrics")]
pub(crate) fn replaced() -> MutexGuard<'static, Option<Replaced>> {
    static REPLACED: Mutex<Option<Replaced>> = Mutex::new(None);
    REPLACED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often bounds were replaced.
#[cfg(feature = "metrics")]
static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// See [`replace`].
#[cfg(feature = "metrics")]
pub(crate) fn generation() -> usize {
    GENERATION.load(Relaxed)
}

/// From now on a scrape takes these for the bounds of a family.
#[cfg(feature = "metrics")]
pub(crate) fn replace(family: &'static str, bounds: &[f64]) {
    replaced().get_or_insert_default().insert(family, bounds.into());
    GENERATION.fetch_add(1, Relaxed);
}

/// The bounds of a callsite's histogram, which is told of ticks alone: they change, so they are no part of the callsite, and a
/// call needs not look into that. All zeros until the first call, so they take no room in the program's file.
#[cfg(feature = "metrics")]
pub(crate) struct Row<const N: usize> {
    /// Each the first number of ticks that is above the bound.
    ticks: [AtomicU64; N],
    /// Bounds in nanoseconds, and one more, that a configuration put in the place of the source's; zeros if there are none.
    replaced: [AtomicU64; N],
}

#[cfg(feature = "metrics")]
impl<const N: usize> Row<N> {
    /// Nobody has called it yet.
    pub(crate) const fn new() -> Self {
        Row { ticks: [const { AtomicU64::new(0) }; N], replaced: [const { AtomicU64::new(0) }; N] }
    }

    /// However many there are.
    pub(crate) const fn slices(&'static self) -> Ticks {
        Ticks { ticks: &self.ticks, replaced: &self.replaced }
    }
}

/// A [`Row`], whatever its length.
#[cfg(feature = "metrics")]
#[derive(Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) ticks: &'static [AtomicU64],
    replaced: &'static [AtomicU64],
}

#[cfg(feature = "metrics")]
impl Ticks {
    /// Makes ticks of the bounds, as long as a tick is now. Before the first call, and once more when that is known for
    /// ever.
    pub(crate) fn scale(self, says: &Definition) {
        loop {
            let (rate, is_settled) = Rate::soon();
            for (at, ticks) in self.ticks.iter().enumerate() {
                let nanos = match self.replaced.first().map(|first| first.load(Relaxed)) {
                    None | Some(0) => says.bounds().get(at).map(|bound| exact(*bound, says.time_unit())),
                    Some(_) => self.replaced.get(at).map(|more| more.load(Relaxed)).map(|more| match more {
                        u64::MAX => u64::MAX,
                        more => more - 1,
                    }),
                };
                let above = |nanos| if nanos == u64::MAX { nanos } else { rate.ticks(nanos).saturating_add(1) };
                ticks.store(nanos.map_or(u64::MAX, above), Relaxed);
            }
            // Either this thread sees that it is settled meanwhile, or whoever settles it comes later and writes over this.
            fence(SeqCst);
            if is_settled || !Rate::is_settled() {
                return;
            }
        }
    }

    /// From now on they are others: at most as many.
    pub(crate) fn replace(self, bounds: &[f64], says: &Definition) {
        for (at, nanos) in self.replaced.iter().enumerate() {
            let more = |bound: &f64| exact(*bound, says.time_unit()).saturating_add(1);
            nanos.store(bounds.get(at).map_or(u64::MAX, more), Relaxed);
        }
        self.scale(says);
    }

    /// What they take.
    pub(crate) fn bytes(self) -> usize {
        size_of_val(self.ticks) + size_of_val(self.replaced)
    }
}

/// The most nanoseconds that are no more than a bound.
#[cfg(feature = "metrics")]
fn exact(bound: f64, unit: Unit) -> u64 {
    nanos::<1>(&[bound], unit)[0]
}

/// `N` is one more than there are bounds.
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub struct Bounds<const N: usize> {
    /// Each the first duration that is above the bound: none is below zero.
    nanos: [AtomicU64; N],
    /// The same in the unit of the family, by their bits.
    floats: [AtomicU64; N],
}

impl<const N: usize> Bounds<N> {
    /// These, in this unit.
    pub(crate) const fn new(bounds: &[f64], unit: Unit) -> Self {
        let exact = nanos::<N>(bounds, unit);
        let mut made =
            Bounds { nanos: [const { AtomicU64::new(u64::MAX) }; N], floats: [const { AtomicU64::new(INFINITY) }; N] };
        let mut at = 0;
        while at < bounds.len() && at < N {
            made.nanos[at] = AtomicU64::new(above(exact[at], bounds[at]));
            made.floats[at] = AtomicU64::new(bounds[at].to_bits());
            at += 1;
        }
        made
    }

    /// As a field has them, whatever their number.
    #[cfg(feature = "metrics")]
    pub(crate) const fn slices(&'static self) -> Slices {
        Slices { nanos: &self.nanos, floats: &self.floats }
    }
}

/// The first duration that is not at most a bound of so many nanoseconds.
const fn above(nanos: u64, bound: f64) -> u64 {
    if bound < 0.0 { 0 } else { nanos.saturating_add(1) }
}

const INFINITY: u64 = f64::INFINITY.to_bits();

/// The bounds of one histogram, whatever their number.
#[cfg(feature = "metrics")]
#[derive(Clone, Copy)]
pub(crate) struct Slices {
    nanos: &'static [AtomicU64],
    floats: &'static [AtomicU64],
}

#[cfg(feature = "metrics")]
impl Slices {
    /// The bucket of a duration.
    #[inline]
    pub(crate) fn of_nanos(self, nanos: u64) -> usize {
        // The last place is that of `+Inf`.
        cell::bucket(nanos, self.nanos)
    }

    /// The bucket of a value.
    #[inline]
    pub(crate) fn of_float(self, value: f64) -> usize {
        let bounds = self.floats.split_last().map_or(&[][..], |(_, bounds)| bounds);
        bounds.iter().position(|bound| value <= f64::from_bits(bound.load(Relaxed))).unwrap_or(bounds.len())
    }

    /// From now on they are others: at most as many.
    pub(crate) fn replace(self, bounds: &[f64], unit: Unit) {
        for (at, nanos) in self.nanos.iter().enumerate() {
            let above = |bound: &f64| above(exact(*bound, unit), *bound);
            nanos.store(bounds.get(at).map_or(u64::MAX, above), Relaxed);
        }
        for (at, float) in self.floats.iter().enumerate() {
            float.store(bounds.get(at).map_or(INFINITY, |bound| bound.to_bits()), Relaxed);
        }
    }

    /// What they take.
    pub(crate) fn bytes(self) -> usize {
        size_of_val(self.nanos) + size_of_val(self.floats)
    }
}
