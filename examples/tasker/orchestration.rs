//! The orchestrator: creates tasks, finds the steps that are ready, gives them to the workers, and makes of their results
//! what comes next.
//!
//! It takes results one after the other, so nothing that it decides on changes under its hands.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tallied::observed;
use tallied_service::{Correlate as _, Correlation};
use tokio::sync::watch;

use crate::events::{DeliveryMode, EventError, EventName, Publisher};
use crate::metrics::{OfHandler, OfNamespace, STEPS, TASKS};
use crate::queue::{Closed, Queue};
use crate::store::{Store, StoreError};
use crate::task::{Moment, State, Step, Task, millis, new_uuid};
use crate::workflow::{Failure, Handler, workflow};

/// A step on its way to a worker.
#[derive(Clone)]
pub struct Job {
    pub task_uuid: Arc<str>,
    pub step_uuid: Arc<str>,
    pub namespace: Arc<str>,
    pub handler: Handler,
}

/// What became of a step, and how often it was tried by then.
pub struct Attempt {
    pub number: u32,
    pub result: Result<Value, Failure>,
}

/// What the orchestrator is told.
pub enum Progress {
    /// There is a new task.
    Created(Arc<str>),
    /// A worker is done with a step.
    Done(Job, Attempt),
    /// A worker could not begin with a step, and should not for so long.
    Refused(Job, Duration),
    /// A step has waited long enough.
    Due(Job),
}

#[derive(Debug, thiserror::Error)]
pub enum OrchestrationError {
    #[error("there is no workflow {0:?}; there are `order` and `quote`")]
    UnknownWorkflow(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Event(#[from] EventError),
}

/// How often and when a step is tried again.
#[derive(Clone, Copy)]
pub struct Retries {
    pub most: u32,
    pub first: Duration,
    pub longest: Duration,
}

pub struct Orchestrator {
    pub store: Arc<Store>,
    pub steps: Arc<Queue<Job>>,
    pub results: Arc<Queue<Progress>>,
    pub publisher: Arc<Publisher>,
    pub retries: Retries,
    /// How many tasks are neither completed nor failed.
    pub active: watch::Sender<usize>,
}

/// What comes next for a task.
enum Next {
    Enqueue(Vec<Step>),
    /// Steps are on their way.
    Wait,
    /// With all steps, of which none is on its way.
    Finalize(Vec<Step>),
}

impl Orchestrator {
    /// Takes what it is told until no more can come.
    pub async fn run(&self) {
        while let Some(message) = self.results.next().await {
            self.results.handle(message, |progress| self.take(progress)).await;
        }
    }

    #[observed(name = "orchestration", counter = false)]
    async fn take(&self, progress: Progress) -> Result<(), OrchestrationError> {
        let uuid = match &progress {
            Progress::Created(uuid) => uuid,
            Progress::Done(job, _) | Progress::Refused(job, _) | Progress::Due(job) => &job.task_uuid,
        };
        let task = &*self.store.load_task(uuid).await?.ok_or(StoreError::Missing)?;
        match progress {
            Progress::Created(_) => self.start_task(task)?,
            Progress::Done(job, attempt) => self.process_result(task, job, attempt)?,
            Progress::Refused(job, wait) => {
                self.store.move_step(task, job.handler, [State::Enqueued, State::WaitingForRetry], |_| ())?;
                self.later(job, wait);
                return Ok(());
            }
            Progress::Due(job) => return self.enqueue(task, job, State::WaitingForRetry),
        }
        match self.discover(task).await? {
            Next::Wait => Ok(()),
            Next::Finalize(steps) => self.finalize(task, &steps),
            Next::Enqueue(steps) => steps.iter().try_for_each(|step| {
                let (task_uuid, namespace) = (task.uuid.clone(), task.namespace.as_str().into());
                let job = Job { task_uuid, step_uuid: step.uuid.clone(), namespace, handler: step.handler };
                self.enqueue(task, job, State::Pending)
            }),
        }
    }

    /// Tells itself of a step when some time has passed, in the name of the same request.
    fn later(&self, job: Job, wait: Duration) {
        let results = self.results.clone();
        let due = async move {
            tokio::time::sleep(wait).await;
            if results.send(Progress::Due(job)).is_err() {
                tracing::warn!("a step waited for another attempt, and the service ended");
            }
        };
        tokio::spawn(due.correlated());
    }

    /// A new task, in the name of the request that is current.
    #[observed(
        operation,
        counter = false,
        histogram(unit = "ms", labels(operation, status)),
        fields(%namespace),
        after(success = |done| done.is_ok()),
        log = "debug"
    )]
    pub fn create_task(&self, namespace: String, name: String, input: Value) -> Result<Task, OrchestrationError> {
        let Some(parts) = workflow(&name) else { return Err(OrchestrationError::UnknownWorkflow(name)) };
        let correlation = Correlation::current().unwrap_or_else(Correlation::new);
        let (correlation_id, created) = (correlation.id().to_owned(), Moment::now());
        let task = Task { uuid: new_uuid(), namespace, name, input, correlation_id, created };
        let step = |(handler, depends_on): &(Handler, &[Handler])| Step {
            uuid: new_uuid(),
            handler: *handler,
            depends_on: depends_on.to_vec(),
            state: State::Pending,
            since: created,
            attempts: 0,
            result: None,
            error: None,
        };
        let steps: Vec<Step> = parts.iter().map(step).collect();
        self.store.create_task(&task, &steps)?;
        self.results.send(Progress::Created(task.uuid.clone()))?;
        TASKS.created.inc();
        TASKS.active.inc();
        self.active.send_modify(|active| *active += 1);
        tracing::info!(task_uuid = %task.uuid, steps = steps.len(), "task created");
        Ok(task)
    }
}

/// The operations on a task.
#[observed(
    operation,
    counter = false,
    histogram(unit = "ms", labels(operation, status)),
    fields(task_uuid = %task.uuid, namespace = %task.namespace),
    after(success = |done| done.is_ok()),
    log = "debug"
)]
impl Orchestrator {
    fn start_task(&self, task: &Task) -> Result<(), OrchestrationError> {
        self.store.move_task(task, State::InProgress, None)?;
        TASKS.started.inc();
        Ok(())
    }

    /// Keeps what became of a step, and sees to it that it is tried again where that may help.
    #[observed(fields(step_uuid = %job.step_uuid, step_name = job.handler.as_str()))]
    fn process_result(&self, task: &Task, job: Job, attempt: Attempt) -> Result<(), OrchestrationError> {
        let failure = match attempt.result {
            Ok(value) => {
                let keep = |step: &mut Step| (step.result, step.error) = (Some(value), None);
                self.store.move_step(task, job.handler, [State::InProgress, State::Complete], keep)?;
                return Ok(());
            }
            Err(failure) => failure,
        };
        let error = failure.to_string();
        let retry_count = attempt.number - 1;
        let is_tried_again = failure.is_transient() && retry_count < self.retries.most;
        let to = if is_tried_again { State::WaitingForRetry } else { State::Error };
        self.store.move_step(task, job.handler, [State::InProgress, to], |step| step.error = Some(error))?;
        if is_tried_again {
            STEPS.retried.inc();
            tracing::warn!(error = %failure, retry_count, "step execution failed, will retry");
            let wait = self.retries.first.saturating_mul(1 << retry_count.min(16));
            self.later(job, wait.min(self.retries.longest));
        } else {
            STEPS.failed.with(OfHandler { handler: job.handler }).inc();
            tracing::error!(error = %failure, retry_count, "step execution failed");
        }
        Ok(())
    }

    /// Which steps are ready: they are not on their way yet, and all that they depend on is complete.
    async fn discover(&self, task: &Task) -> Result<Next, StoreError> {
        let steps = self.store.load_steps(&task.uuid).await?;
        let is = |state: State| move |step: &&Step| step.state == state;
        let is_on_its_way =
            |step: &Step| matches!(step.state, State::Enqueued | State::InProgress | State::WaitingForRetry);
        let is_complete =
            |handler: &Handler| steps.iter().filter(is(State::Complete)).any(|step| step.handler == *handler);
        let has_failed = steps.iter().any(|step| step.state == State::Error);
        let pending = steps.iter().filter(is(State::Pending)).filter(|_| !has_failed);
        let ready: Vec<Step> = pending.filter(|step| step.depends_on.iter().all(is_complete)).cloned().collect();
        STEPS.discovered.add(ready.len() as u64);
        Ok(if !ready.is_empty() {
            Next::Enqueue(ready)
        } else if steps.iter().any(is_on_its_way) {
            Next::Wait
        } else {
            Next::Finalize(steps)
        })
    }

    #[observed(fields(step_uuid = %job.step_uuid, step_name = job.handler.as_str()))]
    fn enqueue(&self, task: &Task, job: Job, from: State) -> Result<(), OrchestrationError> {
        self.store.move_step(task, job.handler, [from, State::Enqueued], |_| ())?;
        self.steps.send(job)?;
        STEPS.enqueued.inc();
        Ok(())
    }

    /// A task is done: what it holds goes out or back, and whoever wants to know is told.
    fn finalize(&self, task: &Task, steps: &[Step]) -> Result<(), OrchestrationError> {
        let failed: Vec<_> = steps.iter().filter(|step| step.state == State::Error).collect();
        let is_order = task.name == "order";
        self.store.settle_stock(&task.uuid, failed.is_empty() && is_order)?;
        let elapsed = task.created.elapsed();
        TASKS.duration.observe(elapsed);
        if failed.is_empty() {
            let invoice = steps.iter().find(|step| step.handler == Handler::RenderInvoice);
            let result = invoice.and_then(|step| step.result.clone()).unwrap_or_default();
            let sold = Some(&result["total_cents"]).filter(|_| is_order);
            let payload = json!({"sold_cents": sold});
            self.store.move_task(task, State::Complete, Some(result))?;
            TASKS.completed.inc();
            tracing::info!(elapsed_ms = millis(elapsed), "task completed");
            self.publisher.publish(EventName::TaskCompleted, DeliveryMode::Durable, task, payload)?;
        } else {
            let errors: Vec<_> = failed.iter().filter_map(|step| step.error.clone()).collect();
            let payload = json!({"errors": errors});
            self.store.move_task(task, State::Error, None)?;
            TASKS.failed.with(OfNamespace { namespace: &task.namespace }).inc();
            tracing::error!(elapsed_ms = millis(elapsed), error = errors.join("; "), "task failed");
            self.publisher.publish(EventName::TaskFailed, DeliveryMode::Durable, task, payload)?;
        }
        TASKS.active.dec();
        self.active.send_modify(|active| *active = active.saturating_sub(1));
        Ok(())
    }
}
