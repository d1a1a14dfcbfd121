//! What can be wrong with the database.

use std::time::Duration;

use crate::task::State;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A box, for the error of the database is large.
    #[error("the database: {0}")]
    Database(Box<redb::Error>),
    #[error("a row cannot be read or written: {0}")]
    Row(#[from] serde_json::Error),
    #[error("no connection of the pool was free within {0:?}")]
    Exhausted(Duration),
    #[error("there is no such task or step")]
    Missing,
    #[error("the step is {}, and not {}", .is.as_str(), .expected.as_str())]
    State { is: State, expected: State },
}

macro_rules! database {
    ($($error:ident)*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                StoreError::Database(Box::new(error.into()))
            }
        }
    )*};
}

database!(CommitError DatabaseError StorageError TableError TransactionError);
