//! The callsites that the linker lists: all of the program, called or not.

use linkme::distributed_slice;

use super::called::{Listed, Readable};

/// Filled by the expansions of the attribute, in whatever crate of the program they stand.
#[distributed_slice]
pub static SITES: [Listed];

/// All that the program has.
pub(super) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    SITES.iter().map(|listed| listed.0)
}

/// Lists the callsite in a `static`.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::SITES)]
        #[linkme(crate = $crate::__private::linkme)]
        static __TALLIED_LISTED: $crate::__private::Listed = $crate::__private::Site::listed(&$site);
    };
}
