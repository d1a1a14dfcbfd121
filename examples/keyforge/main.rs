//! KeyForge looks for a keyboard layout that suits a text, by simulated annealing: jobs come by HTTP, wait in a database, and are
//! worked on by a hive of workers.
//!
//! `cargo run --example keyforge -- [--once] [--listen 127.0.0.1:8080] [--data FILE] [--corpus FILE] [--workers 2]
//! [--retry-wait SECONDS]`, and then see README.md beside this file.
//!
//! Its rooms: [`corpus`] counts a text, [`layout`] scores a layout, [`anneal`] looks for a better one; [`store`] keeps jobs,
//! [`jobs`] works on them, [`api`] answers; [`metrics`] has what is counted besides calls.

mod anneal;
mod api;
mod corpus;
mod jobs;
mod layout;
mod metrics;
mod store;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tallied_service::logs::{Format, Logging};
use tallied_service::{Correlate as _, serve_until, terminated};
use tokio::sync::watch;

use jobs::{Hive, work};
use store::Order;

/// So long after a database that could not be connected the next try is made.
const RECONNECT: Duration = Duration::from_secs(1);

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "keyforge: {wrong}");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    once: bool,
    listen: String,
    /// The database; in memory if there is none.
    data: Option<PathBuf>,
    /// The text for jobs that bring none; our own prose if there is none.
    corpus: Option<PathBuf>,
    workers: usize,
    retry_wait: Duration,
}

/// What comes after the program's name.
fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut given = pico_args::Arguments::from_env();
    let seconds = |text: &str| Duration::try_from_secs_f64(text.parse()?).map_err(Box::<dyn Error>::from);
    let arguments = Arguments {
        once: given.contains("--once"),
        listen: given.opt_value_from_str("--listen")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
        data: given.opt_value_from_str("--data")?,
        corpus: given.opt_value_from_str("--corpus")?,
        workers: given.opt_value_from_str("--workers")?.unwrap_or(2),
        retry_wait: given.opt_value_from_fn("--retry-wait", seconds)?.unwrap_or(Duration::from_millis(500)),
    };
    match given.finish().first() {
        Some(unknown) => Err(format!("unknown argument `{}`", unknown.to_string_lossy()).into()),
        None => Ok(arguments),
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let logs = Logging::new().format(Format::Json).init()?;
    tallied::init()?;
    let read_corpus = match arguments.corpus.clone() {
        None => Box::new(|| Ok(corpus::PROSE.to_owned())) as Box<jobs::ReadCorpus>,
        Some(file) => Box::new(move || std::fs::read_to_string(&file)),
    };
    let hive = Hive::new(read_corpus, arguments.retry_wait);
    if arguments.once {
        once(&hive, arguments.data.as_deref()).await?;
    } else {
        serve(hive, arguments).await?;
    }
    logs.shut_down();
    Ok(())
}

/// Two jobs, one after the other, and what was counted.
async fn once(hive: &Arc<Hive>, data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    hive.connect(data).map_err(|why| format!("the database cannot be opened: {why}"))?;
    let store = hive.store().ok_or("the database is not connected")?;
    for seed in [1, 2] {
        store.submit(Order { corpus: None, steps: 10_000, start_temp: 0.1, seed }, None)?;
    }
    while let Some(job) = store.take("worker-1")? {
        // In the name of the request that brought it: the database may have had some.
        let correlation = job.correlation();
        hive.run(store, "worker-1", job).correlated_by(correlation).await;
    }
    write!(std::io::stdout(), "{}", tallied::gather_metrics())?;
    Ok(())
}

/// Answers and works until it is asked to end.
async fn serve(hive: Arc<Hive>, arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let health = api::health(&hive);
    let listener = tokio::net::TcpListener::bind(&arguments.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    // It is alive before it is ready: the database may belong to a program that is about to end.
    let connecting = tokio::spawn(connect(hive.clone(), arguments.data));
    let (ending, ended) = watch::channel(false);
    let workers: Vec<_> = (1..=arguments.workers)
        .map(|number| tokio::spawn(work(hive.clone(), format!("worker-{number}"), ended.clone())))
        .collect();

    let router = api::router(hive, health.clone());
    let end = async move {
        terminated().await;
        tracing::info!("shutting down");
        health.drain(Duration::ZERO).await;
    };
    let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
    served.unwrap_or(Ok(()))?;
    connecting.abort();
    let _ = ending.send(true);
    for worker in workers {
        worker.await?;
    }
    tracing::info!("ended");
    Ok(())
}

async fn connect(hive: Arc<Hive>, path: Option<PathBuf>) {
    while let Err(error) = hive.connect(path.as_deref()) {
        tracing::error!(%error, retry_in_ms = RECONNECT.as_millis(), "database connection failed");
        tokio::time::sleep(RECONNECT).await;
    }
    hive.wake();
}
