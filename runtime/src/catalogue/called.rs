//! The callsites that were called, in the order of their first calls.
//!
//! A list without a lock: a callsite appends itself at its first call, and is never removed. Appending waits for
//! nobody, so it may happen inside a user's call.

use once_cell::race::OnceRef;

use crate::definition::Definition;
use crate::label::Open;

/// A callsite as a scrape sees it.
pub(crate) trait Readable: Sync {
    fn definition(&'static self) -> &'static Definition;
    /// Its open-ended labels.
    fn opens(&'static self) -> &'static [Open];
    /// Reads every cell once.
    fn read(&'static self) -> Reading;
}

/// A callsite as the linker's list holds it.
#[allow(dead_code)] // where the linker makes no list
pub struct Listed(pub(crate) &'static dyn Readable);

/// What a callsite had counted at one moment. All of its families are made of one reading, so they agree.
pub(crate) struct Reading {
    /// One for each label set that can be, in their order.
    pub(crate) sets: Vec<SetReading>,
}

/// The part of one label set.
pub(crate) struct SetReading {
    /// The number of the label set.
    pub(crate) set: usize,
    /// Those that its calls can have.
    pub(crate) statuses: Vec<Calls>,
    /// Calls that are running.
    pub(crate) running: i64,
}

/// The calls that ended in one way.
pub(crate) struct Calls {
    /// The index of its word.
    pub(crate) status: usize,
    /// Whether a call can end so, as far as is known.
    pub(crate) is_possible: bool,
    /// By bucket, not cumulative.
    pub(crate) counts: Vec<u64>,
    /// Their time.
    pub(crate) nanos: u64,
}

impl Calls {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }
}

/// A callsite's place in the list.
pub(crate) struct Entry {
    site: &'static dyn Readable,
    next: OnceRef<'static, Entry>,
}

impl Entry {
    pub(crate) const fn new(site: &'static dyn Readable) -> Self {
        Entry { site, next: OnceRef::new() }
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
pub(crate) fn callsites() -> impl Iterator<Item = &'static dyn Readable> {
    std::iter::successors(FIRST.get(), |entry| entry.next.get()).map(|entry| entry.site)
}
