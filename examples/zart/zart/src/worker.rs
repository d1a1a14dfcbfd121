//! Runs tasks: takes what is due, keeps it by heartbeats, and writes down how it ended.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tallied::observed;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::context::Context;
use crate::error::{Error, Stop};
use crate::metrics::{NAMES, ZART};
use crate::scheduler::Scheduler;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::store::{after, now};
use crate::task::{End, Lease, State, Task};

type Running = Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send>>;
type Function = Arc<dyn Fn(Context, Value) -> Running + Send + Sync>;

/// The functions that there are for tasks.
#[derive(Clone, Default)]
pub struct Registry {
    functions: BTreeMap<String, Function>,
}

impl Registry {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Registry::default()
    }

    /// Tasks of this name are for this function.
    #[must_use]
    pub fn task<F>(mut self, name: &str, function: impl Fn(Context, Value) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Value, Stop>> + Send + 'static,
    {
        self.functions.insert(name.to_owned(), Arc::new(move |context, input| Box::pin(function(context, input))));
        self
    }

    /// Whether there is a function for tasks of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many tasks at once. None: it takes nothing.
    pub concurrency: usize,
    /// How often it looks at the queue when nothing else makes it.
    pub poll: Duration,
    /// How long a task is its own without a sign of life. A heartbeat comes after a third of it.
    pub lease: Duration,
    /// How often a task is tried. A worker that died with it counts, too.
    pub attempts: u32,
    /// How long the second attempt waits; each further one twice as long.
    pub backoff: Duration,
    /// How long it waits, when it is to stop, for what runs; then that goes back into the queue.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            concurrency: 4,
            poll: Duration::from_millis(500),
            lease: Duration::from_secs(3),
            attempts: 5,
            backoff: Duration::from_millis(100),
            grace: Duration::from_secs(5),
        }
    }
}

/// Runs the tasks of a queue.
#[derive(Debug)]
pub struct Worker {
    scheduler: Scheduler,
    registry: Registry,
    settings: Settings,
    /// When the queue last answered, in milliseconds since 1970; 0 while it does not run.
    answered: AtomicU64,
}

impl Worker {
    /// A worker that begins when it is [run](Self::run).
    ///
    /// # Errors
    ///
    /// Settings that cannot be: a lease of less than 30 ms, in which no heartbeat has a place, or a poll without a pause.
    pub fn new(scheduler: Scheduler, registry: Registry, settings: Settings) -> Result<Arc<Self>, Error> {
        if settings.lease < Duration::from_millis(30) {
            return Err(Error::Settings("`lease` is too short for a heartbeat: give it 30 ms or more"));
        }
        if settings.poll.is_zero() {
            return Err(Error::Settings("`poll` is zero: give the queue a pause"));
        }
        Ok(Arc::new(Worker { scheduler, registry, settings, answered: AtomicU64::new(0) }))
    }

    /// Whether it runs, and had an answer of the queue of late.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let answered = self.answered.load(Ordering::Relaxed);
        let late = Duration::from_millis(now().saturating_sub(answered));
        answered > 0 && late < self.settings.poll.saturating_mul(4).max(Duration::from_secs(2))
    }

    /// The functions that it has.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Works until `stop` is there, and then as long as [`Settings::grace`] says for what runs.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        // Dropped or ended, it is not healthy any more.
        struct Stopped<'a>(&'a AtomicU64);
        impl Drop for Stopped<'_> {
            fn drop(&mut self) {
                self.0.store(0, Ordering::Relaxed);
            }
        }
        let _stopped = Stopped(&self.answered);
        let mut stop = std::pin::pin!(stop);
        let mut changes = self.scheduler.changes();
        let (mut running, mut held) = (JoinSet::new(), HashMap::new());
        tracing::info!(concurrency = self.settings.concurrency, "worker started");
        let mut since_poll = ZART.poll_interval_seconds.start_timer();
        loop {
            changes.mark_unchanged();
            for task in self.poll(self.settings.concurrency.saturating_sub(running.len())).await {
                let lease = Lease { id: task.id, claims: task.claims };
                held.insert(running.spawn(self.clone().work(task)).id(), lease);
            }
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = running.join_next_with_id(), if !running.is_empty() => forget(ended, &mut held),
                _ = changes.changed(), if running.len() < self.settings.concurrency => {}
                () = sleep(self.settings.poll) => {}
            }
            since_poll.stop();
            since_poll = ZART.poll_interval_seconds.start_timer();
        }
        since_poll.discard();
        let rest = async {
            while let Some(ended) = running.join_next_with_id().await {
                forget(ended, &mut held);
            }
        };
        if timeout(self.settings.grace, rest).await.is_err() {
            running.shutdown().await;
            for lease in held.into_values() {
                let id = lease.id;
                match self.scheduler.on_store(move |store| store.give_back(&lease)).await {
                    Ok(true) => {
                        ZART.task(TaskStatus::Scheduled);
                        tracing::warn!(task_id = id, "task put back: the worker stops");
                    }
                    // It has ended meanwhile.
                    Ok(false) => {}
                    Err(error) => tracing::error!(task_id = id, %error, "task could not be put back: its lease ends"),
                }
            }
        }
        tracing::info!("worker stopped");
    }

    /// What is due, at most so many.
    async fn poll(&self, free: usize) -> Vec<Task> {
        let Settings { lease, attempts, .. } = self.settings;
        let claimed = match self.scheduler.on_store(move |store| store.claim(free, lease, attempts)).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(%error, "the queue cannot be asked");
                return Vec::new();
            }
        };
        self.answered.store(now(), Ordering::Relaxed);
        for task in &claimed.lost {
            let (status, execution) = match task.state {
                State::Failed => (TaskStatus::Failed, ExecutionStatus::Failed),
                _ => (TaskStatus::Scheduled, ExecutionStatus::Retried),
            };
            ZART.task(status);
            ZART.execution(execution, &task.name);
            tracing::warn!(task_id = task.id, task_name = task.name, failures = task.failures, "its worker is gone");
        }
        if !claimed.tasks.is_empty() || !claimed.lost.is_empty() {
            self.scheduler.changed();
        }
        claimed.tasks
    }

    /// One attempt at a task, from its beginning to what is written down of it.
    async fn work(self: Arc<Self>, task: Task) {
        if task.claims == 1 {
            ZART.execution(ExecutionStatus::Started, &task.name);
        }
        let lease = Lease { id: task.id, claims: task.claims };
        // On a task of its own: one that panics ends no worker.
        let (worker, attempt) = (self.clone(), task.clone());
        let execution = tokio::spawn(async move { worker.execute(&attempt.name, &attempt).await });
        let mut execution = Execution(execution);
        let ended = tokio::select! {
            ended = &mut execution.0 => Some(ended),
            () = self.heartbeat(&task.name, &lease) => {
                execution.0.abort();
                let _ = (&mut execution.0).await;
                None
            }
        };
        let ended = match ended {
            Some(ended) if !matches!(ended, Ok(Err(Stop::Zart(Error::Lost(_))))) => ended,
            _ => {
                tracing::info!(task_id = task.id, task_name = task.name, "task given up: it was cancelled or taken");
                return self.scheduler.changed();
            }
        };
        let (status, execution, end) = self.judge(&task, ended);
        match self.scheduler.on_store(move |store| store.end(&lease, end)).await {
            // What is counted is what is written down.
            Ok(true) => {
                if let Some(status) = status {
                    ZART.task(status);
                }
                ZART.execution(execution, &task.name);
            }
            Ok(false) => {
                tracing::warn!(task_id = task.id, "what became of it is not written down: it is somebody else's");
            }
            // The lease ends, and the task is tried again: its steps are not done twice.
            Err(error) => tracing::error!(task_id = task.id, %error, "what became of it cannot be written down"),
        }
        self.scheduler.changed();
    }

    #[observed(
        labels(task_name(max = NAMES)),
        status = TaskStatus,
        counter = false,
        histogram(name = "zart_task_duration_seconds", help = "Time of executions in seconds, by task and what became of it."),
        in_flight(name = "zart_worker_concurrent_tasks", help = "Tasks executing now.", labels()),
        name = "task",
        fields(task_id = task.id, attempt = task.failures + 1)
    )]
    async fn execute(&self, task_name: &str, task: &Task) -> Result<Value, Stop> {
        let function = self
            .registry
            .functions
            .get(task_name)
            .ok_or_else(|| Stop::Fail(Error::UnknownTask(task_name.to_owned()).to_string()))?;
        let ended = function(Context::new(self.scheduler.clone(), task), task.input.clone()).await;
        match ended {
            // What cannot be read now cannot be read later.
            Err(Stop::Zart(why @ Error::Json(_))) => Err(Stop::Fail(why.to_string())),
            // Nothing of it is written down.
            Err(why @ Stop::Zart(Error::Lost(_))) => Err(why),
            // It is not tried for ever.
            Err(why @ (Stop::Retry(_) | Stop::Zart(_))) if task.failures + 1 >= self.settings.attempts => {
                Err(Stop::Fail(why.to_string()))
            }
            ended => ended,
        }
    }

    /// Renews a lease for as long as it is ours.
    #[observed(
        counter = false,
        span = false,
        in_flight(name = "zart_heartbeat_active", help = "Heartbeats that go: one for each task that runs.", labels())
    )]
    async fn heartbeat(&self, task_name: &str, lease: &Lease) {
        let every = self.settings.lease / 3;
        let mut beats = interval(every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.tick().await;
        loop {
            beats.tick().await;
            let (name, held, time) = (task_name.to_owned(), lease.clone(), self.settings.lease);
            let renewal = self.scheduler.on_store(move |store| store.renew(&name, &held, time));
            match timeout(self.settings.lease, renewal).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return,
                Ok(Err(error)) => tracing::warn!(task_id = lease.id, %error, "heartbeat failed"),
                Err(_) => tracing::warn!(task_id = lease.id, "heartbeat takes longer than the lease"),
            }
        }
    }

    /// How an attempt is written down, and counted then.
    fn judge(
        &self,
        task: &Task,
        ended: Result<Result<Value, Stop>, JoinError>,
    ) -> (Option<TaskStatus>, ExecutionStatus, End) {
        let (task_id, task_name, attempt) = (task.id, &task.name, task.failures + 1);
        let failed = |error| (Some(TaskStatus::Failed), ExecutionStatus::Failed, End::Failed(error));
        match ended {
            Ok(Ok(result)) => {
                tracing::info!(task_id, task_name, "task completed");
                (Some(TaskStatus::Completed), ExecutionStatus::Completed, End::Completed(result))
            }
            Ok(Err(Stop::Waiting { event })) => {
                tracing::info!(task_id, task_name, event, "task waits");
                (None, ExecutionStatus::Waiting, End::Waiting(event))
            }
            Ok(Err(Stop::Fail(error))) => {
                tracing::error!(task_id, task_name, attempt, error, "task failed");
                failed(error)
            }
            Ok(Err(stop)) => {
                let error = stop.to_string();
                let due = after(self.settings.backoff.saturating_mul(1 << task.failures.min(16)));
                tracing::warn!(task_id, task_name, attempt, error, "task failed and is tried again");
                (Some(TaskStatus::Scheduled), ExecutionStatus::Retried, End::Retry { error, due })
            }
            Err(error) => {
                let error = error.try_into_panic().map_or_else(|error| error.to_string(), said);
                tracing::error!(task_id, task_name, attempt, error, "task panicked");
                failed(error)
            }
        }
    }
}

/// It is not held any more.
fn forget(ended: Result<(Id, ()), JoinError>, held: &mut HashMap<Id, Lease>) {
    match ended {
        Ok((id, ())) => drop(held.remove(&id)),
        // A mistake of the library's own: the lease ends, and the task goes on elsewhere.
        Err(error) => {
            tracing::error!(%error, "the worker of a task ended before it");
            held.remove(&error.id());
        }
    }
}

/// A task that runs: it ends with whoever waits for it.
struct Execution(JoinHandle<Result<Value, Stop>>);

impl Drop for Execution {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a panic says.
fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|panic| panic.downcast::<String>().map(|text| *text));
    text.map_or_else(|_| "it panicked".to_owned(), |text| format!("it panicked: {text}"))
}
