//! The same list where programs are no ELF files.

use linkme::distributed_slice;

use crate::catalogue::source::{Listed, Readable};

/// Filled by the expansions, in whatever crate of the program they stand.
// The name holds the version: two of the same name in one program are an error.
#[distributed_slice]
pub static TALLIED_SITES_0_1: [Listed];

/// All that the program has.
pub(crate) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    TALLIED_SITES_0_1.iter().filter_map(Listed::readable)
}

/// An element of the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_element {
    ($site:ident, $record:expr) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::TALLIED_SITES_0_1)]
        #[linkme(crate = $crate::__private::linkme)]
        static __TALLIED_LISTED: $crate::__private::Listed = $site.listed($record);
    };
}
