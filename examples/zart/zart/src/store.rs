//! The database: what is to be done, what is done, and who does it. What changes something is one transaction.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redb::{Database, ReadableTable, ReadableTableMetadata as _, TableDefinition, WriteTransaction};
use serde_json::Value;
use tallied::observed;

use crate::error::Error;
use crate::metrics::NAMES;
use crate::status::{Delivery, Renewal};
use crate::task::{End, Lease, State, Task, TaskId};

const TASKS: TableDefinition<TaskId, &[u8]> = TableDefinition::new("tasks");
/// By the time at which they are due, in milliseconds since 1970.
const QUEUE: TableDefinition<(u64, TaskId), ()> = TableDefinition::new("queue");
/// Until when a worker has them.
const LEASES: TableDefinition<TaskId, u64> = TableDefinition::new("leases");
/// By task, name and part: the result, or nothing as long as a step is to be done.
const STEPS: TableDefinition<(TaskId, &str, u64), &[u8]> = TableDefinition::new("steps");
const EVENTS: TableDefinition<(TaskId, &str), &[u8]> = TableDefinition::new("events");

/// A time in milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn after(time: Duration) -> u64 {
    now().saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// What a look at the queue gave.
#[derive(Default)]
pub(crate) struct Claimed {
    pub(crate) tasks: Vec<Task>,
    /// Those whose workers are gone: back in the queue, or failed.
    pub(crate) lost: Vec<Task>,
}

/// What stands there of a step.
pub(crate) enum Begun {
    Done(Vec<u8>),
    ToDo { first: bool },
}

#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::create(path)?;
        let change = database.begin_write()?;
        change.open_table(TASKS)?;
        change.open_table(QUEUE)?;
        change.open_table(LEASES)?;
        change.open_table(STEPS)?;
        change.open_table(EVENTS)?;
        change.commit()?;
        Ok(Store { database })
    }

    pub(crate) fn schedule(&self, name: String, input: Value) -> Result<TaskId, Error> {
        let change = self.database.begin_write()?;
        let id = change.open_table(TASKS)?.last()?.map_or(1, |(last, _)| last.value() + 1);
        let task = Task { id, name, input, state: State::Queued, failures: 0, claims: 0, result: None, error: None };
        put(&change, &task)?;
        change.open_table(QUEUE)?.insert((now(), id), ())?;
        change.commit()?;
        Ok(id)
    }

    /// Takes what is due, at most so many, and gives back first what belongs to workers that are gone: as one more failure, for
    /// a task may be the reason.
    pub(crate) fn claim(&self, most: usize, lease: Duration, attempts: u32) -> Result<Claimed, Error> {
        let now = now();
        if !self.has_work(most, now)? {
            return Ok(Claimed::default());
        }
        let change = self.database.begin_write()?;
        let mut claimed = Claimed::default();
        {
            let mut queue = change.open_table(QUEUE)?;
            let mut leases = change.open_table(LEASES)?;
            for id in expired(&leases, now)? {
                leases.remove(id)?;
                let mut task = get(&change, id)?;
                task.failures += 1;
                task.error = Some("its worker is gone".to_owned());
                task.state = if task.failures < attempts { State::Queued } else { State::Failed };
                if task.state == State::Queued {
                    queue.insert((now, id), ())?;
                }
                put(&change, &task)?;
                claimed.lost.push(task);
            }
            let mut due = Vec::new();
            for row in queue.range(..=(now, TaskId::MAX))?.take(most) {
                due.push(row?.0.value());
            }
            for key in due {
                queue.remove(key)?;
                let mut task = match get(&change, key.1) {
                    Ok(task) => task,
                    // One that cannot be read holds up nobody else.
                    Err(error @ (Error::Json(_) | Error::NoTask(_))) => {
                        tracing::error!(task_id = key.1, %error, "task taken out of the queue");
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                task.state = State::Running;
                task.claims += 1;
                put(&change, &task)?;
                leases.insert(task.id, after(lease))?;
                claimed.tasks.push(task);
            }
        }
        change.commit()?;
        Ok(claimed)
    }

    /// Whether there is anything to claim, without waiting for those who write.
    fn has_work(&self, most: usize, now: u64) -> Result<bool, Error> {
        let read = self.database.begin_read()?;
        let is_due = most > 0 && read.open_table(QUEUE)?.range(..=(now, TaskId::MAX))?.next().is_some();
        Ok(is_due || !expired(&read.open_table(LEASES)?, now)?.is_empty())
    }

    /// Keeps a task for its worker: false if it is not its worker's any more.
    #[observed(
        labels(task_name(max = NAMES)),
        status = Renewal,
        counter(name = "zart_task_heartbeat_renewals_total", help = "Renewals of leases, by task and what became of them."),
        level = "trace"
    )]
    pub(crate) fn renew(&self, task_name: &str, lease: &Lease, time: Duration) -> Result<bool, Error> {
        let change = self.database.begin_write()?;
        let is_ours = is_ours(&get(&change, lease.id)?, lease);
        if is_ours {
            change.open_table(LEASES)?.insert(lease.id, after(time))?;
        }
        change.commit()?;
        Ok(is_ours)
    }

    /// Ends an attempt: false if the task is not its worker's any more, and then nothing is changed.
    pub(crate) fn end(&self, lease: &Lease, end: End) -> Result<bool, Error> {
        let change = self.database.begin_write()?;
        let mut task = get(&change, lease.id)?;
        if !is_ours(&task, lease) {
            return Ok(false);
        }
        let mut due = None;
        match end {
            End::Completed(result) => (task.state, task.result) = (State::Completed, Some(result)),
            End::Failed(error) => (task.state, task.error) = (State::Failed, Some(error)),
            End::Retry { error, due: at } => {
                (task.state, task.error) = (State::Queued, Some(error));
                task.failures += 1;
                due = Some(at);
            }
            // It may have come between the question and now.
            End::Waiting(event) if change.open_table(EVENTS)?.get((task.id, event.as_str()))?.is_some() => {
                task.state = State::Queued;
                due = Some(now());
            }
            End::Waiting(event) => task.state = State::Waiting(event),
        }
        change.open_table(LEASES)?.remove(task.id)?;
        if task.state.is_end() {
            forget(&change, task.id)?;
        }
        if let Some(due) = due {
            change.open_table(QUEUE)?.insert((due, task.id), ())?;
        }
        put(&change, &task)?;
        change.commit()?;
        Ok(true)
    }

    /// Puts a task back that its worker cannot end any more.
    pub(crate) fn give_back(&self, lease: &Lease) -> Result<bool, Error> {
        let change = self.database.begin_write()?;
        let mut task = get(&change, lease.id)?;
        if !is_ours(&task, lease) {
            return Ok(false);
        }
        task.state = State::Queued;
        put(&change, &task)?;
        change.open_table(LEASES)?.remove(task.id)?;
        change.open_table(QUEUE)?.insert((now(), task.id), ())?;
        change.commit()?;
        Ok(true)
    }

    /// Ends a task that has not ended. Whoever runs it learns of it when the lease is to be renewed.
    pub(crate) fn cancel(&self, id: TaskId) -> Result<Option<Task>, Error> {
        let change = self.database.begin_write()?;
        let mut task = get(&change, id)?;
        if task.state.is_end() {
            return Ok(None);
        }
        task.state = State::Cancelled;
        put(&change, &task)?;
        forget(&change, id)?;
        change.open_table(LEASES)?.remove(id)?;
        change.open_table(QUEUE)?.retain(|(_, queued), ()| queued != id)?;
        change.commit()?;
        Ok(Some(task))
    }

    /// Brings an event to a task.
    #[observed(
        labels(event_name(max = NAMES)),
        status = Delivery,
        counter(name = "zart_events_delivered_total", help = "Events that were brought to tasks, by name and what became of them."),
        level = "debug",
        fields(task_id = id)
    )]
    pub(crate) fn deliver(&self, event_name: &str, id: TaskId, payload: &Value) -> Result<Delivery, Error> {
        let change = self.database.begin_write()?;
        let mut task = match get(&change, id) {
            Ok(task) if !task.state.is_end() => task,
            Ok(_) | Err(Error::NoTask(_)) => return Ok(Delivery::NotFound),
            Err(error) => return Err(error),
        };
        change.open_table(EVENTS)?.insert((id, event_name), bytes(payload)?.as_slice())?;
        let waits = task.state == State::Waiting(event_name.to_owned());
        if waits {
            task.state = State::Queued;
            put(&change, &task)?;
            change.open_table(QUEUE)?.insert((now(), id), ())?;
        }
        change.commit()?;
        Ok(if waits { Delivery::Delivered } else { Delivery::Early })
    }

    pub(crate) fn event(&self, id: TaskId, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let events = self.database.begin_read()?.open_table(EVENTS)?;
        Ok(events.get((id, name))?.map(|payload| payload.value().to_vec()))
    }

    /// Notes that a step is to be done, unless it is done.
    pub(crate) fn begin_step(&self, lease: &Lease, name: &str, part: u64) -> Result<Begun, Error> {
        let change = self.database.begin_write()?;
        held(&change, lease)?;
        {
            let mut steps = change.open_table(STEPS)?;
            let key = (lease.id, name, part);
            let known = steps.get(key)?.map(|result| result.value().to_vec());
            match known {
                Some(result) if result.is_empty() => return Ok(Begun::ToDo { first: false }),
                Some(result) => return Ok(Begun::Done(result)),
                None => steps.insert(key, [].as_slice())?,
            };
        }
        change.commit()?;
        Ok(Begun::ToDo { first: true })
    }

    /// Writes down what a step gave.
    pub(crate) fn put_step(&self, lease: &Lease, name: &str, part: u64, result: &[u8]) -> Result<(), Error> {
        let change = self.database.begin_write()?;
        held(&change, lease)?;
        change.open_table(STEPS)?.insert((lease.id, name, part), result)?;
        change.commit()?;
        Ok(())
    }

    pub(crate) fn task(&self, id: TaskId) -> Result<Task, Error> {
        let tasks = self.database.begin_read()?.open_table(TASKS)?;
        let task = tasks.get(id)?.ok_or(Error::NoTask(id))?;
        serde_json::from_slice(task.value()).map_err(Error::Json)
    }

    pub(crate) fn depth(&self) -> Result<u64, Error> {
        Ok(self.database.begin_read()?.open_table(QUEUE)?.len()?)
    }
}

fn is_ours(task: &Task, lease: &Lease) -> bool {
    task.state == State::Running && task.claims == lease.claims
}

/// An attempt whose task is somebody else's writes nothing.
fn held(change: &WriteTransaction, lease: &Lease) -> Result<(), Error> {
    if is_ours(&get(change, lease.id)?, lease) { Ok(()) } else { Err(Error::Lost(lease.id)) }
}

fn expired(leases: &impl ReadableTable<TaskId, u64>, now: u64) -> Result<Vec<TaskId>, Error> {
    let mut expired = Vec::new();
    for row in leases.iter()? {
        let (id, until) = row?;
        if until.value() < now {
            expired.push(id.value());
        }
    }
    Ok(expired)
}

/// Of what has ended, only the task itself is kept.
fn forget(change: &WriteTransaction, id: TaskId) -> Result<(), Error> {
    change.open_table(STEPS)?.retain_in((id, "", 0)..(id + 1, "", 0), |_, _| false)?;
    change.open_table(EVENTS)?.retain_in((id, "")..(id + 1, ""), |_, _| false)?;
    Ok(())
}

fn get(change: &WriteTransaction, id: TaskId) -> Result<Task, Error> {
    let tasks = change.open_table(TASKS)?;
    let task = tasks.get(id)?.ok_or(Error::NoTask(id))?;
    serde_json::from_slice(task.value()).map_err(Error::Json)
}

fn put(change: &WriteTransaction, task: &Task) -> Result<(), Error> {
    change.open_table(TASKS)?.insert(task.id, bytes(task)?.as_slice())?;
    Ok(())
}

fn bytes(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(Error::Json)
}
