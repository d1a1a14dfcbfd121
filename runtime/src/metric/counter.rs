//! Counters.

use super::{At, LabelSet, Metric, Of, PhantomData, fmt, handle, sealed};
use crate::family::{Kind, Numbers};

/// What only grows: tasks, bytes, errors.
///
/// `Counter` counts in `u64` and wraps after 2^64; `Counter<(), f64>` adds floats; `Counter<L>` has a counter for each label
/// set of `L`, a type with [`LabelSet`](derive@crate::LabelSet).
///
/// ```
/// use tallied::{Counter, Metrics};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "shop")]
/// struct Orders {
///     /// Orders taken.
///     orders_total: Counter,
/// }
/// static ORDERS: Orders = Orders::new();
///
/// ORDERS.orders_total.inc();
/// ORDERS.orders_total.add(2);
/// assert_eq!(ORDERS.orders_total.get(), if cfg!(feature = "metrics") { 3 } else { 0 });
/// ```
pub struct Counter<L = (), N = u64> {
    at: At,
    of: Of<(L, N)>,
}

/// The numbers that a counter counts in.
pub trait CounterNumber: sealed::Sealed + Copy {
    #[doc(hidden)]
    const NUMBERS: Numbers;
}

impl sealed::Sealed for u64 {}
impl CounterNumber for u64 {
    const NUMBERS: Numbers = Numbers::Unsigned;
}
impl sealed::Sealed for f64 {}
impl CounterNumber for f64 {
    const NUMBERS: Numbers = Numbers::Float;
}

handle!(Counter<L, N: CounterNumber>, Counter, N::NUMBERS, "counter");

impl Counter {
    /// Counts one. A relaxed add; never allocates, never blocks.
    #[inline]
    pub fn inc(&self) {
        self.at.add(1);
    }

    /// Counts `n`, as [`inc`](Counter::inc) does. Past 2^64 it begins again at zero, which a server reads as a restart.
    #[inline]
    pub fn add(&self, n: u64) {
        self.at.add(n);
    }

    /// What was counted so far. Without the feature `metrics` zero.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.at.read()
    }

    /// From now on the value is what `read` gives at a scrape: for what somebody else counts already.
    ///
    /// It runs in the thread that scrapes, without a lock of ours, and should not wait. If it panics the series is left
    /// out of that scrape, and a warning tells so once. A later one replaces it.
    pub fn read_from(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.at.read_from(move || super::field::Read::Count(read()));
    }
}

impl Counter<(), f64> {
    /// Counts one.
    #[inline]
    pub fn inc(&self) {
        self.at.add_float(1.0);
    }

    /// Adds `n`, which must be finite and not below zero: anything else changes nothing, and is counted in
    /// `tallied_rejected_total`.
    ///
    /// A loop of compare and swap, which a second thread makes longer; never allocates.
    #[inline]
    pub fn add(&self, n: f64) {
        if (0.0..f64::INFINITY).contains(&n) {
            self.at.add_float(n);
        } else {
            self.at.reject();
        }
    }

    /// What was counted so far. Without the feature `metrics` zero.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.at.read())
    }

    /// As [`Counter::read_from`](Counter::read_from): what is below zero or no number is left out.
    pub fn read_from(&self, read: impl Fn() -> f64 + Send + Sync + 'static) {
        self.at.read_from(move || super::field::Read::Float(read()));
    }
}
