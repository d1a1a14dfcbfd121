//! What can go wrong, with the library and with a task.

use std::fmt;

use crate::task::TaskId;

/// The library cannot do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The database says so.
    Database(Box<redb::Error>),
    /// What stands in the database, or was given, is no JSON of the type that is wanted.
    Json(serde_json::Error),
    /// No task is called so: register it.
    UnknownTask(String),
    /// A worker cannot work so: what to change.
    Settings(&'static str),
    /// Another attempt has the task, or it was cancelled: what this one does is not written down.
    Lost(TaskId),
    /// There is no task of this number.
    NoTask(TaskId),
    /// The runtime shuts down.
    ShuttingDown,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Database(why) => write!(f, "the database: {why}"),
            Error::Json(why) => write!(f, "not the JSON that is wanted: {why}"),
            Error::UnknownTask(name) => write!(f, "no task is registered as `{name}`"),
            Error::Settings(what) => f.write_str(what),
            Error::Lost(id) => write!(f, "task {id} is somebody else's by now, or was cancelled"),
            Error::NoTask(id) => write!(f, "there is no task {id}, or it has ended"),
            Error::ShuttingDown => f.write_str("the runtime shuts down"),
        }
    }
}

impl std::error::Error for Error {}

// The database has an error of its own for each thing that is done with it.
impl<E: Into<redb::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Error::Database(Box::new(error.into()))
    }
}

/// Why a task stops before its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// Trying again may help.
    Retry(String),
    /// Trying again is no use.
    Fail(String),
    /// It goes on when the event comes. [`Context::event`](crate::Context::event) makes this.
    Waiting {
        /// What it waits for.
        event: String,
    },
    /// The library failed: it is tried again.
    Zart(Error),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Retry(why) | Stop::Fail(why) => f.write_str(why),
            Stop::Waiting { event } => write!(f, "waiting for `{event}`"),
            Stop::Zart(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Stop {}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Zart(error)
    }
}
