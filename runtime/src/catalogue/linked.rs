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

/// Lists what is in a `static`, and writes what is said of its families into the program's file: as one text, where the macro
/// knows all of it; else its families, and their labels if it knows those, and the compiler counts.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident, $text:literal) => {
        const __TALLIED_TEXT: &::core::primitive::str =
            ::core::concat!("TALLIED\x02", ::core::file!(), "\0", ::core::line!(), "\0", $text);
        // The list keeps it, or the linker would throw it away: nothing else names it.
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__tallied"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".tallied"))]
        static __TALLIED_RECORD: [::core::primitive::u8; __TALLIED_TEXT.len()] =
            $crate::__private::record(__TALLIED_TEXT);
        $crate::__tallied_listed!(=> $site, &__TALLIED_RECORD);
    };
    ($site:ident, $says:expr, $families:literal $text:literal) => {
        const __TALLIED_LABELS_OF: (::core::primitive::usize, ::core::primitive::usize) =
            $crate::__private::record_labels(&$says);
        $crate::__tallied_listed!(
            $site, $says, $families $text
            { __TALLIED_LABELS_OF.0 } { __TALLIED_LABELS_OF.1 } $crate::__private::record_names(&$says)
        );
    };
    ($site:ident, $says:expr, $families:literal $text:literal $labels:tt $bytes:tt $names:expr) => {
        const __TALLIED_BEGIN: &::core::primitive::str = ::core::concat!("TALLIED\x02", ::core::file!(), "\0");
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__tallied"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".tallied"))]
        static __TALLIED_RECORD: $crate::__private::Record<
            { __TALLIED_BEGIN.len() }, { $text.len() }, $bytes, $families, $labels
        > = $crate::__private::Record::new(&$says, __TALLIED_BEGIN, $text, $names);
        $crate::__tallied_listed!(=> $site, __TALLIED_RECORD.bytes());
    };
    (=> $site:ident, $record:expr) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::TALLIED_SITES_0_1)]
        #[linkme(crate = $crate::__private::linkme)]
        static __TALLIED_LISTED: $crate::__private::Listed = $site.listed($record);
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
