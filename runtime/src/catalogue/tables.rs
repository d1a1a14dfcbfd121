//! Which callsites share the values of an open-ended label: those that feed one family, and those that feed one with
//! them.
//!
//! Where the linker makes no list, only what was called so far is known: two families that are fed apart first and
//! together later keep values of their own each, and so a family can have more than it was meant to.
//!
//! Holds a lock, which is taken at the first call of a callsite with such a label and never again.

use crate::definition::Definition;
use crate::label::Table;
#[cfg(feature = "metrics")]
use crate::label::digits;

/// The table of an open-ended label of a callsite, by its number among them.
#[cfg(not(feature = "metrics"))]
pub(crate) fn table(of: &'static Definition, number: usize) -> &'static Table {
    let most = crate::label::most(of.dimensions, number).unwrap_or(1);
    Box::leak(Box::new(Table::new(most, of.place)))
}

/// The table of an open-ended label of a callsite, by its number among them.
#[cfg(feature = "metrics")]
pub(crate) fn table(of: &'static Definition, number: usize) -> &'static Table {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    type Tables = HashMap<(&'static str, &'static str), &'static Table>;
    static TABLES: Mutex<Option<Tables>> = Mutex::new(None);

    let lock = || TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mine) = Part::of(of).nth(number) else { return leak(Table::new(1, of.place)) };
    let known = |tables: &Tables| mine.families.iter().find_map(|family| tables.get(&(*family, mine.label)).copied());
    if let Some(table) = lock().as_ref().and_then(known) {
        return table;
    }
    // Made outside of the lock, which then is held for a moment only.
    let together = together(&mine);
    let smallest = together.iter().min_by_key(|part| part.most).unwrap_or(&mine);
    let new = Table::new(smallest.most, smallest.place);
    let mut tables = lock();
    let tables = tables.get_or_insert_default();
    if let Some(table) = known(tables) {
        return table;
    }
    let table = leak(new);
    for part in &together {
        for family in &part.families {
            tables.entry((*family, part.label)).or_insert(table);
        }
    }
    table
}

#[cfg(feature = "metrics")]
fn leak(table: Table) -> &'static Table {
    Box::leak(Box::new(table))
}

/// An open-ended label of a callsite.
#[cfg(feature = "metrics")]
#[derive(Clone)]
struct Part {
    label: &'static str,
    /// The families that have it.
    families: Vec<&'static str>,
    most: usize,
    place: (&'static str, u32),
}

#[cfg(feature = "metrics")]
impl Part {
    fn of(definition: &'static Definition) -> impl Iterator<Item = Part> {
        digits(definition.dimensions, &[]).into_iter().filter_map(|digit| {
            let families = definition.together().filter(|family| family.labels.contains(&digit.place));
            Some(Part {
                label: digit.dimension.label,
                families: families.map(|family| family.name).collect(),
                most: digit.dimension.most()?,
                place: definition.place,
            })
        })
    }

    fn shares_with(&self, other: &Part) -> bool {
        self.label == other.label && self.families.iter().any(|family| other.families.contains(family))
    }
}

/// All that share a family with `mine`, or with one that does, `mine` itself included.
#[cfg(feature = "metrics")]
fn together(mine: &Part) -> Vec<Part> {
    static ALL: std::sync::OnceLock<Vec<Part>> = std::sync::OnceLock::new();
    let all = || {
        let with_open = super::sites().into_iter().filter(|site| !site.opens().is_empty());
        with_open.flat_map(|site| Part::of(site.definition())).collect::<Vec<Part>>()
    };
    let now;
    let all = if super::linked::IS_COMPLETE {
        ALL.get_or_init(all)
    } else {
        now = all();
        &now
    };
    let mut rest: Vec<&Part> = all.iter().filter(|part| part.label == mine.label).collect();
    let (mut found, mut next) = (vec![mine.clone()], 0);
    while let Some(part) = found.get(next).cloned() {
        let (with, without): (Vec<&Part>, Vec<&Part>) = rest.into_iter().partition(|other| part.shares_with(other));
        found.extend(with.into_iter().cloned());
        (rest, next) = (without, next + 1);
    }
    found
}
