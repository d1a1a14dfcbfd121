//! The words of the labels `status`, and which value is told as which.

use tallied::{Classify, Label, Outcome};

use crate::error::{Error, Stop};

/// What became of a task, and of an execution of it.
#[derive(Clone, Copy, Label, Outcome)]
pub(crate) enum TaskStatus {
    #[outcome(ok)]
    Completed,
    #[outcome(error, panicked)]
    Failed,
    Cancelled,
    /// It goes on later: it is in the queue, or is put there by an event.
    Scheduled,
}

impl<T> Classify<Result<T, Stop>> for TaskStatus {
    fn classify(ended: &Result<T, Stop>) -> Self {
        match ended {
            Ok(_) => TaskStatus::Completed,
            Err(Stop::Fail(_)) => TaskStatus::Failed,
            // It wanted to write something down, and found that it is cancelled or somebody else's.
            Err(Stop::Zart(Error::Lost(_))) => TaskStatus::Cancelled,
            Err(_) => TaskStatus::Scheduled,
        }
    }
}

/// What happens to an execution.
#[derive(Clone, Copy, Label)]
pub(crate) enum ExecutionStatus {
    Started,
    Waiting,
    Retried,
    Completed,
    Failed,
    Cancelled,
}

/// What became of a step. One that is dropped with its task has failed, too: it is not completed.
#[derive(Clone, Copy, Label, Outcome)]
pub(crate) enum StepStatus {
    #[outcome(ok)]
    Completed,
    #[outcome(error)]
    Failed,
    /// It stands in the database that it is to be done.
    Scheduled,
    WaitingForEvent,
}

impl<T> Classify<Result<T, Stop>> for StepStatus {
    fn classify(ended: &Result<T, Stop>) -> Self {
        match ended {
            Ok(_) => StepStatus::Completed,
            Err(Stop::Waiting { .. }) => StepStatus::WaitingForEvent,
            Err(_) => StepStatus::Failed,
        }
    }
}

/// What became of the renewal of a lease.
#[derive(Clone, Copy, Label, Outcome)]
pub(crate) enum Renewal {
    #[outcome(ok)]
    Success,
    #[outcome(error)]
    Failed,
    /// Somebody else has the task, or it was cancelled.
    NotFound,
}

impl Classify<Result<bool, Error>> for Renewal {
    fn classify(renewed: &Result<bool, Error>) -> Self {
        match renewed {
            Ok(true) => Renewal::Success,
            Ok(false) => Renewal::NotFound,
            Err(_) => Renewal::Failed,
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label, Outcome)]
pub enum Delivery {
    /// A task waited for it, and goes on.
    #[outcome(ok)]
    Delivered,
    /// It is kept until the task asks for it.
    Early,
    /// There is no such task, or it has ended.
    NotFound,
    /// The database could not take it.
    #[outcome(error)]
    Failed,
}

impl Classify<Result<Delivery, Error>> for Delivery {
    fn classify(delivered: &Result<Delivery, Error>) -> Self {
        delivered.as_ref().map_or(Delivery::Failed, |delivery| *delivery)
    }
}
