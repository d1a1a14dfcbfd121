//! Workers: each takes a step, claims it, does it by its handler, and submits what came of it.
//!
//! A step can be asked for again: a claim is what decides who does it. From then on nothing fails but the step itself, and
//! what became of it is submitted in any case.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tallied::{Classify, Label, Outcome, observed};

use crate::breaker::Breakers;
use crate::metrics::TASKER;
use crate::orchestration::{Job, Report};
use crate::queue::Queue;
use crate::store::{Store, StoreError};
use crate::task::{State, Step, Task, TaskError};
use crate::workflow::{Failure, Handler};

pub struct Worker {
    pub store: Arc<Store>,
    pub steps: Arc<Queue<Job>>,
    pub results: Arc<Queue<Report>>,
    pub breakers: Arc<Breakers>,
}

/// The words for what becomes of a claim.
#[derive(Clone, Copy, Label, Outcome)]
enum Claim {
    #[outcome(ok)]
    Claimed,
    #[outcome(error)]
    Refused,
}

/// The words for what becomes of an execution.
#[derive(Clone, Copy, Label, Outcome)]
enum Execution {
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

impl Worker {
    /// Takes steps until no more can come.
    pub async fn run(&self) {
        let _active = TASKER.workers_active.guard();
        self.steps.work_off(|job| self.run_step(job)).await;
    }

    /// A step from its claim to its result.
    #[observed(
        counter = false,
        fields(
            task_uuid = %job.task_uuid,
            step_uuid = %job.step_uuid,
            step_name = job.handler.text(),
            namespace = %job.namespace
        )
    )]
    async fn run_step(&self, job: Arc<Job>) -> Result<(), TaskError> {
        let job = Job::clone(&job);
        let task = self.store.load_task(&job.task_uuid).await?.ok_or(StoreError::Missing)?;
        let claimed = match self.claim(&task, job.handler) {
            Err(TaskError::Open(left)) => return self.results.send(Report::Refused(job, left)),
            Err(TaskError::Taken) => return Ok(()),
            claimed => claimed?,
        };
        let result = match self.store.load_progress(&task.uuid).await {
            // A handler that panics ends its step, and no worker.
            Ok(progress) => {
                let run = AssertUnwindSafe(|| self.execute(&task, job.handler, &progress.steps));
                catch_unwind(run).unwrap_or(Err(Failure::Panicked))
            }
            Err(error) => Err(error.into()),
        };
        let has_failed = result.as_ref().is_err_and(|failure| !failure.is_transient());
        self.breakers.told(job.handler, has_failed, Instant::now());
        self.submit(Report::Done(job, claimed.attempts, result))
    }

    /// The step is this worker's, unless its handler is to be left alone or another one has it.
    #[observed(
        operation, counter = false, histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()), log = "debug"
    )]
    #[observed(
        span = false,
        status = Claim,
        counter(name = "tasker.steps.claimed", help = "Claims of steps, by whether the worker got it.")
    )]
    fn claim(&self, task: &Task, handler: Handler) -> Result<Step, TaskError> {
        self.breakers.admit(handler, Instant::now())?;
        let states = [State::Enqueued, State::InProgress];
        self.store.move_step(task, handler, states, |step| step.attempts += 1)?.ok_or(TaskError::Taken)
    }

    #[observed(
        operation, counter = false, histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()), log = "info"
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
        handler.run(task, steps, &self.store.stock)
    }

    #[observed(
        operation, counter = false, histogram(unit = "ms", labels(operation, status)),
        after(success = |done| done.is_ok()), log = "debug"
    )]
    fn submit(&self, report: Report) -> Result<(), TaskError> {
        self.results.send(report)
    }
}
