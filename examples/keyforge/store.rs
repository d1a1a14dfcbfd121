//! Jobs in a database, so that none is lost when the program ends.

use std::path::Path;

use redb::backends::InMemoryBackend;
use redb::{Database, ReadTransaction, ReadableTable as _, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use tallied_service::Correlation;

use crate::anneal::Annealed;

/// The version of the schema, under [`VERSION`].
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const VERSION: &str = "schema_version";

/// Jobs as JSON, by their number.
const JOBS: TableDefinition<u64, &str> = TableDefinition::new("jobs");

/// The numbers of the jobs that wait. Since version 2: without it the whole of `JOBS` is read to find one.
const PENDING: TableDefinition<u64, ()> = TableDefinition::new("pending");

type Migration = fn(&WriteTransaction) -> Result<(), StoreError>;

/// What makes each version out of the one before it. Never change one that is out in the world: add one.
const MIGRATIONS: [Migration; 2] = [
    |change| Ok(change.open_table(JOBS).map(drop)?),
    |change| {
        let mut pending = change.open_table(PENDING)?;
        for row in change.open_table(JOBS)?.iter()? {
            let job = parse(row?.1.value())?;
            if job.state == State::Pending {
                pending.insert(job.id, ())?;
            }
        }
        Ok(())
    },
];

/// The version that this program works with.
pub const SCHEMA: u64 = MIGRATIONS.len() as u64;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{0}")]
    Database(Box<redb::Error>),
    #[error("a job cannot be read: {0}")]
    Json(serde_json::Error),
    #[error("its schema has version {0}, and this program knows {SCHEMA}: a later one wrote it")]
    Newer(u64),
    #[error("it has no job {0}")]
    Missing(u64),
}

// `redb` has an error type for each kind of call, and all of them are a `redb::Error`.
impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        StoreError::Database(Box::new(error.into()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Running,
    Success,
    Failed,
}

/// What somebody wants.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The text; if it is not said, the one that the program was started with.
    pub corpus: Option<String>,
    pub steps: u32,
    pub start_temp: f64,
    pub seed: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub id: u64,
    pub order: Order,
    /// The request that brought it: its lines of the log have this id.
    pub request_id: Option<String>,
    pub state: State,
    /// The worker that has it or had it last.
    pub worker_id: Option<String>,
    pub attempt: u32,
    pub error: Option<String>,
    pub result: Option<Annealed>,
}

impl Job {
    /// That of the request that brought it.
    pub fn correlation(&self) -> Option<Correlation> {
        Correlation::from_id(self.request_id.as_deref()?).ok()
    }
}

pub struct Store {
    database: Database,
}

impl Store {
    /// Opens the file, or a database in memory, brings it to our schema, and makes jobs that were interrupted wait again. Says
    /// how many.
    pub fn open(path: Option<&Path>) -> Result<(Self, usize), StoreError> {
        let database = match path {
            Some(path) => Database::create(path)?,
            None => Database::builder().create_with_backend(InMemoryBackend::new())?,
        };
        let store = Store { database };
        store.migrate(&MIGRATIONS)?;
        let interrupted = store.recover()?;
        Ok((store, interrupted))
    }

    fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        self.change(|change| {
            let mut meta = change.open_table(META)?;
            let version = meta.get(VERSION)?.map_or(0, |version| version.value());
            if version > SCHEMA {
                return Err(StoreError::Newer(version));
            }
            for (migrate, to) in migrations.iter().zip(1..).filter(|(_, to)| *to > version) {
                migrate(change)?;
                meta.insert(VERSION, to)?;
                tracing::info!(schema_version = to, "database migrated");
            }
            Ok(())
        })
    }

    fn recover(&self) -> Result<usize, StoreError> {
        self.change(|change| {
            let mut interrupted = Vec::new();
            for row in change.open_table(JOBS)?.iter()? {
                let job = parse(row?.1.value())?;
                interrupted.extend(Some(job).filter(|job| job.state == State::Running));
            }
            for job in &mut interrupted {
                job.state = State::Pending;
                write(change, job)?;
            }
            Ok(interrupted.len())
        })
    }

    /// The version of its schema, read anew: that it can be read is what health asks for.
    pub fn schema(&self) -> Result<u64, StoreError> {
        self.read(|read| Ok(read.open_table(META)?.get(VERSION)?.map_or(0, |version| version.value())))
    }

    /// Takes an order in. Gives the job's number.
    pub fn submit(&self, order: Order, request_id: Option<String>) -> Result<u64, StoreError> {
        self.change(|change| {
            let id = change.open_table(JOBS)?.last()?.map_or(1, |(id, _)| id.value() + 1);
            let state = State::Pending;
            write(
                change,
                &Job { id, order, request_id, state, worker_id: None, attempt: 0, error: None, result: None },
            )?;
            Ok(id)
        })
    }

    /// Gives the oldest job that waits to a worker.
    pub fn take(&self, worker: &str) -> Result<Option<Job>, StoreError> {
        self.change(|change| {
            let first = change.open_table(PENDING)?.first()?.map(|(id, _)| id.value());
            let Some(id) = first else { return Ok(None) };
            let mut job = job(change, id)?;
            (job.state, job.worker_id) = (State::Running, Some(worker.to_owned()));
            write(change, &job)?;
            Ok(Some(job))
        })
    }

    /// One more attempt begins: it is known before it does, so one that ends the program counts as well.
    pub fn attempt(&self, id: u64) -> Result<u32, StoreError> {
        self.change(|change| {
            let mut job = job(change, id)?;
            job.attempt += 1;
            write(change, &job)?;
            Ok(job.attempt)
        })
    }

    /// It is done: a result, or why there is none.
    pub fn finish(&self, id: u64, ended: Result<Annealed, String>) -> Result<(), StoreError> {
        self.change(|change| {
            let mut job = job(change, id)?;
            (job.state, job.result, job.error) = match ended {
                Ok(result) => (State::Success, Some(result), None),
                Err(error) => (State::Failed, None, Some(error)),
            };
            write(change, &job)
        })
    }

    pub fn get(&self, id: u64) -> Result<Option<Job>, StoreError> {
        self.read(|read| {
            let text = read.open_table(JOBS)?.get(id)?;
            text.map(|text| parse(text.value())).transpose()
        })
    }

    /// All of a change, or nothing of it. The file is waited for, so the runtime is told that this thread is busy.
    fn change<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        tokio::task::block_in_place(|| {
            let change = self.database.begin_write()?;
            let done = work(&change)?;
            change.commit()?;
            Ok(done)
        })
    }

    fn read<T>(&self, work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        tokio::task::block_in_place(|| work(&self.database.begin_read()?))
    }
}

fn job(change: &WriteTransaction, id: u64) -> Result<Job, StoreError> {
    let jobs = change.open_table(JOBS)?;
    let text = jobs.get(id)?.ok_or(StoreError::Missing(id))?;
    parse(text.value())
}

fn parse(text: &str) -> Result<Job, StoreError> {
    serde_json::from_str(text).map_err(StoreError::Json)
}

fn write(change: &WriteTransaction, job: &Job) -> Result<(), StoreError> {
    let text = serde_json::to_string(job).map_err(StoreError::Json)?;
    change.open_table(JOBS)?.insert(job.id, &*text)?;
    let mut pending = change.open_table(PENDING)?;
    if job.state == State::Pending {
        pending.insert(job.id, ())?;
    } else {
        pending.remove(job.id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(seed: u64) -> Order {
        Order { corpus: None, steps: 10, start_temp: 0.1, seed }
    }

    #[test]
    fn a_database_of_the_first_version_is_migrated_with_the_jobs_that_wait_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyforge.redb");
        let old = Store { database: Database::create(&file).unwrap() };
        old.migrate(&MIGRATIONS[..1]).unwrap();
        let job = |id, state| {
            format!(
                r#"{{"id": {id}, "order": {{"steps": 1, "start_temp": 1.0, "seed": 3}}, "state": "{state}", "attempt": 0}}"#
            )
        };
        let jobs = [(1, job(1, "success")), (2, job(2, "pending")), (3, job(3, "running"))];
        old.change(|change| {
            let mut table = change.open_table(JOBS)?;
            for (id, text) in &jobs {
                table.insert(*id, &**text)?;
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(old.schema().unwrap(), 1);
        drop(old);

        let (store, interrupted) = Store::open(Some(&file)).unwrap();
        assert_eq!((store.schema().unwrap(), interrupted), (SCHEMA, 1));
        let taken = || store.take("worker-1").unwrap().map(|job| job.id);
        assert_eq!([taken(), taken(), taken()], [Some(2), Some(3), None]);
    }

    #[test]
    fn a_database_of_a_later_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyforge.redb");
        let (store, _) = Store::open(Some(&file)).unwrap();
        store.change(|change| Ok(change.open_table(META)?.insert(VERSION, SCHEMA + 1).map(drop)?)).unwrap();
        drop(store);
        assert!(matches!(Store::open(Some(&file)), Err(StoreError::Newer(3))));
    }

    #[test]
    fn a_job_waits_is_taken_once_and_keeps_what_became_of_it() {
        let (store, _) = Store::open(None).unwrap();
        let ids = [1, 2].map(|seed| store.submit(order(seed), Some("r".into())).unwrap());
        assert_eq!(ids, [1, 2]);
        assert_eq!(store.take("worker-1").unwrap().unwrap().id, 1);
        assert_eq!(store.attempt(1).unwrap(), 1);
        store.finish(1, Err("killed".into())).unwrap();
        let job = store.get(1).unwrap().unwrap();
        assert_eq!((job.state, job.attempt, job.error.as_deref()), (State::Failed, 1, Some("killed")));
        assert_eq!(store.take("worker-2").unwrap().unwrap().worker_id.as_deref(), Some("worker-2"));
        assert!(store.take("worker-2").unwrap().is_none() && store.get(3).unwrap().is_none());
    }
}
