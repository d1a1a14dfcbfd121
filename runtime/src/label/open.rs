//! Open-ended labels: the first `N` values of each are kept, what comes later is `_other`.
//!
//! A value that is kept already is found without a lock and without allocation. A new one is boxed and put into the first
//! free place, which threads race for without waiting for each other. The only lock here is taken at the first call of a
//! callsite, and guards which family's label has which table.
//!
//! Values come from outside. They are hashed with keys of this process, so nobody can choose values that collide; those
//! longer than [`LONGEST`] bytes are not kept; nothing that they contain can do harm before the exposition, which escapes.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Dimension;
use super::dimension::digits;
use super::set::{names, one};
use crate::site::Definition;

/// The value that stands for all that are not kept.
const OTHER: &str = "_other";

/// The bytes of the longest value that is kept.
const LONGEST: usize = 16 * 1024;

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
    pub(crate) fn find(&'static self, text: &str, of: &'static Definition) -> usize {
        let table = self.table.get().copied().unwrap_or_else(|| self.meet(of));
        table.find(text, self.most).unwrap_or(self.most)
    }

    /// Keeps a value, if there is a place for it.
    #[cfg(feature = "metrics")]
    pub(crate) fn reserve(&'static self, value: &str, of: &'static Definition) -> bool {
        self.meet(of).known_or_kept(value, self.most).is_some()
    }

    pub(crate) const fn len(&self) -> usize {
        self.most + 1
    }

    /// The first call.
    #[cold]
    fn meet(&'static self, of: &'static Definition) -> &'static Table {
        self.table.get_or_init(|| table(self, of))
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
    /// The callsite that made it.
    pub(crate) place: (&'static str, u32),
    hash: RandomState,
    /// Filled from the first on, each once. A value's place here is its index.
    values: Box<[OnceLock<Value>]>,
    /// Open addressing by hash: the index of a value and one, or 0. Twice as long as there are values, so never full.
    places: Box<[AtomicU32]>,
    /// How many values stand in `places`.
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
    fn new(most: usize, place: (&'static str, u32)) -> Self {
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
        if text.len() > LONGEST || text == OTHER {
            return None;
        }
        self.known(text).or_else(|| self.keep(text)).filter(|index| *index < room)
    }

    #[inline]
    fn known(&self, text: &str) -> Option<usize> {
        let hash = self.hash.hash_one(text);
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

    /// A value that is not known yet: it gets the first free place, or the place that another thread gave it meanwhile.
    #[cold]
    fn keep(&self, text: &str) -> Option<usize> {
        // All that is kept can be found, so this is nothing of it.
        if self.placed.load(Ordering::Acquire) == self.values.len() {
            return None;
        }
        let hash = self.hash.hash_one(text);
        let mut mine = Value { hash, text: text.into() };
        for (index, place) in self.values.iter().enumerate() {
            // Places are filled in order and never change: who comes to a free one has seen every value before it.
            if place.get().is_none() {
                match place.set(mine) {
                    Ok(()) => return Some(self.place(hash, index)),
                    Err(back) => mine = back,
                }
            }
            if place.get().is_some_and(|value| value.is(hash, text)) {
                return Some(self.place(hash, index));
            }
        }
        None
    }

    /// Makes a value that has an index findable.
    fn place(&self, hash: u64, index: usize) -> usize {
        #[allow(clippy::cast_possible_truncation)] // there are fewer: see `new`
        let mine = index as u32 + 1;
        for slot in self.probe(hash) {
            match self.places[slot].compare_exchange(0, mine, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    self.placed.fetch_add(1, Ordering::AcqRel);
                    break;
                }
                // Another thread was here with the same value.
                Err(there) if there == mine => break,
                Err(_) => {}
            }
        }
        index
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("most", &self.most).field("place", &self.place).finish_non_exhaustive()
    }
}

/// Which table a family's label has.
static TABLES: Mutex<Vec<(&'static str, &'static str, &'static Table)>> = Mutex::new(Vec::new());

/// The table of an open-ended label of a callsite: that of the first of its families that has one, or a new one for all.
fn table(open: &'static Open, of: &'static Definition) -> &'static Table {
    let digit =
        digits(of.dimensions, &[]).into_iter().filter(|digit| digit.dimension.most().is_some()).nth(open.number);
    let Some(digit) = digit else { return Box::leak(Box::new(Table::new(open.most, of.place))) };
    let label = digit.dimension.label;
    let families: Vec<&'static str> =
        of.families().filter(|family| family.labels.contains(&digit.place)).map(|family| family.name).collect();
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let of_family =
        |family: &str| tables.iter().find(|(of, name, _)| (*of, *name) == (family, label)).map(|(_, _, table)| *table);
    let table = families.iter().find_map(|family| of_family(family));
    let table = table.unwrap_or_else(|| Box::leak(Box::new(Table::new(open.most, of.place))));
    let new: Vec<_> = families.into_iter().filter(|family| of_family(family).is_none()).collect();
    tables.extend(new.into_iter().map(|family| (family, label, table)));
    table
}
