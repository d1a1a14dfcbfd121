//! Puts tasks in, ends them, brings them events, and says what became of them.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use crate::error::Error;
use crate::metrics::ZART;
use crate::status::{Delivery, ExecutionStatus, TaskStatus};
use crate::store::Store;
use crate::task::{Task, TaskId};

/// The queue. Its clones are the same queue.
#[derive(Clone, Debug)]
pub struct Scheduler {
    store: Arc<Store>,
    /// Whoever waits for a change of a task looks again when this does.
    changes: Arc<watch::Sender<u64>>,
}

impl Scheduler {
    /// Opens the database, and makes it if it is not there. `zart_queue_depth` is of the queue that was opened last, and
    /// -1 where it cannot be read.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened, or another process has it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let store = Arc::new(Store::open(path.as_ref())?);
        // The metric alone keeps no database open.
        let counted = Arc::downgrade(&store);
        // Of a database that cannot be read nothing is known: zero would say that nothing waits.
        ZART.queue_depth.read_from(move || {
            let depth = counted.upgrade().map_or(Ok(0), |store| store.depth());
            depth.map_or(-1, |depth| i64::try_from(depth).unwrap_or(i64::MAX))
        });
        Ok(Scheduler { store, changes: Arc::new(watch::Sender::new(0)) })
    }

    /// Puts a task into the queue.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn schedule(&self, name: &str, input: Value) -> Result<TaskId, Error> {
        let owned = name.to_owned();
        let id = self.on_store(move |store| store.schedule(owned, input)).await?;
        ZART.task(TaskStatus::Scheduled);
        tracing::info!(task_id = id, task_name = name, "task scheduled");
        self.changed();
        Ok(id)
    }

    /// Ends a task: false if it had ended.
    ///
    /// # Errors
    ///
    /// If there is no such task, and what the database says.
    pub async fn cancel(&self, id: TaskId) -> Result<bool, Error> {
        let Some(task) = self.on_store(move |store| store.cancel(id)).await? else { return Ok(false) };
        ZART.task(TaskStatus::Cancelled);
        ZART.execution(ExecutionStatus::Cancelled, &task.name);
        tracing::info!(task_id = id, task_name = task.name, "task cancelled");
        self.changed();
        Ok(true)
    }

    /// Brings an event to a task.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn deliver(&self, event_name: &str, id: TaskId, payload: Value) -> Result<Delivery, Error> {
        let name = event_name.to_owned();
        let delivery = self.on_store(move |store| store.deliver(&name, id, &payload)).await?;
        if delivery == Delivery::Delivered {
            ZART.task(TaskStatus::Scheduled);
            self.changed();
        }
        Ok(delivery)
    }

    /// A task as it is now.
    ///
    /// # Errors
    ///
    /// If there is no such task, and what the database says.
    pub async fn task(&self, id: TaskId) -> Result<Task, Error> {
        self.on_store(move |store| store.task(id)).await
    }

    /// Waits until a task is as it is wanted: `State::is_end`, say.
    ///
    /// # Errors
    ///
    /// As [`task`](Self::task).
    pub async fn wait(&self, id: TaskId, is_wanted: impl Fn(&Task) -> bool) -> Result<Task, Error> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let task = self.task(id).await?;
            if is_wanted(&task) {
                return Ok(task);
            }
            changes.changed().await.map_err(|_| Error::ShuttingDown)?;
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// What it says if not.
    pub async fn ping(&self) -> Result<u64, Error> {
        self.on_store(Store::depth).await
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The database waits for the disk, and tasks of the runtime must not.
    pub(crate) async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (store, span) = (self.store.clone(), tracing::Span::current());
        tokio::task::spawn_blocking(move || span.in_scope(|| work(&store))).await.map_err(|_| Error::ShuttingDown)?
    }
}
