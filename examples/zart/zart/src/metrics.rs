//! What is counted where no function is the measure of it. The rest stands on functions: `execute` and `heartbeat` in
//! `worker.rs`, `observe` in `context.rs`, `renew` and `deliver` in `store.rs`.
//!
//! The registry is private: [`gather_metrics`] is the way to what is in it. Every family is in there before its first use.

use tallied::{Counter, Gauge, Histogram, LabelSet, Metrics};
pub use tallied::{gather_metrics, init};

use crate::status::{ExecutionStatus, StepStatus, TaskStatus};

/// How many names of tasks, steps or events have series of their own; the rest is `_other`.
pub(crate) const NAMES: usize = 64;

#[derive(LabelSet)]
pub(crate) struct OfTask {
    pub(crate) status: TaskStatus,
}

#[derive(LabelSet)]
pub(crate) struct OfExecution<'a> {
    pub(crate) status: ExecutionStatus,
    #[label(max = NAMES)]
    pub(crate) task_name: &'a str,
}

#[derive(LabelSet)]
pub(crate) struct OfStep<'a> {
    #[label(max = NAMES)]
    pub(crate) step_name: &'a str,
    pub(crate) status: StepStatus,
}

#[derive(Metrics)]
#[metrics(prefix = "zart")]
pub(crate) struct Zart {
    /// Tasks by what became of them.
    pub(crate) tasks_total: Counter<OfTask>,
    /// What happened to durable executions, by task.
    pub(crate) executions_total: Counter<OfExecution<'static>>,
    /// Steps by what became of them.
    pub(crate) steps_total: Counter<OfStep<'static>>,
    /// Tasks waiting to be picked up.
    pub(crate) queue_depth: Gauge<(), i64>,
    /// Time between two polls of the queue.
    pub(crate) poll_interval_seconds: Histogram,
}

pub(crate) static ZART: Zart = Zart::new();

impl Zart {
    pub(crate) fn task(&self, status: TaskStatus) {
        self.tasks_total.with(OfTask { status }).inc();
    }

    pub(crate) fn execution(&self, status: ExecutionStatus, task_name: &str) {
        self.executions_total.with(OfExecution { status, task_name }).inc();
    }
}
