//! Tasks, their steps, and the states that they go through.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tallied::Label;
use tallied_service::Correlation;

use crate::workflow::Handler;

/// The states of tasks and steps. As labels are, for their texts.
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

impl State {
    pub fn as_str(self) -> &'static str {
        State::VALUES.get(self.index())
    }
}

/// What a task is. It never changes; how far it is, is a [`Progress`].
///
/// Without `Debug`, for its input has what nobody should read.
#[derive(Serialize, Deserialize)]
pub struct Task {
    pub uuid: Arc<str>,
    pub namespace: String,
    pub name: String,
    pub input: Value,
    pub correlation_id: String,
    pub created: Moment,
}

/// How far a task is.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    pub state: State,
    pub since: Moment,
    pub result: Option<Value>,
}

/// A part of a task, which a handler does.
#[derive(Clone, Serialize, Deserialize)]
pub struct Step {
    pub uuid: Arc<str>,
    pub handler: Handler,
    pub depends_on: Vec<Handler>,
    pub state: State,
    pub since: Moment,
    pub attempts: u32,
    pub result: Option<Value>,
    pub error: Option<String>,
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

/// Microseconds since 1970.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
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
