//! Tasks that outlive the process: they stand in an embedded database, their steps are done once, they are tried again when
//! they fail, wait for events, and a worker that died gives them back.
//!
//! [`Scheduler`] puts tasks in and takes events, [`Worker`] runs what a [`Registry`] has a function for, [`Context`] is what
//! such a function is given. With the feature `metrics` all of it is counted: see [`metrics`].

mod context;
mod error;
pub mod metrics;
mod scheduler;
mod status;
mod store;
mod task;
mod worker;

pub use context::Context;
pub use error::{Error, Stop};
pub use scheduler::Scheduler;
pub use status::Delivery;
pub use task::{State, Task, TaskId};
pub use worker::{Registry, Settings, Worker};

/// Logs: text or JSON, on standard error.
pub mod logging {
    pub use tallied_service::logs::{LogsError, TracingConfig, init_tracing, init_tracing_with_config};
}
