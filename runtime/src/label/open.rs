//! Open-ended labels: the first `N` values of each are kept, what comes later is `_other`.
//!
//! A value that is kept already is found without a lock and without allocation. A new one is boxed and put into the
//! first free place, which threads race for: one waits for another only while that one moves its value there.
//!
//! Values come from outside. They are hashed with keys of this process, so nobody can choose values that collide; those
//! longer than [`LONGEST`] bytes are not kept; nothing that they contain can do harm before the exposition, which
//! escapes.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::Dimension;
use super::set::{names, one};
use crate::definition::Definition;

/// The value that stands for all that are not kept.
const OTHER: &str = "_other";

/// The bytes of the longest value that is kept: each of its series says it in every line of every scrape.
pub(crate) const LONGEST: usize = 1024;

/// Whether a value can be kept at all.
pub(crate) fn is_keepable(text: &str) -> bool {
    text.len() <= LONGEST && text != OTHER
}

/// Finds the table of an open-ended label of a callsite, by its number among them.
pub(crate) type FindTable = fn(&'static Definition, usize) -> &'static Table;

/// An open-ended label of a callsite.
#[derive(Debug)]
pub struct Open {
    /// How many values the callsite has room for.
    most: usize,
    /// Its number among the open-ended labels of the callsite.
    number: usize,
    table: OnceLock<&'static Table>,
}

/// The open-ended labels of a callsite, in their order: `N` is [`open_len`](super::open_len) of the same dimensions.
#[must_use]
pub const fn opens<const N: usize>(dimensions: &[Dimension]) -> [Open; N] {
    let mut opens = [const { Open { most: 0, number: 0, table: OnceLock::new() } }; N];
    let (mut at, mut next) = (0, 0);
    while at < names(dimensions) {
        if let Some(most) = one(dimensions, at).most() {
            opens[next].most = most;
            opens[next].number = next;
            next += 1;
        }
        at += 1;
    }
    opens
}

impl Open {
    /// Which of the callsite's values this is; the number of them for `_other`.
    #[inline]
    pub(crate) fn find(&'static self, text: &str, of: &'static Definition, table: FindTable) -> usize {
        let table = self.table.get().copied().unwrap_or_else(|| self.meet(of, table));
        table.find(text, self.most).unwrap_or(self.most)
    }

    /// Keeps a value, if there is a place for it; else says how many there are.
    #[cfg(feature = "metrics")]
    pub(crate) fn reserve(&'static self, text: &str, of: &'static Definition, table: FindTable) -> Result<(), usize> {
        let table = self.meet(of, table);
        let room = self.most.min(table.most);
        table.known_or_kept(text, room).map(drop).ok_or(room)
    }

    pub(crate) const fn len(&self) -> usize {
        self.most + 1
    }

    /// The first call.
    #[cold]
    fn meet(&'static self, of: &'static Definition, table: FindTable) -> &'static Table {
        self.table.get_or_init(|| table(of, self.number))
    }

    /// The text of a value that was seen.
    pub(crate) fn text(&self, index: usize) -> Option<&'static str> {
        let table = *self.table.get()?;
        if index == self.most {
            return table.overflowed.load(Ordering::Relaxed).then_some(OTHER);
        }
        table.values.get(index)?.get().map(|value| &*value.text)
    }

    /// Its table, when the callsite was called.
    #[cfg(feature = "metrics")]
    pub(crate) fn table(&self) -> Option<&'static Table> {
        self.table.get().copied()
    }

    /// How many values the callsite has room for.
    #[cfg(feature = "metrics")]
    pub(crate) fn most(&self) -> usize {
        self.most
    }
}

/// The values of one label, shared by the families that go together.
pub(crate) struct Table {
    /// How many it keeps.
    pub(crate) most: usize,
    /// The callsite that says so.
    pub(crate) place: (&'static str, u32),
    hash: RandomState,
    /// Filled from the first on, each once. A value's place here is its index.
    values: Box<[OnceLock<Value>]>,
    /// Open addressing by hash: the index of a value and one, or 0. Twice as long as there are values, so never full.
    places: Box<[AtomicU32]>,
    /// So many values, the first ones, can be found in `places`.
    placed: AtomicUsize,
    /// Whether something was not kept.
    pub(crate) overflowed: AtomicBool,
}

struct Value {
    hash: u64,
    text: Box<str>,
}

impl Value {
    fn is(&self, hash: u64, text: &str) -> bool {
        self.hash == hash && *self.text == *text
    }
}

impl Table {
    pub(crate) fn new(most: usize, place: (&'static str, u32)) -> Self {
        let most = most.min(u32::MAX as usize / 4);
        Table {
            most,
            place,
            hash: RandomState::new(),
            values: (0..most).map(|_| OnceLock::new()).collect(),
            places: (0..(2 * most).next_power_of_two()).map(|_| AtomicU32::new(0)).collect(),
            placed: AtomicUsize::new(0),
            overflowed: AtomicBool::new(false),
        }
    }

    /// Whether there was a value that it did not keep.
    #[cfg(feature = "metrics")]
    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// The index of a value that is kept below `room`, or becomes so now.
    #[inline]
    fn find(&self, text: &str, room: usize) -> Option<usize> {
        let found = self.known_or_kept(text, room);
        if found.is_none() && !self.overflowed.load(Ordering::Relaxed) {
            self.overflowed.store(true, Ordering::Relaxed);
        }
        found
    }

    #[inline]
    fn known_or_kept(&self, text: &str, room: usize) -> Option<usize> {
        if !is_keepable(text) {
            return None;
        }
        // Asked before the search: of so many values the search would have found each, so it is none of them.
        let placed = self.placed.load(Ordering::Acquire);
        let hash = self.hash.hash_one(text);
        self.known(hash, text).or_else(|| self.keep(hash, text, placed)).filter(|index| *index < room)
    }

    #[inline]
    fn known(&self, hash: u64, text: &str) -> Option<usize> {
        for slot in self.probe(hash) {
            // Acquire: what stands in `places` has its value.
            let index = (self.places[slot].load(Ordering::Acquire) as usize).checked_sub(1)?;
            if self.values.get(index)?.get()?.is(hash, text) {
                return Some(index);
            }
        }
        None
    }

    /// The slots where a hash may stand, in order.
    #[inline]
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let last = self.places.len() - 1;
        #[allow(clippy::cast_possible_truncation)] // the low bits are as good as any
        let first = hash as usize;
        (0..=last).map(move |step| first.wrapping_add(step) & last)
    }

    /// A value that is none of the first `placed`: it gets the first free place, or the place that another thread gave
    /// it meanwhile. The last free place may go to another value: then it is not kept.
    #[cold]
    fn keep(&self, hash: u64, text: &str, placed: usize) -> Option<usize> {
        let mut mine = None;
        for (index, place) in self.values.iter().enumerate().skip(placed) {
            // Places are filled in order and never change: who comes to a free one has seen every value before it.
            if place.get().is_none() {
                let value = mine.take().unwrap_or_else(|| Value { hash, text: text.into() });
                mine = place.set(value).err();
            }
            // It is filled now. Its value can be found from here on, and so can those before it.
            let value = place.get()?;
            self.place(value.hash, index);
            if value.is(hash, text) {
                return Some(index);
            }
        }
        None
    }

    /// Makes a value that has an index findable. All before it are.
    fn place(&self, hash: u64, index: usize) {
        #[allow(clippy::cast_possible_truncation)] // there are fewer: see `new`
        let mine = index as u32 + 1;
        for slot in self.probe(hash) {
            match self.places[slot].compare_exchange(0, mine, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                // Another thread was here with the same value.
                Err(there) if there == mine => break,
                Err(_) => {}
            }
        }
        self.placed.fetch_max(index + 1, Ordering::AcqRel);
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("most", &self.most).field("place", &self.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_race_for_the_last_place_agree_on_who_has_it() {
        for most in [1, 3, 8] {
            for round in 0..300 {
                let table = Table::new(most, ("", 0));
                let before: Vec<String> = (1..most).map(|n| format!("before {n}")).collect();
                for text in &before {
                    assert!(table.find(text, most).is_some());
                }
                let mine = ["mine", if round % 2 == 0 { "mine" } else { "yours" }];
                let barrier = std::sync::Barrier::new(2);
                let found: Vec<Option<usize>> = std::thread::scope(|scope| {
                    let find = |text: &'static str| {
                        barrier.wait();
                        table.find(text, most)
                    };
                    let threads = mine.map(|text| scope.spawn(move || find(text)));
                    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
                });
                let now: Vec<Option<usize>> = mine.iter().map(|text| table.find(text, most)).collect();
                assert_eq!(found, now, "what was told once holds; {mine:?}");
                assert_eq!(found.iter().flatten().max(), Some(&(most - 1)));
                assert_eq!(
                    before.iter().map(|text| table.find(text, most).unwrap()).collect::<Vec<_>>(),
                    (0..most - 1).collect::<Vec<_>>()
                );
            }
        }
    }

    #[test]
    fn a_table_is_filled_without_looking_at_all_that_is_there() {
        // With a look at each it would be half a million million.
        const MOST: usize = 1_000_000;
        let table = Table::new(MOST, ("", 0));
        for n in 0..MOST + 10 {
            assert_eq!(table.find(&n.to_string(), MOST), (n < MOST).then_some(n));
        }
        assert_eq!(table.find("999999", MOST), Some(999_999));
        assert!(table.overflowed.load(Ordering::Relaxed));
    }

    #[test]
    fn what_is_too_long_and_what_is_other_already_is_not_kept() {
        let table = Table::new(4, ("", 0));
        assert_eq!(table.find(&"x".repeat(LONGEST + 1), 4), None);
        assert_eq!(table.find(OTHER, 4), None);
        assert_eq!(table.find(&"x".repeat(LONGEST), 4), Some(0));
        assert_eq!(table.find("", 4), Some(1));
        assert_eq!(
            (table.find("a", 3), table.find("b", 3)),
            (Some(2), None),
            "a callsite with less room than the table"
        );
    }
}
