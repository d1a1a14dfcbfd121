//! Every callsite of the program (`linked`), and those that were called (`called`).

#[cfg(feature = "metrics")]
mod called;
mod conflicts;
mod families;
mod reserve;
mod tables;

// The targets that `linkme` knows. On others a callsite is known from its first call on.
#[cfg(all(
    feature = "metrics",
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
#[cfg(not(all(
    feature = "metrics",
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
)))]
#[path = "unlinked.rs"]
mod linked;

#[cfg(feature = "metrics")]
pub use called::Listed;
#[cfg(feature = "metrics")]
pub(crate) use called::{Calls, Entry, Readable, Reading, SetReading, add, callsites};
pub use conflicts::{Conflict, InitError, init};
pub use families::{Catalogue, CataloguedFamily, catalogue};
#[cfg(feature = "metrics")]
use linked::sites;
#[allow(unused_imports)] // there is nothing where nothing is linked
pub use linked::*;
pub use reserve::{ReserveError, reserve};
pub(crate) use tables::table;
