//! The callsites that the linker lists: all of the program, called or not.

use linkme::distributed_slice;

use super::called::{Listed, Readable};

/// Filled by the expansions of the attribute, in whatever crate of the program they stand.
// The name holds the version: two of the same name in one program are an error.
#[distributed_slice]
pub static TALLIED_SITES_0_1: [Listed];

/// Whether [`sites`] is all that there will be.
pub(super) const IS_COMPLETE: bool = true;

/// All that the program has.
pub(super) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    TALLIED_SITES_0_1.iter().map(|listed| listed.0)
}

/// Lists the callsite in a `static`.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::TALLIED_SITES_0_1)]
        #[linkme(crate = $crate::__private::linkme)]
        static __TALLIED_LISTED: $crate::__private::Listed = $crate::__private::Site::listed(&$site);
    };
}
