//! The database: tasks, and how far each is with all that has happened to it.
//!
//! Reads go by a small pool of connections. Writes are one after the other, as the database has it, and short: none of them
//! waits for anything but the one before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableTable as _, TableDefinition, WriteTransaction};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tallied::{Classify, Label, Outcome, observed};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::metrics::{ConnectionState, OfConnection, TASKER};
use crate::stock::Stock;
use crate::task::{Progress, Stage, State, Step, Task, Transition};
use crate::workflow::Handler;

/// Connections for reading.
pub const CONNECTIONS: usize = 8;

/// So long somebody may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many tasks are in the cache.
const CACHED: usize = 256;

/// JSON, by the task's id.
type Rows = TableDefinition<'static, &'static str, &'static [u8]>;

const TASKS: Rows = TableDefinition::new("tasks");
const PROGRESS: Rows = TableDefinition::new("progress");

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A box, for the error of the database is large.
    #[error("the database: {0}")]
    Database(Box<redb::Error>),
    #[error("a row cannot be read or written: {0}")]
    Row(serde_json::Error),
    #[error("no connection of the pool was free within {0:?}")]
    Exhausted(Duration),
    #[error("there is no such task")]
    Missing,
}

// `redb` has an error type for each kind of call, and all of them are a `redb::Error`.
impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        StoreError::Database(Box::new(error.into()))
    }
}

pub struct Store {
    database: Database,
    /// A permit for each connection that nobody uses.
    idle: Arc<Semaphore>,
    cache: Cache,
    pub stock: Stock,
}

impl Store {
    /// An empty one. It is in memory, and ends with the process.
    pub fn open() -> Result<Self, StoreError> {
        let database = Database::builder().create_with_backend(InMemoryBackend::new())?;
        let transaction = database.begin_write()?;
        transaction.open_table(TASKS)?;
        transaction.open_table(PROGRESS)?;
        commit(transaction)?;
        let idle = Arc::new(Semaphore::new(CONNECTIONS));
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let of = |state| TASKER.database_connections.with(OfConnection { state });
        let now = idle.clone();
        of(ConnectionState::Active).read_from(move || count(CONNECTIONS - now.available_permits()));
        let now = idle.clone();
        of(ConnectionState::Idle).read_from(move || count(now.available_permits()));
        Ok(Store { database, idle, cache: Cache::default(), stock: Stock::new() })
    }

    /// How many connections nobody uses.
    pub fn idle(&self) -> usize {
        self.idle.available_permits()
    }

    async fn connection(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let permit = tokio::time::timeout(PATIENCE, self.idle.acquire()).await;
        // It is never closed.
        permit.ok().and_then(Result::ok).ok_or(StoreError::Exhausted(PATIENCE))
    }

    async fn read<T: DeserializeOwned>(&self, rows: Rows, uuid: &str) -> Result<Option<T>, StoreError> {
        let _connection = self.connection().await?;
        // The transaction lives for longer than the row: what it reads is not written over meanwhile.
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(rows)?;
        let row = table.get(uuid)?;
        row.map(|row| from_row(row.value())).transpose()
    }

    /// Changes how far a task is, and tells the changes of states when they are written.
    fn change<R>(&self, uuid: &str, change: impl FnOnce(&mut Progress) -> R) -> Result<R, StoreError> {
        let transaction = self.database.begin_write()?;
        let mut progress: Progress = match transaction.open_table(PROGRESS)?.get(uuid)? {
            Some(row) => from_row(row.value())?,
            None => return Err(StoreError::Missing),
        };
        let before = progress.transitions.len();
        let done = change(&mut progress);
        transaction.open_table(PROGRESS)?.insert(uuid, &*to_row(&progress)?)?;
        commit(transaction)?;
        // The spans round it say of which task and which step.
        for Transition { step_name, from_state, to_state, duration_ms, .. } in &progress.transitions[before..] {
            let (from_state, to_state) = (from_state.text(), to_state.text());
            tracing::info!(
                step_name = step_name.map(|name| name.text()),
                from_state,
                to_state,
                duration_ms,
                "state changed"
            );
        }
        Ok(done)
    }
}

fn from_row<T: DeserializeOwned>(row: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(row).map_err(StoreError::Row)
}

fn to_row(row: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(row).map_err(StoreError::Row)
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
        self.read::<IgnoredAny>(TASKS, "").await.map(drop)
    }

    pub fn create_task(&self, task: &Task, steps: Vec<Step>) -> Result<(), StoreError> {
        let stage = Stage { state: State::Pending, since: task.created };
        let progress = Progress { stage, steps, transitions: Vec::new(), events: Vec::new(), result: None };
        let transaction = self.database.begin_write()?;
        transaction.open_table(TASKS)?.insert(&*task.uuid, &*to_row(task)?)?;
        transaction.open_table(PROGRESS)?.insert(&*task.uuid, &*to_row(&progress)?)?;
        commit(transaction)
    }

    /// What a task is, from the cache if it is there.
    pub async fn load_task(&self, uuid: &str) -> Result<Option<Arc<Task>>, StoreError> {
        if let Some(task) = self.cache.get(uuid) {
            return Ok(Some(task));
        }
        let task: Option<Arc<Task>> = self.read(TASKS, uuid).await?;
        if let Some(task) = &task {
            self.cache.keep(task);
        }
        Ok(task)
    }

    pub async fn load_progress(&self, uuid: &str) -> Result<Progress, StoreError> {
        self.read(PROGRESS, uuid).await?.ok_or(StoreError::Missing)
    }

    /// Keeps an event with its task.
    pub fn keep_event(&self, uuid: &str, event: Value) -> Result<(), StoreError> {
        self.change(uuid, |progress| progress.events.push(event))
    }

    /// Moves a task from one state to another, with its result when it has one. `false` if it was in another.
    pub fn move_task(&self, task: &Task, states: [State; 2], result: Option<Value>) -> Result<bool, StoreError> {
        self.change(&task.uuid, |progress| {
            let Some(transition) = progress.stage.go(states, task, None) else { return false };
            progress.transitions.push(transition);
            progress.result = result;
            true
        })
    }

    /// Moves a step from one state to another, and changes what else is to be changed. `None` if it was in another.
    pub fn move_step(
        &self,
        task: &Task,
        handler: Handler,
        states: [State; 2],
        change: impl FnOnce(&mut Step),
    ) -> Result<Option<Step>, StoreError> {
        self.change(&task.uuid, |progress| {
            let step = progress.steps.iter_mut().find(|step| step.handler == handler)?;
            progress.transitions.push(step.stage.go(states, task, Some(handler))?);
            change(step);
            Some(step.clone())
        })
    }
}

/// The words for what becomes of a read of the cache.
#[derive(Clone, Copy, Label, Outcome)]
enum Read {
    #[outcome(ok)]
    Hit,
    #[outcome(error)]
    Miss,
}

impl Classify<Option<Arc<Task>>> for Read {
    fn classify(found: &Option<Arc<Task>>) -> Self {
        if found.is_some() { Read::Hit } else { Read::Miss }
    }
}

/// Tasks that were read: what they are never changes.
#[derive(Default)]
struct Cache(Mutex<HashMap<Arc<str>, Arc<Task>>>);

impl Cache {
    #[observed(
        span = false,
        status = Read,
        counter(name = "tasker.database.cache_reads", help = "Reads of the cache of tasks, by what became of them.")
    )]
    fn get(&self, uuid: &str) -> Option<Arc<Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(uuid).cloned()
    }

    /// A full one begins anew: most of its tasks are done.
    fn keep(&self, task: &Arc<Task>) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.len() >= CACHED {
            tasks.clear();
        }
        tasks.insert(task.uuid.clone(), task.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Moment, new_uuid};

    #[test]
    fn a_step_moves_once_from_the_state_that_is_expected_and_every_move_is_kept() {
        let store = Store::open().unwrap();
        let (uuid, created) = (new_uuid(), Moment::now());
        let (name, input, correlation_id) = ("order".to_owned(), Value::Null, "one".to_owned());
        let task = Task { uuid: uuid.clone(), namespace: "acme".into(), name, input, correlation_id, created };
        let (handler, stage) = (Handler::ParseOrder, Stage { state: State::Pending, since: created });
        let step = Step { uuid, handler, stage, attempts: 0, result: None, error: None };
        store.create_task(&task, vec![step]).unwrap();

        let states = [State::Pending, State::Enqueued];
        let claim = |handler| store.move_step(&task, handler, states, |step| step.attempts += 1).unwrap();
        assert_eq!(claim(handler).unwrap().attempts, 1);
        assert!(claim(handler).is_none() && claim(Handler::PriceOrder).is_none());
        assert!(store.move_task(&task, [State::Pending, State::InProgress], None).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let progress = runtime.block_on(store.load_progress(&task.uuid)).unwrap();
        assert_eq!((progress.steps[0].attempts, progress.transitions.len()), (1, 2));
    }
}
