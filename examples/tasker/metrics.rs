//! Every family that no attribute makes, in groups.
//!
//! What a function's call tells (operations, queries, executions, claims) stands at the function, as `#[observed(…)]`. Names
//! with dots are those of the system's documentation, to the letter; the exposition has `_` for each.

use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics};

use crate::queue::QueueName;
use crate::workflow::Handler;

tallied_service::request_metrics! {
    /// Requests to the API, as `tasker_api_requests_total` and the like.
    pub struct Api { prefix: "tasker_api", routes: 16, duration: histogram_ms }
}

#[derive(LabelSet)]
pub struct OfNamespace<'a> {
    /// Namespaces come from whoever creates tasks, so their number has to have an end.
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

#[derive(LabelSet)]
pub struct OfConnection {
    pub state: ConnectionState,
}

#[derive(Clone, Copy, Label)]
pub enum ConnectionState {
    Active,
    Idle,
}

/// Tasks, their steps, and who does them.
#[derive(Metrics)]
#[metrics(prefix = "tasker", allow(base_unit))]
pub struct Tasker {
    /// Tasks that were created.
    #[metrics(rename = "tasks.created")]
    pub tasks_created: Counter,
    /// Tasks whose first steps were looked for.
    pub tasks_started_total: Counter,
    /// Tasks all of whose steps are complete.
    #[metrics(rename = "tasks.completed")]
    pub tasks_completed: Counter,
    /// Tasks with a step that failed for good, by namespace.
    #[metrics(rename = "tasks.failed")]
    pub tasks_failed: Counter<OfNamespace<'static>>,
    /// Tasks that are neither completed nor failed.
    pub tasks_active: Gauge<(), i64>,
    /// Time from a task's creation until it is completed or failed, in milliseconds.
    pub task_duration_ms: Histogram,
    /// Steps that were found to be ready: all that they depend on is complete.
    pub steps_discovered_total: Counter,
    /// Steps that were given to the workers, again after a retry too.
    pub steps_enqueued_total: Counter,
    /// Steps that wait for another attempt after one that failed.
    pub steps_retried_total: Counter,
    /// Steps that failed for good, by handler.
    pub steps_failed_total: Counter<OfHandler>,
    /// Workers that take steps.
    #[metrics(rename = "workers.active")]
    pub workers_active: Gauge<(), i64>,
    /// State of a handler's circuit breaker: 0 closed, 1 half-open, 2 open.
    pub circuit_breaker_state: Gauge<OfHandler, i64>,
    /// Connections of the pool for reading, by state.
    pub database_connections: Gauge<OfConnection, i64>,
    /// Time from an event's publishing until it is delivered, in milliseconds.
    pub events_propagation_time_ms: Histogram,
}

/// The queues. The first two are fed by the attributes of `Queue::send` and `Queue::receive`; as fields they have their
/// help texts here, where all families of queues stand.
#[derive(Metrics)]
#[metrics(prefix = "tasker_queue", allow(base_unit))]
pub struct Queues {
    /// Time to put a message into a queue, in milliseconds, by queue.
    #[expect(dead_code, reason = "the attribute feeds the family by its name")]
    send_duration_ms: Histogram<OfQueue>,
    /// Time to take a message that is there out of a queue, in milliseconds, by queue.
    #[expect(dead_code, reason = "the attribute feeds the family by its name")]
    receive_duration_ms: Histogram<OfQueue>,
    /// Time from a message's sending until somebody has it, in milliseconds, by queue.
    pub notify_duration_ms: Histogram<OfQueue>,
    /// Messages that wait, by queue.
    pub depth: Gauge<OfQueue, i64>,
    /// Attempts to handle a message that failed, by queue.
    pub errors_total: Counter<OfQueue>,
}

pub static TASKER: Tasker = Tasker::new();
pub static QUEUES: Queues = Queues::new();
