//! Every family that no attribute makes, in groups.
//!
//! What a function's call tells (operations, queries, executions, claims) stands at the function, as `#[observed(…)]`. Names
//! with dots are those of the system's documentation; the exposition has `_` for each.

use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics};

use crate::queue::QueueName;
use crate::workflow::Handler;

tallied_service::request_metrics! {
    /// Requests to the API, as `tasker_api_requests_total` and the like.
    pub struct Api { prefix: "tasker_api", routes: 16, duration: histogram_ms }
}

#[derive(LabelSet)]
pub struct OfNamespace<'a> {
    /// Namespaces come from whoever creates tasks.
    #[label(max = 64)]
    pub namespace: &'a str,
}

#[derive(LabelSet)]
pub struct OfHandler {
    pub handler: Handler,
}

#[derive(LabelSet)]
pub struct OfQueue {
    pub queue: QueueName,
}

#[derive(Clone, Copy, Label)]
pub enum ConnectionState {
    Active,
    Idle,
}

#[derive(LabelSet)]
pub struct OfConnection {
    pub state: ConnectionState,
}

/// The life of tasks.
#[derive(Metrics)]
#[metrics(prefix = "tasker", allow(base_unit))]
pub struct Tasks {
    /// Tasks that were created.
    #[metrics(rename = "tasks.created")]
    pub created: Counter,
    /// Tasks whose first steps were looked for.
    #[metrics(rename = "tasks.started")]
    pub started: Counter,
    /// Tasks all of whose steps are complete.
    #[metrics(rename = "tasks.completed")]
    pub completed: Counter,
    /// Tasks with a step that failed for good, by namespace.
    #[metrics(rename = "tasks.failed")]
    pub failed: Counter<OfNamespace<'static>>,
    /// Tasks that are neither completed nor failed.
    #[metrics(rename = "tasks.active")]
    pub active: Gauge<(), i64>,
    /// Time from a task's creation until it is completed or failed, in milliseconds.
    #[metrics(rename = "task.duration_ms")]
    pub duration: Histogram,
}

/// What becomes of steps, besides what their claims and executions tell themselves.
#[derive(Metrics)]
#[metrics(prefix = "tasker")]
pub struct Steps {
    /// Steps that were found to be ready: all that they depend on is complete.
    #[metrics(rename = "steps.discovered")]
    pub discovered: Counter,
    /// Steps that were given to the workers, again after a retry too.
    #[metrics(rename = "steps.enqueued")]
    pub enqueued: Counter,
    /// Steps that wait for another attempt after one that failed.
    #[metrics(rename = "steps.retried")]
    pub retried: Counter,
    /// Steps that failed for good, by handler.
    #[metrics(rename = "steps.failed")]
    pub failed: Counter<OfHandler>,
}

/// Who does the work.
#[derive(Metrics)]
#[metrics(prefix = "tasker")]
pub struct Workers {
    /// Workers that take steps.
    #[metrics(rename = "workers.active")]
    pub active: Gauge<(), i64>,
    /// State of a handler's circuit breaker: 0 closed, 1 half-open, 2 open.
    pub circuit_breaker_state: Gauge<OfHandler, i64>,
}

/// The database, besides what its queries tell themselves.
#[derive(Metrics)]
#[metrics(prefix = "tasker_database")]
pub struct Database {
    /// Connections of the pool for reading, by state.
    pub connections: Gauge<OfConnection, i64>,
}

/// The queues, besides what sending and receiving tell themselves.
#[derive(Metrics)]
#[metrics(prefix = "tasker_queue", allow(base_unit))]
pub struct Queues {
    /// Messages that wait, by queue.
    pub depth: Gauge<OfQueue, i64>,
    /// Time from a message's sending until somebody has it, in milliseconds, by queue.
    pub notify_duration_ms: Histogram<OfQueue>,
    /// Messages that could not be handled, by queue.
    pub errors_total: Counter<OfQueue>,
}

/// Domain events, besides what their publishing tells itself.
#[derive(Metrics)]
#[metrics(prefix = "tasker_events", allow(base_unit))]
pub struct Events {
    /// Time from an event's publishing until it is delivered, in milliseconds.
    pub propagation_time_ms: Histogram,
}

pub static TASKS: Tasks = Tasks::new();
pub static STEPS: Steps = Steps::new();
pub static WORKERS: Workers = Workers::new();
pub static DATABASE: Database = Database::new();
pub static QUEUES: Queues = Queues::new();
pub static EVENTS: Events = Events::new();
