//! All statics of one section stand in a row, and the linker knows where it begins and ends: an ELF linker defines the symbols
//! `__start_` and `__stop_` of every section whose name is an identifier. So an element costs whoever compiles it one static
//! and nothing else. Other formats have other ways: see `elsewhere`.

#![allow(unsafe_code)] // one slice

use crate::catalogue::source::{Listed, Readable};

unsafe extern "Rust" {
    #[link_name = "__start_tallied_sites_0_1"]
    static START: Listed;
    #[link_name = "__stop_tallied_sites_0_1"]
    static STOP: Listed;
}

/// So that there is a section, though a program observes nothing.
#[used]
#[unsafe(link_section = "tallied_sites_0_1")]
static NOTHING: Listed = Listed::nothing();

/// All that the program has.
pub(crate) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    let (start, stop) = (&raw const START, &raw const STOP);
    let len = (stop.addr() - start.addr()) / size_of::<Listed>();
    // SAFETY: the linker lays the section out as one row from `START` to `STOP`. It holds the elements of `__tallied_element`
    // and `NOTHING`, which are never written: each is a `Listed`, whose size is a multiple of its alignment, so nothing is
    // between them.
    let all = unsafe { std::slice::from_raw_parts(start, len) };
    all.iter().filter_map(Listed::readable)
}

/// An element of the list.
// The section's name holds the version: all that is in it must have the layout of one `Listed`.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_element {
    ($site:ident, $record:expr) => {
        #[used]
        #[unsafe(link_section = "tallied_sites_0_1")]
        static __TALLIED_LISTED: $crate::__private::Listed = $site.listed($record);
    };
}
