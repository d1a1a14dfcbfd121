//! What the linker lists: every callsite and every field of a group that the program has, used or not.

use linkme::distributed_slice;

use super::source::{Listed, Readable};

/// Filled by the expansions, in whatever crate of the program they stand.
// The name holds the version: two of the same name in one program are an error.
#[distributed_slice]
pub static TALLIED_SITES_0_1: [Listed];

/// Whether [`sites`] is all that there will be.
pub(super) const IS_COMPLETE: bool = true;

/// All that the program has.
pub(super) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    TALLIED_SITES_0_1.iter().map(|listed| listed.0)
}

/// Lists what is in a `static`, and writes what is said of its families into the program's file: how many there are, their
/// texts, and their labels, if the macro knows them.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident, $says:expr, $families:literal $texts:literal) => {
        const __TALLIED_LABELS_OF: (::core::primitive::usize, ::core::primitive::usize) =
            $crate::__private::record_labels(&$says);
        $crate::__tallied_listed!(
            $site, $says, $families $texts
            { __TALLIED_LABELS_OF.0 } { __TALLIED_LABELS_OF.1 } $crate::__private::record_names(&$says)
        );
    };
    ($site:ident, $says:expr, $families:literal $texts:literal $labels:tt $bytes:tt $names:expr) => {
        // The list keeps it, or the linker would throw it away: nothing else names it.
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__tallied"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".tallied"))]
        static __TALLIED_RECORD: $crate::__private::Record<
            $families, $labels, { $texts.len() }, { ::core::file!().len() }, $bytes
        > = $crate::__private::Record::new(&$says, *$texts, ::core::file!(), $names);
        #[$crate::__private::linkme::distributed_slice($crate::__private::TALLIED_SITES_0_1)]
        #[linkme(crate = $crate::__private::linkme)]
        static __TALLIED_LISTED: $crate::__private::Listed = $site.listed(__TALLIED_RECORD.head());
    };
}

/// A place in a list that the linker has made already.
pub(crate) struct Entry;

impl Entry {
    pub(crate) const fn new(_: &'static dyn Readable) -> Self {
        Entry
    }

    /// What it stands for is used.
    #[inline]
    #[allow(clippy::unused_self)] // elsewhere it is appended now
    pub(crate) fn meet(&'static self) {}
}
