//! What the fields of a group are: handles on the cells of a family.
//!
//! A handle is two words and no owner: the cells belong to a static that the derive writes for the *type* of the group.
//! So two groups of one type are one set of series, and a family has its zeros before anybody makes a group.
//!
//! Deliberately absent: names as text at run time, a look-up, a lock. Labels become a number, and the number is a place.

#[cfg(feature = "metrics")]
mod callback;
mod checks;
mod counter;
mod field;
mod gauge;
mod histogram;
mod info;
mod observation;
mod summary;
mod timer;

use std::fmt;
use std::marker::PhantomData;

use crate::family::{Kind, Numbers};
use crate::label::LabelSet;

pub use checks::{check_bounds, check_name, check_native, check_quantiles, check_standard, check_unit};
pub use counter::Counter;
pub use field::{Field, FieldCells};
pub use gauge::{Gauge, GaugeGuard};
pub use histogram::Histogram;
pub use info::Info;
pub use observation::Observation;
pub use summary::Summary;
pub use timer::Timer;

use field::At;

/// A type that the field of a group with [`Metrics`](derive@crate::Metrics) can have.
///
/// Only tallied implements it: [`Counter`], [`Gauge`], [`Histogram`], [`Summary`] and [`Info`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no metric",
    label = "the field of a group is a `Counter`, a `Gauge`, a `Histogram`, a `Summary` or an `Info`",
    note = "each of them takes a type with `#[derive(LabelSet)]` for its labels: `Counter<TaskLabels>`"
)]
pub trait Metric: sealed::Sealed {
    /// Its labels; `()` are none.
    #[doc(hidden)]
    type Labels: LabelSet;
    #[doc(hidden)]
    const KIND: Kind;
    #[doc(hidden)]
    const NUMBERS: Numbers;
}

mod sealed {
    pub trait Sealed {}
    pub trait Observed {}
}

/// What all handles have.
macro_rules! handle {
    ($name:ident<L $(, $number:ident: $value:ident)?>, $kind:ident, $numbers:expr, $what:literal) => {
        handle!($name<L $(, $number: $value)?>, $kind, $numbers);

        impl<L: LabelSet<Static = L> $(, $number: $value)?> $name<L $(, $number)?> {
            #[doc = concat!("The ", $what, " of one label set.")]
            ///
            /// Labels of known values are one number, found without a look-up; each value of a label with `max` is
            /// hashed. The handle may be kept: it is two words, and stays right for the life of the program. Never
            /// blocks, but for the first value of a label with `max`.
            #[inline]
            #[must_use]
            pub fn with<S: LabelSet<Static = L>>(&self, labels: S) -> $name<() $(, $number)?> {
                $name { at: self.at.with(&labels), of: PhantomData }
            }
        }
    };
    ($name:ident<L $(, $number:ident: $value:ident)?>, $kind:ident, $numbers:expr) => {
        impl<L $(, $number)?> $name<L $(, $number)?> {
            /// The handle of a group's field.
            #[doc(hidden)]
            #[must_use]
            pub const fn of_field(field: &'static $crate::metric::Field) -> Self {
                $name { at: At::of(field), of: PhantomData }
            }
        }

        impl<L $(, $number)?> Clone for $name<L $(, $number)?> {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<L $(, $number)?> Copy for $name<L $(, $number)?> {}

        impl<L $(, $number)?> fmt::Debug for $name<L $(, $number)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.at.debug(stringify!($name), f)
            }
        }

        impl<L $(, $number)?> sealed::Sealed for $name<L $(, $number)?> {}

        impl<L: LabelSet<Static = L> $(, $number: $value)?> Metric for $name<L $(, $number)?> {
            type Labels = L;
            const KIND: Kind = Kind::$kind;
            const NUMBERS: Numbers = $numbers;
        }
    };
}

/// What observes has, whatever it makes of it.
macro_rules! observes {
    ($name:ident) => {
        impl $name {
            /// Observes how long `work` takes, also when it panics.
            #[inline]
            pub fn time<R>(&self, work: impl FnOnce() -> R) -> R {
                let _timer = self.start_timer();
                work()
            }

            /// Begins to take the time, until the [`Timer`] is dropped.
            #[inline]
            pub fn start_timer(&self) -> Timer {
                Timer::start(self.at)
            }

            /// How many observations there were, and their sum in the unit of the family. Without the feature `metrics`
            /// zero.
            #[must_use]
            pub fn get(&self) -> (u64, f64) {
                self.at.count_and_sum()
            }
        }
    };
}

use handle;
use observes;

/// What a handle is told that is no value of it.
type Of<T> = PhantomData<fn() -> T>;
