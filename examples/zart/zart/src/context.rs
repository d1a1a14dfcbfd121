//! What a task's function is given: steps that are done once, and events.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tallied::observed;

use crate::error::{Error, Stop};
use crate::metrics::{NAMES, OfStep, ZART};
use crate::scheduler::Scheduler;
use crate::status::StepStatus;
use crate::store::Begun;
use crate::task::{Lease, Task, TaskId};

/// One attempt at a task.
#[derive(Debug)]
pub struct Context {
    scheduler: Scheduler,
    lease: Lease,
    failures: u32,
}

impl Context {
    pub(crate) fn new(scheduler: Scheduler, task: &Task) -> Self {
        Context { scheduler, lease: Lease { id: task.id, claims: task.claims }, failures: task.failures }
    }

    /// The task's number.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.lease.id
    }

    /// How often it failed before.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Does a step, or gives what it gave when it was done: in an earlier attempt, by another process. It is done once more only
    /// where the process ended between the work and its note.
    ///
    /// # Errors
    ///
    /// What the work says; the task returns it.
    pub async fn step<T, F>(&self, name: &'static str, work: F) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<T, Stop>>,
    {
        self.part(name, 0, work).await
    }

    /// A part of a step that is many: each is done once. Its number is no label.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    pub async fn part<T, F>(&self, name: &'static str, part: u64, work: F) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<T, Stop>>,
    {
        let lease = self.lease.clone();
        match self.scheduler.on_store(move |store| store.begin_step(&lease, name, part)).await? {
            Begun::Done(result) => return serde_json::from_slice(&result).map_err(|why| Stop::Zart(Error::Json(why))),
            Begun::ToDo { first: true } => {
                ZART.steps_total.with(OfStep { step_name: name, status: StepStatus::Scheduled }).inc();
            }
            Begun::ToDo { first: false } => {}
        }
        let result = observe(name, work).await?;
        let bytes = serde_json::to_vec(&result).map_err(|why| Stop::Zart(Error::Json(why)))?;
        let lease = self.lease.clone();
        self.scheduler.on_store(move |store| store.put_step(&lease, name, part, &bytes)).await?;
        Ok(result)
    }

    /// What an event brought. Until it comes the task waits, and no worker is held.
    ///
    /// # Errors
    ///
    /// [`Stop::Waiting`]: return it.
    pub async fn event<T: Serialize + DeserializeOwned>(&self, step: &'static str, event: &str) -> Result<T, Stop> {
        let (id, name) = (self.lease.id, event.to_owned());
        let brought = async {
            match self.scheduler.on_store(move |store| store.event(id, &name)).await? {
                None => Err(Stop::Waiting { event: event.to_owned() }),
                Some(payload) => serde_json::from_slice(&payload)
                    .map_err(|why| Stop::Fail(format!("the event `{event}` brought something else: {why}"))),
            }
        };
        self.step(step, brought).await
    }
}

#[observed(
    labels(step_name(max = NAMES)),
    status = StepStatus,
    counter = "zart_steps_total",
    histogram(name = "zart_step_duration_seconds", help = "Time of steps in seconds, by what became of them."),
    name = "step"
)]
async fn observe<T>(step_name: &'static str, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    work.await
}
