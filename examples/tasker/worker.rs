//! Workers: each takes a step, claims it, does it by its handler, and submits what came of it.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tallied::{Classify, Label, Outcome, observed};
use tokio::task::JoinHandle;

use crate::breaker::{Breakers, Open};
use crate::events::{EventError, Publisher};
use crate::metrics::WORKERS;
use crate::orchestration::{Attempt, Job, Progress};
use crate::queue::{Closed, Queue};
use crate::store::{Store, StoreError};
use crate::task::{State, Step, Task};
use crate::workflow::{Failure, Handler, Work};

pub struct Worker {
    pub store: Arc<Store>,
    pub steps: Arc<Queue<Job>>,
    pub results: Arc<Queue<Progress>>,
    pub publisher: Arc<Publisher>,
    pub breakers: Arc<Breakers>,
}

/// The words for what becomes of a claim.
#[derive(Clone, Copy, Label, Outcome)]
pub enum Claim {
    #[outcome(ok)]
    Claimed,
    #[outcome(error)]
    Refused,
}

/// The words for what becomes of an execution.
#[derive(Clone, Copy, Label, Outcome)]
pub enum Execution {
    #[outcome(ok)]
    Completed,
    /// Another attempt would end in the same way.
    #[outcome(error)]
    Failed,
    /// Another attempt may end better.
    Transient,
}

impl Classify<Result<Value, Failure>> for Execution {
    fn classify(result: &Result<Value, Failure>) -> Self {
        match result {
            Ok(_) => Execution::Completed,
            Err(failure) if failure.is_transient() => Execution::Transient,
            Err(_) => Execution::Failed,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Open(#[from] Open),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Event(#[from] EventError),
}

impl Worker {
    /// So many workers, each a task of the runtime.
    pub fn start(self, workers: usize) -> Vec<JoinHandle<()>> {
        let worker = Arc::new(self);
        let work = |_| {
            let worker = worker.clone();
            tokio::spawn(async move { worker.run().await })
        };
        (0..workers).map(work).collect()
    }

    /// Takes steps until no more can come.
    async fn run(&self) {
        let _active = WORKERS.active.guard();
        while let Some(message) = self.steps.next().await {
            self.steps.handle(message, |job| self.run_step(job)).await;
        }
    }

    /// A step from its claim to its result.
    #[observed(
        counter = false,
        fields(
            task_uuid = %job.task_uuid,
            step_uuid = %job.step_uuid,
            step_name = job.handler.as_str(),
            namespace = %job.namespace
        )
    )]
    async fn run_step(&self, job: Job) -> Result<(), WorkerError> {
        let task = self.store.load_task(&job.task_uuid).await?.ok_or(StoreError::Missing)?;
        let claimed = match self.claim(&task, job.handler) {
            Err(WorkerError::Open(Open(left))) => return Ok(self.results.send(Progress::Refused(job, left))?),
            claimed => claimed?,
        };
        let result = match self.store.load_steps(&task.uuid).await {
            Ok(steps) => self.execute(&task, job.handler, &steps),
            Err(error) => Err(error.into()),
        };
        let has_failed = result.as_ref().is_err_and(|failure| !failure.is_transient());
        self.breakers.told(job.handler, has_failed, Instant::now());
        if let (Ok(value), Some((name, mode))) = (&result, job.handler.event()) {
            self.publisher.publish(name, mode, &task, value.clone())?;
        }
        self.submit(job, Attempt { number: claimed.attempts, result })
    }

    /// The step is this worker's, unless its handler is to be left alone.
    #[observed(
        operation,
        counter = false,
        histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()),
        log = "debug"
    )]
    #[observed(
        span = false,
        status = Claim,
        counter(name = "tasker.steps.claimed", help = "Claims of steps, by whether the worker got it.")
    )]
    fn claim(&self, task: &Task, handler: Handler) -> Result<Step, WorkerError> {
        self.breakers.admit(handler, Instant::now())?;
        let claim = |step: &mut Step| step.attempts += 1;
        let claimed = self.store.move_step(task, handler, [State::Enqueued, State::InProgress], claim);
        // A breaker that let this one through to try it has to hear of it.
        Ok(claimed.inspect_err(|_| self.breakers.told(handler, true, Instant::now()))?)
    }

    #[observed(
        operation,
        counter = false,
        histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()),
        log = "info"
    )]
    #[observed(
        span = false,
        labels(handler),
        status = Execution,
        counter(name = "tasker.steps.executed", help = "Executions of steps, by handler and by what became of them."),
        histogram(
            name = "tasker.step.execution_time_ms",
            help = "Time that handlers took for steps, in milliseconds.",
            labels()
        ),
        allow(base_unit)
    )]
    fn execute(&self, task: &Task, handler: Handler, steps: &[Step]) -> Result<Value, Failure> {
        handler.run(&Work { task, steps, store: &self.store })
    }

    #[observed(
        operation,
        counter = false,
        histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()),
        log = "debug"
    )]
    fn submit(&self, job: Job, attempt: Attempt) -> Result<(), WorkerError> {
        Ok(self.results.send(Progress::Done(job, attempt))?)
    }
}
