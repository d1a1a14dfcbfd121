//! The orchestrator: creates tasks, finds the steps that are ready, gives them to the workers, and makes of their results
//! what comes next.
//!
//! It takes reports one after the other, so nothing that it decides on changes under its hands. A report that fails half-way
//! is taken again: what has been written by then is found to be so, and not done twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tallied::Label as _;
use tallied::observed;
use tallied_service::{Correlate as _, Correlation};
use tokio::sync::watch;

use crate::events::{DeliveryMode, Event, EventName};
use crate::metrics::{OfHandler, OfNamespace, TASKER};
use crate::queue::Queue;
use crate::store::{Store, StoreError};
use crate::task::{Moment, Stage, State, Step, Task, TaskError, millis, new_uuid};
use crate::workflow::{Failure, Handler};

/// A step is tried again after 20 milliseconds, then after twice as long each time, and never later than after a second.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A step on its way to a worker.
#[derive(Clone)]
pub struct Job {
    pub task_uuid: Arc<str>,
    pub step_uuid: Arc<str>,
    pub namespace: Arc<str>,
    pub handler: Handler,
}

/// What the orchestrator is told.
pub enum Report {
    /// There is a new task.
    Created(Arc<str>),
    /// A worker is done with a step, at this attempt.
    Done(Job, u32, Result<Value, Failure>),
    /// A worker could not begin with a step, and should not for so long.
    Refused(Job, Duration),
    /// A step has waited long enough.
    Due(Job),
}

impl Report {
    fn task_uuid(&self) -> &str {
        match self {
            Report::Created(uuid) => uuid,
            Report::Done(job, ..) | Report::Refused(job, _) | Report::Due(job) => &job.task_uuid,
        }
    }
}

pub struct Orchestrator {
    pub store: Arc<Store>,
    pub steps: Arc<Queue<Job>>,
    pub results: Arc<Queue<Report>>,
    pub events: Arc<Queue<Event>>,
    /// So often a step is tried again.
    pub retries: u32,
    /// How many tasks are neither completed nor failed.
    pub active: watch::Sender<usize>,
}

impl Orchestrator {
    /// Takes reports until no more can come.
    pub async fn run(&self) {
        self.results.work_off(|report| self.take(report)).await;
    }

    #[observed(name = "orchestration", counter = false, fields(task_uuid = %report.task_uuid()))]
    async fn take(&self, report: Arc<Report>) -> Result<(), TaskError> {
        let task = &self.store.load_task(report.task_uuid()).await?.ok_or(StoreError::Missing)?;
        match &*report {
            Report::Created(_) => self.start_task(task)?,
            Report::Done(job, attempts, result) => self.process_result(task, job, *attempts, result)?,
            Report::Refused(job, wait) => {
                let states = [State::Enqueued, State::WaitingForRetry];
                if self.store.move_step(task, job.handler, states, |_| ())?.is_some() {
                    self.later(job.clone(), *wait);
                }
                return Ok(());
            }
            Report::Due(job) => return self.enqueue(task, job.clone(), State::WaitingForRetry),
        }
        let (steps, ready) = self.discover(task).await?;
        if !steps.iter().any(Step::is_on_its_way) && ready.is_empty() {
            return self.finalize(task, &steps);
        }
        ready.into_iter().try_for_each(|job| self.enqueue(task, job, State::Pending))
    }

    /// Tells itself of a step when some time has passed, in the name of the same request.
    fn later(&self, job: Job, wait: Duration) {
        let results = self.results.clone();
        let due = async move {
            tokio::time::sleep(wait).await;
            if results.send(Report::Due(job)).is_err() {
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
    pub fn create_task(&self, namespace: &str, name: String, input: Value) -> Result<Task, TaskError> {
        if name != "order" {
            return Err(TaskError::UnknownWorkflow(name));
        }
        let correlation_id = Correlation::current().unwrap_or_else(Correlation::new).id().to_owned();
        let (namespace, created) = (namespace.into(), Moment::now());
        let task = Task { uuid: new_uuid(), namespace, name, input, correlation_id, created };
        let stage = Stage { state: State::Pending, since: created };
        let step = |handler| Step { uuid: new_uuid(), handler, stage, attempts: 0, result: None, error: None };
        self.store.create_task(&task, Handler::ALL.map(step).into())?;
        TASKER.tasks_created.inc();
        TASKER.tasks_active.inc();
        self.active.send_modify(|active| *active += 1);
        tracing::info!(task_uuid = %task.uuid, "task created");
        self.results.send(Report::Created(task.uuid.clone()))?;
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
    fn start_task(&self, task: &Task) -> Result<(), TaskError> {
        if self.store.move_task(task, [State::Pending, State::InProgress], None)? {
            TASKER.tasks_started_total.inc();
        }
        Ok(())
    }

    /// Keeps what became of a step, and sees to it that it is tried again where that may help.
    #[observed(fields(step_uuid = %job.step_uuid, step_name = job.handler.text()))]
    fn process_result(
        &self,
        task: &Arc<Task>,
        job: &Job,
        attempts: u32,
        result: &Result<Value, Failure>,
    ) -> Result<(), TaskError> {
        let go =
            |to, change: &dyn Fn(&mut Step)| self.store.move_step(task, job.handler, [State::InProgress, to], change);
        let failure = match result {
            Ok(value) => {
                if let Some((name, mode)) = job.handler.event() {
                    self.publish_event(name, task, mode, value.clone())?;
                }
                go(State::Complete, &|step| (step.result, step.error) = (Some(value.clone()), None))?;
                return Ok(());
            }
            Err(failure) => failure,
        };
        let retry_count = attempts - 1;
        let is_tried_again = failure.is_transient() && retry_count < self.retries;
        let to = if is_tried_again { State::WaitingForRetry } else { State::Error };
        if go(to, &|step| step.error = Some(failure.to_string()))?.is_none() {
            return Ok(()); // and all of it was done before
        }
        if is_tried_again {
            TASKER.steps_retried_total.inc();
            tracing::warn!(error = %failure, retry_count, "step execution failed, will retry");
            let wait = FIRST_WAIT.saturating_mul(1 << retry_count.min(16));
            self.later(job.clone(), wait.min(LONGEST_WAIT));
        } else {
            TASKER.steps_failed_total.with(OfHandler { handler: job.handler }).inc();
            tracing::error!(error = %failure, retry_count, "step execution failed");
        }
        Ok(())
    }

    /// The steps of a task, and those of them that are ready: all that they depend on is complete, and nothing has failed.
    async fn discover(&self, task: &Task) -> Result<(Vec<Step>, Vec<Job>), StoreError> {
        let steps = self.store.load_progress(&task.uuid).await?.steps;
        let is = |state| steps.iter().filter(move |step| step.stage.state == state);
        let is_complete = |handler: &Handler| is(State::Complete).any(|step| step.handler == *handler);
        let has_failed = is(State::Error).next().is_some();
        let ready = is(State::Pending).filter(|step| !has_failed && step.handler.depends_on().iter().all(is_complete));
        let job = |Step { uuid, handler, .. }: &Step| Job {
            task_uuid: task.uuid.clone(),
            step_uuid: uuid.clone(),
            namespace: task.namespace.clone(),
            handler: *handler,
        };
        let ready: Vec<Job> = ready.map(job).collect();
        TASKER.steps_discovered_total.add(ready.len() as u64);
        Ok((steps, ready))
    }

    #[observed(fields(step_uuid = %job.step_uuid, step_name = job.handler.text()))]
    fn enqueue(&self, task: &Task, job: Job, from: State) -> Result<(), TaskError> {
        if self.store.move_step(task, job.handler, [from, State::Enqueued], |_| ())?.is_some() {
            self.steps.send(job)?;
            TASKER.steps_enqueued_total.inc();
        }
        Ok(())
    }

    /// A task is done: whoever wants to know is told, and its result is kept.
    fn finalize(&self, task: &Arc<Task>, steps: &[Step]) -> Result<(), TaskError> {
        let has_failed = steps.iter().any(|step| step.stage.state == State::Error);
        let errors: Vec<_> = steps.iter().filter_map(|step| step.error.as_deref()).collect();
        let invoice = steps.iter().find(|step| step.handler == Handler::RenderInvoice);
        let result = invoice.and_then(|step| step.result.clone());
        let failed = (EventName::TaskFailed, State::Error);
        let (name, to) = if has_failed { failed } else { (EventName::TaskCompleted, State::Complete) };
        let payload = json!({"errors": errors, "total_cents": result.as_ref().map(|result| &result["total_cents"])});
        self.publish_event(name, task, DeliveryMode::Durable, payload)?;
        if !self.store.move_task(task, [State::InProgress, to], result)? {
            return Ok(());
        }
        let elapsed = task.created.elapsed();
        if has_failed {
            TASKER.tasks_failed.with(OfNamespace { namespace: &task.namespace }).inc();
            tracing::error!(elapsed_ms = millis(elapsed), error = errors.join("; "), "task failed");
        } else {
            TASKER.tasks_completed.inc();
            tracing::info!(elapsed_ms = millis(elapsed), "task completed");
        }
        TASKER.task_duration_ms.observe(elapsed);
        TASKER.tasks_active.dec();
        self.active.send_modify(|active| *active -= 1);
        Ok(())
    }
}
