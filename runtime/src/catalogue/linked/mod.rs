//! What the linker lists: every callsite and every field of a group that the program has, used or not.

#[cfg_attr(not(any(target_vendor = "apple", windows)), path = "elf.rs")]
#[cfg_attr(any(target_vendor = "apple", windows), path = "elsewhere.rs")]
mod list;

#[cfg(any(target_vendor = "apple", windows))]
pub use list::TALLIED_SITES_0_1;
pub(super) use list::sites;

use super::source::Readable;

/// Whether [`sites`] is all that there will be.
pub(super) const IS_COMPLETE: bool = true;

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

/// Lists what is in a `static`, with what the program's file shall say of its families: as one text, where the macro knows all
/// of it; else its families, and their labels if it knows those, and the compiler counts.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident, $text:literal) => {
        $crate::__tallied_element!(
            $site,
            ::core::concat!("TALLIED\x02", ::core::file!(), "\0", ::core::line!(), "\0", $text, ::core::module_path!(), "\0")
        );
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
        static __TALLIED_RECORD: $crate::__private::Record<
            { __TALLIED_BEGIN.len() }, { $text.len() }, $bytes, $families, $labels
        > = $crate::__private::Record::new(&$says, __TALLIED_BEGIN, $text, $names);
        $crate::__tallied_element!($site, __TALLIED_RECORD.begin());
    };
}
