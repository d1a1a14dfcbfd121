//! Every callsite and every field of a group that the program has (`linked`), or that it has used (`unlinked`).

mod conflicts;
mod families;
mod reserve;
#[cfg(feature = "metrics")]
mod source;
mod tables;

// The systems whose linkers are known to make a list. On others a callsite is known from its first call on.
// `tallied_unlinked` is for tests of these.
#[cfg(all(
    feature = "metrics",
    not(any(tallied_unlinked, miri)),
    any(
        target_os = "android",
        target_os = "freebsd",
        target_os = "fuchsia",
        target_os = "illumos",
        target_os = "ios",
        target_os = "linux",
        target_os = "macos",
        target_os = "openbsd",
        target_os = "tvos",
        target_os = "windows",
    )
))]
mod linked;
#[cfg(all(
    feature = "metrics",
    not(all(
        not(any(tallied_unlinked, miri)),
        any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "fuchsia",
            target_os = "illumos",
            target_os = "ios",
            target_os = "linux",
            target_os = "macos",
            target_os = "openbsd",
            target_os = "tvos",
            target_os = "windows",
        )
    ))
))]
#[path = "unlinked.rs"]
mod linked;
#[cfg(not(feature = "metrics"))]
#[path = "nothing.rs"]
mod linked;

pub use conflicts::{Conflict, InitError, init};
pub use families::{Catalogue, CataloguedFamily, catalogue};
#[cfg(feature = "metrics")]
pub(crate) use linked::Entry;
#[allow(unused_imports)] // there is nothing where nothing is linked
pub use linked::*;
pub use reserve::{ReserveError, reserve};
#[cfg(feature = "metrics")]
pub use source::Listed;
#[cfg(feature = "metrics")]
pub(crate) use source::{Calls, Readable, Reading, Shown, Value};
pub(crate) use tables::table;

#[cfg(feature = "metrics")]
use crate::label;

/// How many places feed families by now.
#[cfg(feature = "metrics")]
pub(crate) fn len() -> usize {
    linked::sites().count()
}

/// All that feeds families, by place: so which of two comes first does not depend on who is called.
#[cfg(feature = "metrics")]
pub(crate) fn sites() -> Vec<&'static dyn Readable> {
    let mut sites: Vec<&'static dyn Readable> = linked::sites().collect();
    sites.sort_by_key(|site| site.definition().place);
    sites
}

/// Whether a histogram of it has an observation.
#[cfg(feature = "metrics")]
pub(crate) fn has_observed(site: &'static dyn Readable) -> bool {
    let digits = label::digits(site.definition().dimensions, site.opens());
    let (mut reading, mut has_observed) = (Reading::default(), false);
    site.read(None, &digits, &mut reading);
    site.tell(&digits, &reading, &mut |_, shown| {
        has_observed |= match shown {
            Shown::Calls(calls) => calls.count > 0,
            Shown::Running(..) => false,
            Shown::Field(_, is_touched) => is_touched,
        }
    });
    has_observed
}

/// Lets the next use of everything be looked at.
#[cfg(feature = "metrics")]
pub(crate) fn pause() {
    linked::sites().for_each(Readable::pause);
}
