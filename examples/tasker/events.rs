//! Domain events: what has happened to orders, for whoever wants to know. Here that is a ledger of what was sold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use tallied::{Label, instrument, observed};

use crate::metrics::EVENTS;
use crate::queue::Queue;
use crate::store::{Store, StoreError};
use crate::task::Task;

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

/// What an event is about.
#[derive(Debug)]
pub struct Metadata {
    pub task_uuid: Arc<str>,
    pub namespace: String,
    pub correlation_id: String,
}

pub struct Event {
    name: EventName,
    metadata: Metadata,
    payload: Value,
}

#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error(transparent)]
    Closed(#[from] crate::queue::Closed),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the turnover of {0:?} would be more than can be counted")]
    Overflow(String),
}

pub struct Publisher {
    pub store: Arc<Store>,
    pub queue: Arc<Queue<Event>>,
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EventName::VALUES.get(self.index()))
    }
}

impl Publisher {
    /// An event of a task.
    pub fn publish(
        &self,
        event_name: EventName,
        mode: DeliveryMode,
        task: &Task,
        payload: Value,
    ) -> Result<(), EventError> {
        let metadata = Metadata {
            task_uuid: task.uuid.clone(),
            namespace: task.namespace.clone(),
            correlation_id: task.correlation_id.clone(),
        };
        self.publish_event(event_name, metadata, mode, payload)
    }

    /// Its span is the documentation's own; what is counted stands beside it.
    #[observed(
        span = false,
        labels(event_name, namespace(max = 64) = metadata.namespace.as_str()),
        counter(name = "tasker.events.published", help = "Domain events that were published, by name and namespace.")
    )]
    #[instrument(
        name = "publish_domain_event",
        skip(self, payload, metadata),
        fields(
            event_name = %event_name,
            namespace = %metadata.namespace,
            correlation_id = %metadata.correlation_id,
            delivery_mode = ?delivery_mode
        )
    )]
    fn publish_event(
        &self,
        event_name: EventName,
        metadata: Metadata,
        delivery_mode: DeliveryMode,
        payload: Value,
    ) -> Result<(), EventError> {
        if matches!(delivery_mode, DeliveryMode::Durable) {
            let kept = json!({"event_name": event_name.to_string(), "payload": payload});
            self.store.keep_event(&metadata.task_uuid, &kept)?;
        }
        self.queue.send(Event { name: event_name, metadata, payload })?;
        tracing::info!("domain event published");
        Ok(())
    }
}

/// What was sold, by namespace, in cents.
#[derive(Default)]
pub struct Ledger {
    turnover: Mutex<BTreeMap<String, u64>>,
}

/// The turnover of a namespace.
#[derive(Serialize)]
pub struct Turnover(BTreeMap<String, u64>);

impl Ledger {
    /// Takes events until no more can come.
    pub async fn listen(&self, queue: &Queue<Event>) {
        while let Some(message) = queue.next().await {
            let sent = message.sent();
            let deliver = |event| async move {
                // In the name of its request, so that a slow one leads to that.
                EVENTS.propagation_time_ms.observe(sent.elapsed());
                self.deliver(event)
            };
            queue.handle(message, deliver).await;
        }
    }

    #[observed(
        operation,
        level = "debug",
        counter = false,
        histogram(unit = "ms", labels(operation, status)),
        fields(task_uuid = %event.metadata.task_uuid, namespace = %event.metadata.namespace, event_name = %event.name),
        after(success = |done| done.is_ok()),
        log = "debug"
    )]
    fn deliver(&self, event: Event) -> Result<(), EventError> {
        let sold = event.payload["sold_cents"].as_u64().filter(|_| event.name == EventName::TaskCompleted);
        let Some(cents) = sold else { return Ok(()) };
        let mut turnover = self.turnover.lock().unwrap_or_else(PoisonError::into_inner);
        let before = turnover.get(&event.metadata.namespace).copied().unwrap_or(0);
        let Some(after) = before.checked_add(cents) else {
            return Err(EventError::Overflow(event.metadata.namespace));
        };
        turnover.insert(event.metadata.namespace, after);
        Ok(())
    }

    pub fn turnover(&self) -> Turnover {
        Turnover(self.turnover.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
