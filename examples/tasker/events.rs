//! Domain events: what has happened to orders, for whoever wants to know. Here that is the stock.
//!
//! An event is delivered at least once: it is published before what it tells of is written, and again where that fails.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tallied::{Label, instrument, observed};

use crate::metrics::TASKER;
use crate::orchestration::Orchestrator;
use crate::stock::Stock;
use crate::task::{Task, TaskError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum EventName {
    #[label(rename = "order.priced")]
    OrderPriced,
    #[label(rename = "stock.reserved")]
    StockReserved,
    #[label(rename = "task.completed")]
    TaskCompleted,
    #[label(rename = "task.failed")]
    TaskFailed,
}

/// How an event gets to whoever listens.
#[derive(Clone, Copy, Debug)]
pub enum DeliveryMode {
    /// By the queue alone.
    Fast,
    /// It is kept with its task, too.
    Durable,
}

pub struct Event {
    name: EventName,
    task: Arc<Task>,
    payload: Value,
    published: Instant,
}

/// Its events.
impl Orchestrator {
    /// Its span is the documentation's own; what is counted stands beside it.
    #[observed(
        span = false,
        labels(event_name, namespace(max = 64) = &*task.namespace),
        counter(name = "tasker.events.published", help = "Domain events that were published, by name and namespace.")
    )]
    #[instrument(
        name = "publish_domain_event",
        skip(self, payload, task),
        fields(
            event_name = %event_name.text(),
            namespace = %task.namespace,
            correlation_id = %task.correlation_id,
            delivery_mode = ?delivery_mode
        )
    )]
    pub fn publish_event(
        &self,
        event_name: EventName,
        task: &Arc<Task>,
        delivery_mode: DeliveryMode,
        payload: Value,
    ) -> Result<(), TaskError> {
        if matches!(delivery_mode, DeliveryMode::Durable) {
            self.store.keep_event(&task.uuid, json!({"event_name": event_name.text(), "payload": payload}))?;
        }
        self.events.send(Event { name: event_name, task: task.clone(), payload, published: Instant::now() })?;
        tracing::info!("domain event published");
        Ok(())
    }
}

/// Gives an event to the stock: what was reserved for a task that failed is free again. A listener that fails is given the
/// event once more; this one has nothing that could.
#[observed(
    operation,
    level = "debug",
    counter = false,
    histogram(unit = "ms", labels(operation, status)),
    fields(task_uuid = %event.task.uuid, namespace = %event.task.namespace, event_name = %event.name.text()),
    after(success = |done| done.is_ok()),
    log = "debug"
)]
pub fn deliver(event: &Event, stock: &Stock) -> Result<(), TaskError> {
    tracing::trace!(payload = %event.payload, "delivering");
    if event.name == EventName::TaskFailed {
        stock.release(&event.task.uuid);
    }
    TASKER.events_propagation_time_ms.observe(event.published.elapsed());
    Ok(())
}
