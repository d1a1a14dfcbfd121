//! Workers take jobs out of the database, try them, and say what became of them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tallied::observed;
use tallied_service::Correlate as _;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::anneal::{Annealed, annealing_loop};
use crate::corpus::{Corpus, NoLetters};
use crate::metrics::{HIVE, JobStatus};
use crate::store::{Job, Store, StoreError};

/// So often a job is tried.
const ATTEMPTS: u32 = 4;

/// So often a worker says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Of so many workers and agents the last sign of life is kept.
const KNOWN: usize = 1000;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    NoLetters(#[from] NoLetters),
    #[error("the corpus cannot be read: {0}")]
    Corpus(#[from] io::Error),
    #[error("the database failed: {0}")]
    Store(#[from] StoreError),
    #[error("it was interrupted after {0} attempts")]
    Interrupted(u32),
    #[error("killed")]
    Killed,
    #[error("panicked")]
    Panicked,
}

impl JobError {
    /// Whether it may be well the next time. A text does not get letters.
    fn is_transient(&self) -> bool {
        matches!(self, JobError::Corpus(_) | JobError::Store(_))
    }
}

/// Where the text comes from that jobs without one are for. It is asked for each attempt, since a file may be on a share that is
/// not there for a moment.
pub type ReadCorpus = dyn Fn() -> io::Result<String> + Send + Sync;

/// The last sign of life of a worker or an agent.
pub struct Seen {
    pub at: Instant,
    pub heartbeats: u64,
}

/// Everything that workers and requests share.
pub struct Hive {
    store: OnceLock<Arc<Store>>,
    read_corpus: Box<ReadCorpus>,
    /// The wait before the second attempt; before each further one it is twice as long.
    retry_wait: Duration,
    submitted: Notify,
    running: Mutex<HashMap<u64, AbortHandle>>,
    workers: Mutex<BTreeMap<String, Seen>>,
}

impl Hive {
    pub fn new(read_corpus: Box<ReadCorpus>, retry_wait: Duration) -> Arc<Self> {
        Arc::new(Hive {
            store: OnceLock::new(),
            read_corpus,
            retry_wait,
            submitted: Notify::new(),
            running: Mutex::default(),
            workers: Mutex::default(),
        })
    }

    /// The database, as soon as it is connected and migrated.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.store.get()
    }

    /// Connects the database.
    pub fn connect(&self, path: Option<&Path>) -> Result<(), StoreError> {
        let (store, interrupted) = Store::open(path)?;
        let _ = self.store.set(Arc::new(store));
        tracing::info!(schema_version = crate::store::SCHEMA, "database connected");
        if interrupted > 0 {
            tracing::warn!(interrupted, "jobs were interrupted, and wait again");
        }
        Ok(())
    }

    /// A job was submitted: somebody may take it.
    pub fn wake(&self) {
        self.submitted.notify_one();
    }

    /// A worker or an agent is alive.
    pub fn heartbeat(&self, worker: &str) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        HIVE.worker_heartbeats.inc();
        let seen = workers.entry(worker.to_owned()).or_insert(Seen { at: Instant::now(), heartbeats: 0 });
        (seen.at, seen.heartbeats) = (Instant::now(), seen.heartbeats + 1);
        if workers.len() > KNOWN {
            let oldest = workers.iter().min_by_key(|(_, seen)| seen.at).map(|(worker, _)| worker.clone());
            oldest.and_then(|oldest| workers.remove(&oldest));
        }
    }

    /// What is known of each worker and agent.
    pub fn workers<T>(&self, tell: impl FnMut((&String, &Seen)) -> T) -> Vec<T> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).iter().map(tell).collect()
    }

    /// Ends a job that runs. Says whether there was one.
    pub fn kill(&self, id: u64) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&id).map(AbortHandle::abort).is_some()
    }

    /// Runs a job that was taken, and writes down what became of it.
    pub async fn run(self: &Arc<Self>, store: &Arc<Store>, worker: &str, job: Job) {
        let id = job.id;
        let ended = self.process(store, worker, job).await;
        match &ended {
            Ok(annealed) => {
                tracing::info!(job_id = id, score = annealed.score, qwerty = annealed.qwerty, "job completed");
            }
            // Nothing is broken: whoever brought it is told.
            Err(error @ JobError::NoLetters(_)) => tracing::warn!(job_id = id, %error, "job failed"),
            Err(JobError::Killed) => tracing::info!(job_id = id, "job killed"),
            Err(JobError::Panicked) => tracing::error!(job_id = id, worker_id = worker, "worker panicked"),
            Err(error) => tracing::error!(job_id = id, %error, "job failed"),
        }
        if let Err(error) = store.finish(id, ended.map_err(|error| error.to_string())) {
            tracing::error!(job_id = id, %error, "what became of a job could not be stored");
        }
    }

    /// A job from its first attempt to its last, the waits between them included: what is counted.
    // It is the wait for the job's task: one that is killed before it begins is counted, too.
    #[observed(
        span = false,
        status = JobStatus,
        counter(name = "keyforge_jobs_total", help = "Jobs submitted, by what became of them."),
        in_flight(name = "keyforge_jobs_active", help = "Jobs that are processed now.")
    )]
    async fn process(self: &Arc<Self>, store: &Arc<Store>, worker: &str, job: Job) -> Result<Annealed, JobError> {
        let id = job.id;
        // In a task of its own, so that a panic ends the job and not the worker.
        let mut task = tokio::spawn(attempts(self.clone(), store.clone(), job).correlated());
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id, task.abort_handle());
        let mut beats = interval(HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                ended = &mut task => break ended,
                _ = beats.tick() => self.heartbeat(worker),
            }
        };
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        ended.unwrap_or_else(|end| Err(if end.is_cancelled() { JobError::Killed } else { JobError::Panicked }))
    }
}

/// Takes jobs and runs them, until the program ends: then the one that runs is the last.
pub async fn work(hive: Arc<Hive>, worker: String, mut ending: watch::Receiver<bool>) {
    while !*ending.borrow_and_update() {
        hive.heartbeat(&worker);
        let taken = hive.store().map(|store| (store, store.take(&worker)));
        if let Some((store, Ok(Some(job)))) = taken {
            // In the name of the request that brought it.
            let correlation = job.correlation();
            hive.run(store, &worker, job).correlated_by(correlation).await;
            continue;
        }
        if let Some((_, Err(error))) = taken {
            tracing::error!(worker_id = worker, %error, "no job can be taken");
        }
        tokio::select! {
            () = hive.submitted.notified() => {}
            () = sleep(HEARTBEAT) => {}
            // An error says that the sender is gone, and then it ends too.
            ended = ending.changed() => if ended.is_err() { return },
        }
    }
    tracing::debug!(worker_id = worker, "worker ended");
}

/// A job from its first attempt to its last, the waits between them included.
async fn attempts(hive: Arc<Hive>, store: Arc<Store>, job: Job) -> Result<Annealed, JobError> {
    if job.attempt >= ATTEMPTS {
        // It was running each time when the program ended: perhaps it was the reason.
        return Err(JobError::Interrupted(job.attempt));
    }
    for tries in 1.. {
        let (attempt, done) = match store.attempt(job.id) {
            Ok(attempt) => (attempt, job_execution(&hive, &job, attempt).await),
            // What the database does not take may be taken the next time.
            Err(error) => (tries, Err(error.into())),
        };
        let error = match done {
            Ok(annealed) => return Ok(annealed),
            Err(error) => error,
        };
        if !error.is_transient() || attempt.max(tries) >= ATTEMPTS {
            return Err(error);
        }
        let wait = hive.retry_wait.saturating_mul(2_u32.pow(tries - 1));
        tracing::warn!(job_id = job.id, attempt, retry_in_ms = wait.as_millis(), %error, "job retrying");
        sleep(wait).await;
    }
    Err(JobError::Interrupted(ATTEMPTS))
}

/// One attempt. It is a span, and counted with its job.
#[observed(counter = false, fields(job_id = job.id, worker_id = job.worker_id, attempt = attempt))]
async fn job_execution(hive: &Hive, job: &Job, attempt: u32) -> Result<Annealed, JobError> {
    tracing::debug!(steps = job.order.steps, start_temp = job.order.start_temp, seed = job.order.seed, "job started");
    let corpus = match &job.order.corpus {
        Some(text) => Corpus::count(text)?,
        None => Corpus::count(&tokio::task::block_in_place(|| (hive.read_corpus)())?)?,
    };
    Ok(annealing_loop(&corpus, job.order.steps, job.order.start_temp, job.order.seed).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Order, State};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_that_panics_or_ends_the_program_each_time_has_failed() {
        let hive = Hive::new(Box::new(|| panic!("as asked")), Duration::ZERO);
        hive.connect(None).unwrap();
        let store = hive.store().unwrap();
        let order = Order { corpus: None, steps: 1, start_temp: 0.1, seed: 1 };
        let [panicking, ending] = [1, 2].map(|_| store.submit(order.clone(), None).unwrap());
        for _ in 0..ATTEMPTS {
            store.attempt(ending).unwrap();
        }
        while let Some(job) = store.take("worker-1").unwrap() {
            hive.run(store, "worker-1", job).await;
        }
        let ended = |id| {
            let job = store.get(id).unwrap().unwrap();
            (job.state, job.attempt, job.error.unwrap())
        };
        assert_eq!(ended(panicking), (State::Failed, 1, "panicked".to_owned()));
        assert_eq!(ended(ending), (State::Failed, ATTEMPTS, "it was interrupted after 4 attempts".to_owned()));
        let counted = |family: &str, labels| tallied::testing::value(family, labels);
        let two = cfg!(feature = "metrics").then_some(2.0);
        assert_eq!(counted("keyforge_jobs_total", &[("status", "failed")]), two);
        assert_eq!(counted("keyforge_jobs_active", &[]), two.map(|_| 0.0));
    }
}
