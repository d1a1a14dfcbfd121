//! What a histogram or a summary can be told.

use std::time::Duration;

use super::field::At;
use super::sealed;
use crate::clock;

/// A value that a [`Histogram`](crate::Histogram) or a [`Summary`](crate::Summary) takes: a `Duration`, or a number.
///
/// A `Duration` is converted to the unit of the family: that which `unit = "ms"` says, else the one that its name ends in
/// (`_seconds`, `_ms`, `_us`, `_ns`), else seconds. A number is in that unit already. Integers past 2^53 are rounded to
/// the nearest float.
pub trait Observation: sealed::Observed {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn observe_at(self, at: At);
}

impl sealed::Observed for Duration {}
impl Observation for Duration {
    #[inline]
    #[allow(private_interfaces)]
    fn observe_at(self, at: At) {
        at.observe_nanos(clock::nanos_of(self));
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl sealed::Observed for $number {}
        impl Observation for $number {
            #[inline]
            #[allow(private_interfaces, clippy::cast_precision_loss, clippy::cast_lossless)]
            fn observe_at(self, at: At) {
                at.observe_float(self as f64);
            }
        }
    )*};
}

numbers!(f64 f32 u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
