//! A durable task queue that publishes documents and counts primes.
//!
//! `cargo run --example zart -- [--once] [--listen 127.0.0.1:8080] [--data FOLDER] [--workers N] [--lease-ms N] [--json]`
//!
//! The library is `zart/`, its HTTP side `zart-api/`; here are the tasks, and the program round them.

mod tasks;

use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pico_args::Arguments;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use zart::logging::{TracingConfig, init_tracing, init_tracing_with_config};
use zart::metrics::gather_metrics;
use zart::{Scheduler, Settings, State as Of, TaskId, Worker};
use zart_api::ApiServer;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "zart: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut given = Arguments::from_env();
    let once = given.contains("--once");
    let json = given.contains("--json");
    let listen: String = option(&mut given, "--listen")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let folder: Option<PathBuf> = option(&mut given, "--data")?;
    let workers: Option<usize> = option(&mut given, "--workers")?;
    let lease_ms: Option<u64> = option(&mut given, "--lease-ms")?;
    if let Some(unknown) = given.finish().first() {
        return Err(format!("unknown argument {}", unknown.to_string_lossy()).into());
    }

    if json {
        init_tracing_with_config(TracingConfig { env_filter: Some("zart=info,warn".to_string()), json_format: true })?;
    } else {
        init_tracing()?;
    }
    zart::metrics::init()?;

    // Without a folder of one's own the queue is gone with the program.
    let temporary = if folder.is_none() { Some(tempfile::tempdir()?) } else { None };
    let folder = folder.or_else(|| temporary.as_ref().map(|temporary| temporary.path().to_owned())).unwrap_or_default();
    let published = folder.join("published");
    std::fs::create_dir_all(&published)?;
    let scheduler = Scheduler::open(folder.join("zart.redb"))?;
    let mut settings = Settings::default();
    settings.concurrency = workers.unwrap_or(settings.concurrency);
    settings.lease = lease_ms.map_or(settings.lease, Duration::from_millis);
    let worker = Worker::new(scheduler.clone(), tasks::registry(published), settings)?;

    let (stop, stopped) = oneshot::channel::<()>();
    let work = tokio::spawn(worker.clone().run(async {
        let _ = stopped.await;
    }));
    if once {
        some_work(&scheduler).await?;
    } else {
        // The path is the user's to choose.
        let probe = Router::new().route("/worker", get(probe)).with_state(worker.clone());
        let served = ApiServer::new(scheduler, worker).merge(probe).run(&listen).await;
        served.map_err(|why| format!("`--listen {listen}`: {why}"))?;
    }
    let _ = stop.send(());
    work.await?;
    if once {
        std::io::stdout().write_all(gather_metrics().as_bytes())?;
    }
    drop(temporary);
    Ok(())
}

/// An argument with a value, whose mistakes are said with its name.
fn option<T: FromStr<Err: Display>>(given: &mut Arguments, name: &'static str) -> Result<Option<T>, String> {
    given.opt_value_from_str(name).map_err(|why| format!("`{name}`: {why}"))
}

async fn probe(State(worker): State<Arc<Worker>>) -> StatusCode {
    if worker.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Tasks of every fate; the documents are the sections of the project's own page.
async fn some_work(scheduler: &Scheduler) -> Result<(), zart::Error> {
    let mut ids = Vec::new();
    // It comes before what it is to come after: it is tried again.
    let early = json!({ "title": "early", "text": "A text.", "after": "section-0" });
    let early = scheduler.schedule("publish", early).await?;
    scheduler.wait(early, |task| task.failures > 0).await?;
    for (n, text) in include_str!("../../README.md").split("\n## ").enumerate() {
        let document = json!({ "title": format!("section-{n}"), "text": text });
        ids.push(scheduler.schedule("publish", document).await?);
    }
    ids.push(scheduler.schedule("publish", json!({ "title": "nothing", "text": " " })).await?);
    ids.push(scheduler.schedule("publish", json!({ "title": "late", "text": "a text", "after": "never" })).await?);
    ids.push(scheduler.schedule("count_primes", json!({ "below": 1_000_000 })).await?);
    let asks = |title| json!({ "title": title, "text": "May I?", "ask": true });
    let (agreed, dropped) = (waiting(scheduler, asks("agreed")).await?, waiting(scheduler, asks("dropped")).await?);
    scheduler.cancel(dropped).await?;
    scheduler.deliver("approved", agreed, json!({ "by": "Ada" })).await?;
    // It has ended.
    scheduler.deliver("approved", dropped, json!({ "by": "Ada" })).await?;
    ids.extend([early, agreed, dropped]);
    for id in ids {
        scheduler.wait(id, |task| task.state.is_end()).await?;
    }
    Ok(())
}

/// A document that waits for its approval.
async fn waiting(scheduler: &Scheduler, document: Value) -> Result<TaskId, zart::Error> {
    let id = scheduler.schedule("publish", document).await?;
    scheduler.wait(id, |task| matches!(task.state, Of::Waiting(_))).await?;
    Ok(id)
}
