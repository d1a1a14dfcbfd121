//! Where the linker makes no list: what was used is known, in the order of its first use.
//!
//! A list without a lock: a callsite or a field appends itself, and is never removed. Appending waits for nobody, so it
//! may happen inside a user's call.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use once_cell::race::OnceRef;

use super::source::Readable;

/// Whether [`sites`] is all that there will be.
pub(super) const IS_COMPLETE: bool = false;

/// All that were used so far.
pub(super) fn sites() -> impl Iterator<Item = &'static dyn Readable> {
    std::iter::successors(FIRST.get(), |entry| entry.next.get()).map(|entry| entry.site)
}

/// Lists nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __tallied_listed {
    ($site:ident, $($record:tt)*) => {};
}

/// A place in the list.
pub(crate) struct Entry {
    site: &'static dyn Readable,
    next: OnceRef<'static, Entry>,
    is_met: AtomicBool,
}

static FIRST: OnceRef<'static, Entry> = OnceRef::new();

impl Entry {
    pub(crate) const fn new(site: &'static dyn Readable) -> Self {
        Entry { site, next: OnceRef::new(), is_met: AtomicBool::new(false) }
    }

    /// What it stands for is used: it is appended once.
    #[inline]
    pub(crate) fn meet(&'static self) {
        if !self.is_met.load(Relaxed) {
            self.append();
        }
    }

    #[cold]
    fn append(&'static self) {
        if self.is_met.swap(true, Relaxed) {
            return;
        }
        let mut end = &FIRST;
        while end.set(self).is_err() {
            if let Some(taken) = end.get() {
                end = &taken.next;
            }
        }
    }
}
