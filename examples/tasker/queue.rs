//! Queues of messages in this process, each with the correlation of whoever sent it.
//!
//! A message may be handled more than once: what it asks for is asked again when it fails. Deliberately absent: durability.
//! What must outlive a message is in the database.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tallied::{Label, observed};
use tallied_service::{Correlate as _, Correlation};
use tokio::sync::Semaphore;

use crate::metrics::{OfQueue, QUEUES};
use crate::task::TaskError;

/// So often a message is tried in all, and so long it waits before each further time.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// The queues that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum QueueName {
    /// Steps for the workers.
    Steps,
    /// What became of them, for the orchestrator.
    Results,
    /// Domain events, for whoever listens.
    Events,
}

struct Message<T> {
    /// Shared, for the attempts to handle it.
    body: Arc<T>,
    sent: Instant,
    correlation: Option<Correlation>,
}

pub struct Queue<T> {
    name: QueueName,
    messages: Mutex<VecDeque<Message<T>>>,
    /// A permit for each message.
    arrived: Semaphore,
}

impl<T> Queue<T> {
    pub fn new(name: QueueName) -> Self {
        Queue { name, messages: Mutex::default(), arrived: Semaphore::new(0) }
    }

    /// Puts a message in, in the name of the request that is current.
    #[observed(
        name = "queue_send",
        level = "debug",
        labels(queue: QueueName = self.name),
        counter = false,
        histogram(name = "tasker_queue_send_duration_ms", labels(queue)),
        allow(base_unit)
    )]
    pub fn send(&self, body: T) -> Result<(), TaskError> {
        let mut messages = self.messages();
        if self.arrived.is_closed() {
            return Err(TaskError::Closed(self.name));
        }
        messages.push_back(Message { body: Arc::new(body), sent: Instant::now(), correlation: Correlation::current() });
        QUEUES.depth.with(self.labels()).inc();
        self.arrived.add_permits(1);
        Ok(())
    }

    /// Handles one message after the other until no more can come, each in the name of the request that it belongs to, with
    /// a place of its own in that request's trace.
    pub async fn work_off<F>(&self, work: impl Fn(Arc<T>) -> F)
    where
        F: Future<Output = Result<(), TaskError>>,
    {
        while let Some(message) = self.next().await {
            let correlation = message.correlation.as_ref().map(Correlation::child);
            self.handle(&message.body, &work).correlated_by(correlation).await;
        }
    }

    /// An error is told and counted here, and ends nothing: most are over when the message is tried again.
    async fn handle<F>(&self, body: &Arc<T>, work: impl Fn(Arc<T>) -> F)
    where
        F: Future<Output = Result<(), TaskError>>,
    {
        for retry_count in 0..TRIES {
            let Err(error) = work(body.clone()).await else { return };
            QUEUES.errors_total.with(self.labels()).inc();
            if retry_count + 1 == TRIES {
                tracing::error!(queue = ?self.name, %error, retry_count, "message could not be handled");
            } else {
                tracing::warn!(queue = ?self.name, %error, retry_count, "message could not be handled, will retry");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// The next message, when there is one. `None` when it is closed and empty.
    async fn next(&self) -> Option<Message<T>> {
        // Of a closed queue the rest is taken without permits.
        if let Ok(permit) = self.arrived.acquire().await {
            permit.forget();
        }
        let message = self.receive()?;
        QUEUES.notify_duration_ms.with(self.labels()).observe(message.sent.elapsed());
        Some(message)
    }

    #[observed(
        name = "queue_receive",
        level = "debug",
        labels(queue: QueueName = self.name),
        counter = false,
        histogram(name = "tasker_queue_receive_duration_ms", labels(queue)),
        allow(base_unit)
    )]
    fn receive(&self) -> Option<Message<T>> {
        let message = self.messages().pop_front()?;
        QUEUES.depth.with(self.labels()).dec();
        Some(message)
    }

    /// From now on it takes no more; what waits is still received.
    pub fn close(&self) {
        // Under the lock: nothing comes in between a sender's look and its message.
        let _messages = self.messages();
        self.arrived.close();
    }

    pub fn is_open(&self) -> bool {
        !self.arrived.is_closed()
    }

    fn labels(&self) -> OfQueue {
        OfQueue { queue: self.name }
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<Message<T>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tallied::testing::value;

    use super::*;

    #[tokio::test]
    async fn a_message_that_fails_is_tried_again_in_the_name_of_its_request_and_not_for_ever() {
        let queue = Queue::new(QueueName::Results);
        let request = Correlation::new();
        for failures in [1, 100] {
            request.scope_sync(|| queue.send(failures)).unwrap();
        }
        queue.close();
        assert!(matches!(queue.send(0), Err(TaskError::Closed(QueueName::Results))));

        let tries = [AtomicU32::new(0), AtomicU32::new(0)];
        let work = |failures: Arc<u32>| {
            let before = tries[usize::from(*failures > 1)].fetch_add(1, Ordering::Relaxed);
            let id = Correlation::current().unwrap().id().to_owned();
            assert_eq!(id, request.id());
            async move { if before < *failures { Err(TaskError::Taken) } else { Ok(()) } }
        };
        queue.work_off(work).await;
        assert_eq!(tries.map(AtomicU32::into_inner), [2, TRIES]);
        let errors = value("tasker_queue_errors_total", &[("queue", "results")]);
        assert_eq!(errors, Some(f64::from(1 + TRIES)));
    }
}
