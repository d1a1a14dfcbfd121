//! Where the linker makes no list: a callsite is known from its first call on.

/// All that were called.
#[cfg(feature = "metrics")]
pub(super) use super::called::callsites as sites;

/// Lists nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident) => {};
}
