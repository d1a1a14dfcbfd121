//! The database: tasks, how far they are, their steps, every transition of their states, the events that are kept, and the
//! stock.
//!
//! Reads go by a small pool of connections. Writes are one after the other, as the database has it, and short: none of them
//! waits for anything but the one before it.

mod cache;
mod error;
mod rows;
mod stock;

use std::sync::Arc;
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{ReadOnlyTable, ReadTransaction, WriteTransaction};
use serde_json::Value;
use tallied::observed;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::metrics::{ConnectionState, DATABASE, OfConnection};
use crate::task::{Moment, Progress, State, Step, Task, Transition, millis};
use crate::workflow::Handler;

use cache::Cache;
pub use error::StoreError;
use rows::{EVENTS, PROGRESS, Rows, STEPS, TASKS, TRANSITIONS, append, pick, put, step_of};

/// So long somebody may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Store {
    database: redb::Database,
    /// A permit for each connection that nobody uses.
    idle: Arc<Semaphore>,
    connections: usize,
    cache: Cache,
}

/// The pool's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    pub active: usize,
    pub idle: usize,
    pub max: usize,
}

/// A connection for reading; it goes back when it is dropped.
struct Connection<'a> {
    transaction: ReadTransaction,
    _permit: SemaphorePermit<'a>,
}

impl Store {
    /// An empty one, with so many connections for reading. It is in memory, and ends with the process.
    pub fn open(connections: usize) -> Result<Self, StoreError> {
        let database = redb::Database::builder().create_with_backend(InMemoryBackend::new())?;
        let transaction = database.begin_write()?;
        transaction.open_table(TASKS)?;
        transaction.open_table(PROGRESS)?;
        transaction.open_table(STEPS)?;
        transaction.open_table(TRANSITIONS)?;
        transaction.open_table(EVENTS)?;
        stock::fill(&transaction)?;
        transaction.commit()?;
        let idle = Arc::new(Semaphore::new(connections));
        let store = Store { database, idle: idle.clone(), connections, cache: Cache::default() };
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let of = |state| DATABASE.connections.with(OfConnection { state });
        let now = idle.clone();
        of(ConnectionState::Active).read_from(move || count(connections - now.available_permits()));
        of(ConnectionState::Idle).read_from(move || count(idle.available_permits()));
        Ok(store)
    }

    pub fn pool(&self) -> Pool {
        let idle = self.idle.available_permits();
        Pool { active: self.connections - idle, idle, max: self.connections }
    }

    async fn connection(&self) -> Result<Connection<'_>, StoreError> {
        let permit = tokio::time::timeout(PATIENCE, self.idle.acquire()).await;
        // It is never closed.
        let permit = permit.ok().and_then(Result::ok).ok_or(StoreError::Exhausted(PATIENCE))?;
        Ok(Connection { transaction: self.database.begin_read()?, _permit: permit })
    }

    /// Changes something, all of it or nothing.
    fn write<R>(&self, change: impl FnOnce(&WriteTransaction) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let transaction = self.database.begin_write()?;
        let done = change(&transaction)?;
        commit(transaction)?;
        Ok(done)
    }
}

#[observed(
    level = "debug",
    counter = false,
    histogram(
        name = "tasker.database.commit_duration_ms",
        help = "Time to commit what was written, in milliseconds.",
        labels()
    ),
    allow(base_unit)
)]
fn commit(transaction: WriteTransaction) -> Result<(), StoreError> {
    Ok(transaction.commit()?)
}

/// The queries, each by its name.
#[observed(
    query,
    level = "debug",
    counter(name = "tasker.database.queries", help = "Queries of the database, by query and status."),
    histogram(
        name = "tasker.database.query_duration_ms",
        help = "Time of queries of the database, in milliseconds, by query.",
        labels(query)
    ),
    allow(base_unit)
)]
impl Store {
    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        connection.open(PROGRESS)?;
        Ok(())
    }

    pub fn create_task(&self, task: &Task, steps: &[Step]) -> Result<(), StoreError> {
        let progress = Progress { state: State::Pending, since: task.created, result: None };
        self.write(|transaction| {
            put(transaction, TASKS, &*task.uuid, task)?;
            put(transaction, PROGRESS, &*task.uuid, &progress)?;
            for (at, step) in (0..).zip(steps) {
                put(transaction, STEPS, (&*task.uuid, at), step)?;
            }
            Ok(())
        })
    }

    /// What a task is, from the cache if it is there.
    pub async fn load_task(&self, uuid: &str) -> Result<Option<Arc<Task>>, StoreError> {
        if let Some(task) = self.cache.get(uuid) {
            return Ok(Some(task));
        }
        let connection = self.connection().await?;
        let Some(row) = connection.open(TASKS)?.get(uuid)? else { return Ok(None) };
        let task: Arc<Task> = Arc::new(serde_json::from_slice(row.value())?);
        self.cache.keep(&task);
        Ok(Some(task))
    }

    pub async fn load_progress(&self, uuid: &str) -> Result<Progress, StoreError> {
        let connection = self.connection().await?;
        let row = connection.open(PROGRESS)?.get(uuid)?.ok_or(StoreError::Missing)?;
        Ok(serde_json::from_slice(row.value())?)
    }

    pub async fn load_steps(&self, uuid: &str) -> Result<Vec<Step>, StoreError> {
        let table = self.connection().await?.open(STEPS)?;
        let rows = table.range((uuid, 0)..=(uuid, u8::MAX))?;
        rows.map(|row| Ok(serde_json::from_slice(row?.1.value())?)).collect()
    }

    pub async fn load_transitions(&self, uuid: &str) -> Result<Vec<Transition>, StoreError> {
        let table = self.connection().await?.open(TRANSITIONS)?;
        let rows = table.range((uuid, 0)..=(uuid, u32::MAX))?;
        rows.map(|row| Ok(serde_json::from_slice(row?.1.value())?)).collect()
    }

    pub async fn load_events(&self, uuid: &str) -> Result<Vec<Value>, StoreError> {
        let table = self.connection().await?.open(EVENTS)?;
        let rows = table.range((uuid, 0)..=(uuid, u32::MAX))?;
        rows.map(|row| Ok(serde_json::from_slice(row?.1.value())?)).collect()
    }

    /// Keeps an event with its task.
    pub fn keep_event(&self, uuid: &str, event: &Value) -> Result<(), StoreError> {
        self.write(|transaction| append(transaction, EVENTS, uuid, event))
    }

    /// Moves a task from one state to another, with its result when it has one.
    pub fn move_task(&self, task: &Task, to: State, result: Option<Value>) -> Result<(), StoreError> {
        let transition = self.write(|transaction| {
            let mut progress: Progress = pick(transaction, PROGRESS, &*task.uuid)?;
            let transition = Transition::of(task, None, progress.state, to, progress.since);
            progress = Progress { state: to, since: transition.at, result };
            put(transaction, PROGRESS, &*task.uuid, &progress)?;
            append(transaction, TRANSITIONS, &task.uuid, &transition)?;
            Ok(transition)
        })?;
        transition.tell(&task.uuid, None);
        Ok(())
    }

    /// Moves a step, which must be in the state `from`, and changes what else is to be changed.
    pub fn move_step(
        &self,
        task: &Task,
        handler: Handler,
        [from, to]: [State; 2],
        change: impl FnOnce(&mut Step),
    ) -> Result<Step, StoreError> {
        let (step, transition) = self.write(|transaction| {
            let (at, mut step) = step_of(transaction, &task.uuid, handler)?;
            if step.state != from {
                return Err(StoreError::State { is: step.state, expected: from });
            }
            let transition = Transition::of(task, Some(handler), from, to, step.since);
            (step.state, step.since) = (to, transition.at);
            change(&mut step);
            put(transaction, STEPS, (&*task.uuid, at), &step)?;
            append(transaction, TRANSITIONS, &task.uuid, &transition)?;
            Ok((step, transition))
        })?;
        transition.tell(&task.uuid, Some(&step.uuid));
        Ok(step)
    }
}

impl Connection<'_> {
    fn open<K: redb::Key + 'static>(&self, rows: Rows<K>) -> Result<ReadOnlyTable<K, &'static [u8]>, StoreError> {
        Ok(self.transaction.open_table(rows)?)
    }
}

impl Transition {
    fn of(task: &Task, step_name: Option<Handler>, from_state: State, to_state: State, since: Moment) -> Self {
        let duration_ms = millis(since.elapsed());
        let correlation_id = task.correlation_id.clone();
        Transition { at: Moment::now(), step_name, from_state, to_state, duration_ms, correlation_id }
    }

    /// Changes of states are told, each once, when they are written.
    fn tell(&self, task_uuid: &str, step_uuid: Option<&str>) {
        tracing::info!(
            task_uuid,
            step_uuid,
            step_name = self.step_name.map(Handler::as_str),
            from_state = self.from_state.as_str(),
            to_state = self.to_state.as_str(),
            duration_ms = self.duration_ms,
            correlation_id = %self.correlation_id,
            "state changed"
        );
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use serde_json::json;
    use tallied::testing::Recording;

    use super::*;
    use crate::task::new_uuid;

    #[test]
    fn a_step_moves_from_the_state_that_is_expected_alone_and_anything_else_is_an_error_of_the_query() {
        let store = Store::open(1).unwrap();
        let (uuid, created) = (new_uuid(), Moment::now());
        let (namespace, name, correlation_id) = ("acme".into(), "order".into(), "one".into());
        let task = Task { uuid: uuid.clone(), namespace, name, input: json!({}), correlation_id, created };
        let (handler, depends_on, state) = (Handler::ParseOrder, Vec::new(), State::Pending);
        let step = Step { uuid, handler, depends_on, state, since: created, attempts: 0, result: None, error: None };
        store.create_task(&task, &[step]).unwrap();

        let recording = Recording::new();
        recording.run(|| {
            assert!(store.move_step(&task, handler, [State::Pending, State::Enqueued], |_| ()).is_ok());
            let again = store.move_step(&task, handler, [State::Pending, State::Enqueued], |_| ());
            assert_eq!(again.err().unwrap().to_string(), "the step is enqueued, and not pending");
            assert!(store.move_step(&task, Handler::PriceOrder, [State::Pending, State::Enqueued], |_| ()).is_err());
        });
        let moved =
            |status| recording.value("tasker_database_queries_total", &[("query", "move_step"), ("status", status)]);
        assert_eq!([moved("ok"), moved("error")], [Some(1.0), Some(2.0)]);
    }
}
