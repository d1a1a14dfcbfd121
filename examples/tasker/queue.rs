//! Queues of messages in this process, each with the correlation of whoever sent it.
//!
//! Deliberately absent: durability. What must outlive a message is in the database.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tallied::{Label, observed};
use tallied_service::Correlation;
use tokio::sync::Semaphore;

use crate::metrics::{OfQueue, QUEUES};

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

/// A message with what goes with it.
pub struct Message<T> {
    body: T,
    sent: Instant,
    correlation: Option<Correlation>,
}

impl<T> Message<T> {
    /// When it was sent.
    pub fn sent(&self) -> Instant {
        self.sent
    }
}

/// It takes no more messages.
#[derive(Debug, thiserror::Error)]
#[error("the queue {0:?} is closed")]
pub struct Closed(QueueName);

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
        histogram(
            name = "tasker.queue.send_duration_ms",
            help = "Time to put a message into a queue, in milliseconds, by queue.",
            labels(queue)
        ),
        allow(base_unit)
    )]
    pub fn send(&self, body: T) -> Result<(), Closed> {
        let mut messages = self.messages();
        if self.arrived.is_closed() {
            return Err(Closed(self.name));
        }
        messages.push_back(Message { body, sent: Instant::now(), correlation: Correlation::current() });
        QUEUES.depth.with(OfQueue { queue: self.name }).inc();
        self.arrived.add_permits(1);
        Ok(())
    }

    /// The next message, when there is one. `None` when it is closed and empty.
    pub async fn next(&self) -> Option<Message<T>> {
        // Of a closed queue the rest is taken without permits.
        if let Ok(permit) = self.arrived.acquire().await {
            permit.forget();
        }
        let message = self.receive()?;
        let queue = OfQueue { queue: self.name };
        QUEUES.notify_duration_ms.with(queue).observe(message.sent.elapsed());
        Some(message)
    }

    /// Handles a message in the name of the request that it belongs to. An error is told and counted here, and ends nothing.
    pub async fn handle<F, E>(&self, message: Message<T>, work: impl FnOnce(T) -> F)
    where
        F: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        let handled = async {
            if let Err(error) = work(message.body).await {
                QUEUES.errors_total.with(OfQueue { queue: self.name }).inc();
                tracing::error!(queue = ?self.name, %error, "message could not be handled");
            }
        };
        match message.correlation {
            Some(correlation) => correlation.scope(handled).await,
            None => handled.await,
        }
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

    #[observed(
        name = "queue_receive",
        level = "debug",
        labels(queue: QueueName = self.name),
        counter = false,
        histogram(
            name = "tasker.queue.receive_duration_ms",
            help = "Time to take a message that is there out of a queue, in milliseconds, by queue.",
            labels(queue)
        ),
        allow(base_unit)
    )]
    fn receive(&self) -> Option<Message<T>> {
        let message = self.messages().pop_front()?;
        QUEUES.depth.with(OfQueue { queue: self.name }).dec();
        Some(message)
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<Message<T>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
