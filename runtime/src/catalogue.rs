//! Every callsite that was called, in the order of their first calls.
//!
//! A list without a lock: a callsite appends itself at its first call, and is never removed. Appending waits for
//! nobody, so it may happen inside a user's call.

use once_cell::race::OnceRef;

use crate::outcome::{Status, Ways};
use crate::site::Definition;

/// What a scrape reads of a callsite.
pub(crate) trait Readings: Sync {
    fn definition(&self) -> &Definition;
    /// The statuses that its calls can have.
    fn ways(&self) -> Ways;
    /// Calls that ended so, by bucket, not cumulative.
    fn counts(&self, status: Status) -> Vec<u64>;
    /// Time spent in calls that ended so.
    fn nanos(&self, status: Status) -> u64;
    /// Calls that are running.
    fn running(&self) -> i64;
}

/// A callsite's place in the list.
pub(crate) struct Entry {
    readings: &'static dyn Readings,
    next: OnceRef<'static, Entry>,
}

impl Entry {
    pub(crate) const fn new(readings: &'static dyn Readings) -> Self {
        Entry { readings, next: OnceRef::new() }
    }
}

static FIRST: OnceRef<'static, Entry> = OnceRef::new();

/// Appends `entry`, which must not be in the list yet.
pub(crate) fn add(entry: &'static Entry) {
    let mut end = &FIRST;
    while end.set(entry).is_err() {
        if let Some(taken) = end.get() {
            end = &taken.next;
        }
    }
}

/// All callsites that were called so far.
pub(crate) fn callsites() -> impl Iterator<Item = &'static dyn Readings> {
    std::iter::successors(FIRST.get(), |entry| entry.next.get()).map(|entry| entry.readings)
}
