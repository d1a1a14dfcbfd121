//! Tasks, their steps, the states that they go through, and what can come between.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tallied::Label;
use tallied_service::Correlation;

use crate::queue::QueueName;
use crate::store::StoreError;
use crate::workflow::Handler;

/// The states of tasks and steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Label)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Enqueued,
    InProgress,
    WaitingForRetry,
    Complete,
    Error,
}

/// What a task is. It never changes; how far it is, is a [`Progress`].
///
/// Without `Debug`, for its input has what nobody should read.
#[derive(Serialize, Deserialize)]
pub struct Task {
    pub uuid: Arc<str>,
    pub namespace: Arc<str>,
    pub name: String,
    pub input: Value,
    pub correlation_id: String,
    pub created: Moment,
}

/// How far a task is, and all that has happened to it.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    pub stage: Stage,
    pub steps: Vec<Step>,
    pub transitions: Vec<Transition>,
    pub events: Vec<Value>,
    pub result: Option<Value>,
}

/// A part of a task, which a handler does.
#[derive(Clone, Serialize, Deserialize)]
pub struct Step {
    #[serde(rename = "step_uuid")]
    pub uuid: Arc<str>,
    #[serde(rename = "step_name")]
    pub handler: Handler,
    #[serde(flatten)]
    pub stage: Stage,
    pub attempts: u32,
    pub result: Option<Value>,
    pub error: Option<String>,
}

/// The state of a task or a step, and since when.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Stage {
    pub state: State,
    pub since: Moment,
}

/// That a task, or a step of it, went from one state to another.
#[derive(Serialize, Deserialize)]
pub struct Transition {
    pub at: Moment,
    /// None if it is the task's own.
    pub step_name: Option<Handler>,
    pub from_state: State,
    pub to_state: State,
    /// So long it was in the state before.
    pub duration_ms: f64,
    pub correlation_id: String,
}

impl Step {
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.stage.state, State::Enqueued | State::InProgress | State::WaitingForRetry)
    }
}

impl Stage {
    /// Goes on to another state. `None` if it is not in the one that is expected: somebody was faster, or the same message
    /// came again.
    pub fn go(&mut self, [from, to]: [State; 2], task: &Task, step_name: Option<Handler>) -> Option<Transition> {
        if self.state != from {
            return None;
        }
        let (at, duration_ms) = (Moment::now(), millis(self.since.elapsed()));
        *self = Stage { state: to, since: at };
        let correlation_id = task.correlation_id.clone();
        Some(Transition { at, step_name, from_state: from, to_state: to, duration_ms, correlation_id })
    }
}

/// Why something could not be done for a task.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("there is no workflow {0:?}; there is `order`")]
    UnknownWorkflow(String),
    #[error("the circuit breaker is open for another {0:?}")]
    Open(Duration),
    #[error("the step is not there to be claimed any more")]
    Taken,
    #[error("the queue {0:?} is closed")]
    Closed(QueueName),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Microseconds since 1970.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Moment(u64);

impl Moment {
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// Zero if the clock was set back meanwhile.
    pub fn elapsed(self) -> Duration {
        Duration::from_micros(Moment::now().0.saturating_sub(self.0))
    }
}

/// With three digits behind the point.
#[allow(clippy::cast_precision_loss)] // it takes 285 years to lose one
pub fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// A UUID of version 7: what the ids of new correlations are.
pub fn new_uuid() -> Arc<str> {
    Correlation::new().id().into()
}
