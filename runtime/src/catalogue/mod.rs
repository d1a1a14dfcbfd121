//! Every callsite and every field of a group that the program has (`linked`), or that it has used (`unlinked`).

mod conflicts;
mod families;
mod reserve;
#[cfg(feature = "metrics")]
mod source;
mod tables;

// The targets that `linkme` knows. On others a callsite is known from its first call on. `tallied_unlinked` is for tests of
// these.
#[cfg(all(
    feature = "metrics",
    not(tallied_unlinked),
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
        not(tallied_unlinked),
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
pub(crate) use source::{Calls, Readable, Reading, SetReading, SetShows, Value};
pub(crate) use tables::table;

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
    site.read(None).sets.iter().any(|set| match &set.shows {
        SetShows::Calls { statuses, .. } => statuses.iter().any(|calls| calls.count() > 0),
        SetShows::Field { is_touched, .. } => *is_touched,
    })
}

/// Lets the next use of everything be looked at.
#[cfg(feature = "metrics")]
pub(crate) fn pause() {
    linked::sites().for_each(Readable::pause);
}
