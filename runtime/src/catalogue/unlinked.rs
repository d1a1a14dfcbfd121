//! Where the linker makes no list: a callsite is known from its first call on.

/// Whether [`sites`] is all that there will be.
#[cfg(feature = "metrics")]
pub(super) const IS_COMPLETE: bool = false;

/// All that were called.
#[cfg(feature = "metrics")]
pub(super) use super::called::callsites as sites;

/// Lists nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident) => {};
}
