//! The tables, whose rows are JSON, and how rows are written.

use redb::{ReadableTable as _, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::task::Step;
use crate::workflow::Handler;

pub type Rows<K> = TableDefinition<'static, K, &'static [u8]>;

pub const TASKS: Rows<&str> = TableDefinition::new("tasks");
pub const PROGRESS: Rows<&str> = TableDefinition::new("progress");
/// By task and place in it.
pub const STEPS: Rows<(&str, u8)> = TableDefinition::new("steps");
/// By task and number.
pub const TRANSITIONS: Rows<(&str, u32)> = TableDefinition::new("transitions");
/// By task and number.
pub const EVENTS: Rows<(&str, u32)> = TableDefinition::new("events");

pub fn put<K: redb::Key + 'static>(
    transaction: &WriteTransaction,
    rows: Rows<K>,
    key: K::SelfType<'_>,
    row: &impl Serialize,
) -> Result<(), StoreError> {
    transaction.open_table(rows)?.insert(key, serde_json::to_vec(row)?.as_slice())?;
    Ok(())
}

pub fn pick<K: redb::Key + 'static, T: DeserializeOwned>(
    transaction: &WriteTransaction,
    rows: Rows<K>,
    key: K::SelfType<'_>,
) -> Result<T, StoreError> {
    let table = transaction.open_table(rows)?;
    let row = table.get(key)?.ok_or(StoreError::Missing)?;
    Ok(serde_json::from_slice(row.value())?)
}

/// Behind all others of a task.
pub fn append(
    transaction: &WriteTransaction,
    rows: Rows<(&'static str, u32)>,
    uuid: &str,
    row: &impl Serialize,
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(rows)?;
    let next =
        table.range((uuid, 0)..=(uuid, u32::MAX))?.next_back().transpose()?.map_or(0, |(key, _)| key.value().1 + 1);
    table.insert((uuid, next), serde_json::to_vec(row)?.as_slice())?;
    Ok(())
}

pub fn step_of(transaction: &WriteTransaction, uuid: &str, handler: Handler) -> Result<(u8, Step), StoreError> {
    let table = transaction.open_table(STEPS)?;
    for row in table.range((uuid, 0)..=(uuid, u8::MAX))? {
        let (key, row) = row?;
        let step: Step = serde_json::from_slice(row.value())?;
        if step.handler == handler {
            return Ok((key.value().1, step));
        }
    }
    Err(StoreError::Missing)
}
