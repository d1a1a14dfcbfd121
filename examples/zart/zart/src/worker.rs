//! Runs tasks: takes what is due, keeps it by heartbeats, and writes down how it ended.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tallied::observed;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::context::Context;
use crate::error::{Error, Stop};
use crate::metrics::{NAMES, ZART};
use crate::scheduler::Scheduler;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::store::after;
use crate::task::{End, Lease, Task};

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
    /// How often a task is tried.
    pub attempts: u32,
    /// How long the second attempt waits; each further one twice as long.
    pub backoff: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let (poll, lease, backoff) = (Duration::from_millis(500), Duration::from_secs(3), Duration::from_millis(100));
        Settings { concurrency: 4, poll, lease, attempts: 5, backoff }
    }
}

/// Runs the tasks of a queue.
#[derive(Debug)]
pub struct Worker {
    scheduler: Scheduler,
    registry: Registry,
    settings: Settings,
    is_healthy: AtomicBool,
}

impl Worker {
    /// A worker that begins when it is [run](Self::run).
    #[must_use]
    pub fn new(scheduler: Scheduler, registry: Registry, settings: Settings) -> Arc<Self> {
        Arc::new(Worker { scheduler, registry, settings, is_healthy: AtomicBool::new(false) })
    }

    /// Whether it runs, and got an answer when it last asked the queue.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.is_healthy.load(Ordering::Relaxed)
    }

    /// The functions that it has.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Works until `stop` is there, and then until what runs has ended.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut changes = self.scheduler.changes();
        let mut running = JoinSet::new();
        tracing::info!(concurrency = self.settings.concurrency, "worker started");
        let mut since_poll = ZART.poll_interval_seconds.start_timer();
        loop {
            changes.mark_unchanged();
            let (free, lease) = (self.settings.concurrency.saturating_sub(running.len()), self.settings.lease);
            let claimed = self.scheduler.on_store(move |store| store.claim(free, lease)).await;
            self.is_healthy.store(claimed.is_ok(), Ordering::Relaxed);
            let claimed = claimed.unwrap_or_else(|error| {
                tracing::error!(%error, "the queue cannot be asked");
                Vec::new()
            });
            for task in claimed {
                running.spawn(self.clone().work(task));
            }
            tokio::select! {
                () = &mut stop => break,
                _ = running.join_next(), if !running.is_empty() => {}
                _ = changes.changed(), if running.len() < self.settings.concurrency => {}
                () = sleep(self.settings.poll) => {}
            }
            since_poll.stop();
            since_poll = ZART.poll_interval_seconds.start_timer();
        }
        since_poll.discard();
        while running.join_next().await.is_some() {}
        self.is_healthy.store(false, Ordering::Relaxed);
        tracing::info!("worker stopped");
    }

    /// One attempt at a task, from its beginning to what is written down of it.
    async fn work(self: Arc<Self>, task: Task) {
        if task.claims == 1 {
            ZART.execution(ExecutionStatus::Started, &task.name);
        }
        let lease = Lease { id: task.id, claims: task.claims };
        // On a task of its own: one that panics ends no worker.
        let (worker, attempt) = (self.clone(), task.clone());
        let mut execution = tokio::spawn(async move { worker.execute(&attempt.name, &attempt).await });
        let ended = tokio::select! {
            ended = &mut execution => ended,
            () = self.heartbeat(&task.name, &lease) => {
                execution.abort();
                let _ = execution.await;
                tracing::info!(task_id = task.id, task_name = task.name, "task given up: it was cancelled or taken");
                self.scheduler.changed();
                return;
            }
        };
        let (status, end) = self.judge(&task, ended);
        match self.scheduler.on_store(move |store| store.end(&lease, end)).await {
            Ok(true) => ZART.execution(status, &task.name),
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
        counter(name = "zart_tasks_total", labels(status)),
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
            // It is not tried for ever.
            Err(Stop::Retry(why)) if task.failures + 1 >= self.settings.attempts => Err(Stop::Fail(why)),
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

    /// How an attempt is written down.
    fn judge(&self, task: &Task, ended: Result<Result<Value, Stop>, JoinError>) -> (ExecutionStatus, End) {
        let (task_id, task_name, attempt) = (task.id, &task.name, task.failures + 1);
        match ended {
            Ok(Ok(result)) => {
                tracing::info!(task_id, task_name, "task completed");
                (ExecutionStatus::Completed, End::Completed(result))
            }
            Ok(Err(Stop::Waiting { event })) => {
                tracing::info!(task_id, task_name, event, "task waits");
                (ExecutionStatus::Waiting, End::Waiting(event))
            }
            Ok(Err(Stop::Fail(error))) => {
                tracing::error!(task_id, task_name, attempt, error, "task failed");
                (ExecutionStatus::Failed, End::Failed(error))
            }
            Ok(Err(stop)) => {
                let error = stop.to_string();
                let due = after(self.settings.backoff.saturating_mul(1 << task.failures.min(16)));
                tracing::warn!(task_id, task_name, attempt, error, "task failed and is tried again");
                (ExecutionStatus::Retried, End::Retry { error, due })
            }
            Err(_) => {
                tracing::error!(task_id, task_name, attempt, "task panicked");
                (ExecutionStatus::Failed, End::Failed("it panicked".to_owned()))
            }
        }
    }
}
