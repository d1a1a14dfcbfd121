//! The tasks that were read last, for what they are never changes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tallied::{Classify, Label, Outcome, observed};

use crate::task::Task;

/// So many are kept.
const MOST: usize = 256;

/// The words for what becomes of a read.
#[derive(Clone, Copy, Label, Outcome)]
enum Read {
    #[outcome(ok)]
    Hit,
    #[outcome(error)]
    Miss,
}

impl Classify<Option<Arc<Task>>> for Read {
    fn classify(found: &Option<Arc<Task>>) -> Self {
        if found.is_some() { Read::Hit } else { Read::Miss }
    }
}

#[derive(Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    tasks: HashMap<Arc<str>, Arc<Task>>,
    /// The oldest first.
    order: VecDeque<Arc<str>>,
}

impl Cache {
    #[observed(
        span = false,
        status = Read,
        counter(name = "tasker.database.cache_reads", help = "Reads of the cache of tasks, by what became of them.")
    )]
    pub fn get(&self, uuid: &str) -> Option<Arc<Task>> {
        self.inner().tasks.get(uuid).cloned()
    }

    /// Keeps one more, and forgets the oldest if there are too many.
    pub fn keep(&self, task: &Arc<Task>) {
        let mut inner = self.inner();
        if inner.tasks.insert(task.uuid.clone(), task.clone()).is_none() {
            inner.order.push_back(task.uuid.clone());
        }
        if inner.order.len() > MOST {
            if let Some(oldest) = inner.order.pop_front() {
                inner.tasks.remove(&oldest);
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
