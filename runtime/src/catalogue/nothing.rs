//! Without the feature `metrics`: there is nothing to list.

/// Lists nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident, $($record:tt)*) => {};
}
