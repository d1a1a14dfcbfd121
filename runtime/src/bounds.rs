//! The bounds of a histogram where they are looked for: they are those of the source, until a configuration replaces them.
//!
//! A place that fewer bounds leave over is never reached: its bound is larger than any value, and so is that of the first of
//! them, which takes what is above the last bound. A scrape adds those places up as `+Inf`.

use std::sync::atomic::AtomicU64;
#[cfg(feature = "metrics")]
use std::{
    collections::HashMap,
    sync::atomic::Ordering::Relaxed,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::definition::Definition;
use crate::family::{Unit, nanos};

/// By the name of the family, what a configuration says.
#[cfg(feature = "metrics")]
pub(crate) type Replaced = HashMap<&'static str, Arc<[f64]>>;

/// All that were replaced: what a scrape takes for the bounds of these families.
#[cfg(feature = "metrics")]
pub(crate) fn replaced() -> MutexGuard<'static, Option<Replaced>> {
    static REPLACED: Mutex<Option<Replaced>> = Mutex::new(None);
    REPLACED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a row of bounds in nanoseconds holds these, and nothing behind them.
#[cfg(feature = "metrics")]
pub(crate) fn replace_nanos(row: &[AtomicU64], bounds: &[f64], unit: Unit) {
    for (at, nanos) in row.iter().enumerate() {
        nanos.store(bounds.get(at).map_or(u64::MAX, |bound| crate::family::nanos::<1>(&[*bound], unit)[0]), Relaxed);
    }
}

/// Bounds in nanoseconds, as a callsite has them: it is told of durations alone. A static of their own, because they may
/// change: so the callsite does not, and a call needs not look into it.
pub struct Nanos<const N: usize> {
    #[cfg(feature = "metrics")]
    pub(crate) row: [AtomicU64; N],
}

impl<const N: usize> Nanos<N> {
    /// Those of the histogram.
    #[must_use]
    pub const fn new(says: &Definition) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = says;
        Nanos {
            #[cfg(feature = "metrics")]
            row: {
                let exact = nanos::<N>(says.bounds(), says.time_unit());
                let mut row = [const { AtomicU64::new(u64::MAX) }; N];
                let mut at = 0;
                while at < N {
                    row[at] = AtomicU64::new(exact[at]);
                    at += 1;
                }
                row
            },
        }
    }
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
        let bounds = self.nanos.split_last().map_or(&[][..], |(_, bounds)| bounds);
        bounds.iter().position(|above| nanos < above.load(Relaxed)).unwrap_or(bounds.len())
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
            let exact = |bound: &f64| above(crate::family::nanos::<1>(&[*bound], unit)[0], *bound);
            nanos.store(bounds.get(at).map_or(u64::MAX, exact), Relaxed);
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
