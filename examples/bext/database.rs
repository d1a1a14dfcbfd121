//! What pages are made of, and who tenants are: an embedded database in the data folder.

use std::path::Path;

use redb::{Database as Redb, TableDefinition};
use serde_json::Value;

/// By application, generation and path, with blanks between them.
const CONTENT: TableDefinition<&str, &[u8]> = TableDefinition::new("content");
/// By the tenant's id.
const TENANTS: TableDefinition<&str, &[u8]> = TableDefinition::new("tenants");

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the database: {0}")]
    Database(Box<redb::Error>),
    #[error("what stands in the database is no JSON: {0}")]
    Json(serde_json::Error),
}

// It has an error of its own for each thing that is done with it.
impl<E: Into<redb::Error>> From<E> for DatabaseError {
    fn from(error: E) -> Self {
        DatabaseError::Database(Box::new(error.into()))
    }
}

pub struct Database(Redb);

impl Database {
    pub fn open(file: &Path) -> Result<Self, DatabaseError> {
        let database = Redb::create(file)?;
        let change = database.begin_write()?;
        // Every site is deployed anew, as a generation of its own.
        change.delete_table(CONTENT)?;
        change.open_table(CONTENT)?;
        let public = br#"{"name": "Rivers"}"#;
        change.open_table(TENANTS)?.insert("public", public.as_slice())?;
        change.commit()?;
        Ok(Database(database))
    }

    pub fn content(&self, app: &str, generation: u64, path: &str) -> Result<Option<Value>, DatabaseError> {
        self.get(CONTENT, &format!("{app} {generation} {path}"))
    }

    pub fn tenant(&self, id: &str) -> Result<Option<Value>, DatabaseError> {
        self.get(TENANTS, id)
    }

    /// All at once, or nothing.
    pub fn put_content<'a>(
        &self,
        app: &str,
        generation: u64,
        content: impl IntoIterator<Item = (&'a String, &'a Value)>,
    ) -> Result<(), DatabaseError> {
        let change = self.0.begin_write()?;
        {
            let mut table = change.open_table(CONTENT)?;
            for (path, value) in content {
                let bytes = serde_json::to_vec(value).map_err(DatabaseError::Json)?;
                table.insert(format!("{app} {generation} {path}").as_str(), bytes.as_slice())?;
            }
        }
        change.commit()?;
        Ok(())
    }

    /// Removes the content of an application, that of a generation aside.
    pub fn keep_content(&self, app: &str, generation: u64) -> Result<(), DatabaseError> {
        let (from, to, kept) = (format!("{app} "), format!("{app}!"), format!("{app} {generation} "));
        let change = self.0.begin_write()?;
        change.open_table(CONTENT)?.retain_in(from.as_str()..to.as_str(), |key, _| key.starts_with(&kept))?;
        change.commit()?;
        Ok(())
    }

    /// Whether it answers.
    pub fn ping(&self) -> Result<(), DatabaseError> {
        self.tenant("public").map(drop)
    }

    fn get(&self, table: TableDefinition<&str, &[u8]>, key: &str) -> Result<Option<Value>, DatabaseError> {
        let table = self.0.begin_read()?.open_table(table)?;
        let Some(bytes) = table.get(key)? else { return Ok(None) };
        serde_json::from_slice(bytes.value()).map(Some).map_err(DatabaseError::Json)
    }
}
