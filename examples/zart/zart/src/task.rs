//! A task as it stands in the database.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The number of a task.
pub type TaskId = u64;

/// What a task does now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is in the queue.
    Queued,
    /// A worker has it.
    Running,
    /// It waits for an event of this name.
    Waiting(String),
    /// It has ended, with a result.
    Completed,
    /// It has ended, with an error.
    Failed,
    /// It was ended.
    Cancelled,
}

impl State {
    /// Whether nothing will come any more.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Cancelled)
    }
}

/// A task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// The function that it is for.
    pub name: String,
    /// What the function is given.
    pub input: Value,
    /// What it does now.
    pub state: State,
    /// How often it was tried and failed.
    pub failures: u32,
    /// How often a worker took it. Who has it knows it by this number.
    pub claims: u64,
    /// What it gave.
    pub result: Option<Value>,
    /// The last thing that went wrong.
    pub error: Option<String>,
}

/// A task that a worker has, until `claims` says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) id: TaskId,
    pub(crate) claims: u64,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum End {
    Completed(Value),
    Failed(String),
    /// Again, at this time.
    Retry {
        error: String,
        due: u64,
    },
    Waiting(String),
}
