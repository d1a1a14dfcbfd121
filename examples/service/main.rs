//! A small search service with everything that a service needs round its work: logs, correlation, request metrics, health,
//! endpoints and configuration.
//!
//! `cargo run --example service -- [--listen 127.0.0.1:8080] [--config FILE] [--drain SECONDS]`, and then
//!
//! ```sh
//! curl -d 'the quick brown fox' http://127.0.0.1:8080/documents
//! curl 'http://127.0.0.1:8080/search?q=fox'
//! curl http://127.0.0.1:8080/health
//! curl http://127.0.0.1:8080/metrics
//! curl 'http://127.0.0.1:8080/metrics?format=json'
//! ```
//!
//! A document is taken in by a worker behind a queue: its lines of the log have the correlation id of the request that
//! brought it. The program ends when it is asked to (`SIGTERM`, Ctrl-C): first it is not ready any more, then the queue is
//! worked off, and every line of the log is written.

mod index;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tallied::{Gauge, Metrics, Snapshot, observed};
use tallied_service::config::Config;
use tallied_service::health::{Check, Finding, Health};
use tallied_service::http::{Endpoints, Exposition};
use tallied_service::requests::RequestLayer;
use tallied_service::{Correlation, serve_until, terminated};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use index::{Hit, Index};

tallied_service::request_metrics! {
    /// Requests, as `search_requests_total` and the like.
    pub struct Http { prefix: "search", labels: { app: 8 }, routes: 16, duration: summary_ms }
}

/// What waits.
#[derive(Metrics)]
#[metrics(prefix = "search")]
struct Waiting {
    /// Documents that wait to be taken in.
    queue_depth: Gauge<(), i64>,
}

static WAITING: Waiting = Waiting::new();

/// How many documents may wait.
const QUEUE: usize = 2000;

/// A document on its way, with the request that brought it.
struct Document {
    id: u64,
    collection: String,
    text: String,
    correlation: Option<Correlation>,
}

#[derive(Clone)]
struct App {
    index: Arc<Index>,
    queue: Sender<Document>,
    next: Arc<AtomicU64>,
}

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "service: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { listen, file, drain } = arguments()?;
    let config = match file {
        Some(file) => Config::new().merge_file(file)?,
        None => Config::new().merge_toml(include_str!("service.toml"), "service.toml")?,
    };
    let config = config.merge_env("SERVICE")?;
    let logs = config.logging().init()?;
    tallied::init_with(&config.metrics())?;
    #[cfg(feature = "metrics")]
    config.expose_runtime();

    let (queue, documents) = channel(QUEUE);
    let app = App { index: Arc::default(), queue, next: Arc::new(AtomicU64::new(1)) };
    let worker = tokio::spawn(work(app.index.clone(), documents));

    let health = health(&config, &app)?;
    let endpoints =
        Endpoints::new().health(health.clone()).name("search").metrics_at("/metrics", Exposition::new().json(view));
    let layer = RequestLayer::new(Http).exemplars().label("app", |request| collection(&request.headers));
    let search = Router::new()
        .route("/documents", post(bring))
        .route("/documents/{id}", get(read))
        .route("/search", get(search))
        .with_state(app)
        .layer(config.requests(layer));
    // Probes and scrapes are not what it is asked for: they have no layer. Merged in this order, unknown paths have.
    let router = config.endpoints(endpoints)?.router().merge(search);

    let listener = tokio::net::TcpListener::bind(&listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let asked = health.clone();
    let end = async move {
        terminated().await;
        tracing::info!("shutting down");
        // Whoever sends requests is to see that it is not ready, before it takes no more.
        asked.drain(drain).await;
    };
    let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
    served.unwrap_or(Ok(()))?;
    // With the router the queue's only sender is gone.
    worker.await?;
    tracing::info!("the queue is empty");
    logs.shut_down();
    Ok(())
}

struct Arguments {
    listen: String,
    file: Option<PathBuf>,
    /// So long it is not ready and still answers, when it is asked to end.
    drain: Duration,
}

/// What comes after the program's name.
fn arguments() -> Result<Arguments, String> {
    let mut given = Arguments { listen: "127.0.0.1:8080".to_owned(), file: None, drain: Duration::from_secs(1) };
    let mut rest = std::env::args().skip(1);
    while let Some(word) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--listen" => given.listen = value,
            "--config" => given.file = Some(PathBuf::from(value)),
            "--drain" => {
                let seconds: Option<f64> = value.parse().ok();
                let drain = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                given.drain = drain.ok_or_else(|| format!("`--drain` is {value}: expected seconds"))?;
            }
            _ => {
                return Err(format!(
                    "unknown argument `{word}`; there are `--listen ADDRESS`, `--config FILE` and `--drain SECONDS`"
                ));
            }
        }
    }
    Ok(given)
}

fn health(config: &Config, app: &App) -> Result<Health, Box<dyn Error>> {
    // A check does not keep the queue open.
    let (queue, index) = (app.queue.downgrade(), app.index.clone());
    let queue = Check::new("queue", move || {
        let waiting = queue.upgrade().map(|queue| QUEUE - queue.capacity());
        async move { waiting.map(|waiting| Finding::healthy().figure("waiting", waiting)).ok_or("it is closed") }
    });
    let index = Check::new("index", move || {
        let (documents, words) = index.len();
        async move { Finding::healthy().figure("documents", documents).figure("words", words) }
    });
    let builder = Health::builder().version(env!("CARGO_PKG_VERSION")).check(queue).check(index.optional());
    Ok(config.health(builder)?.build())
}

/// What `/metrics?format=json` shows.
fn view(now: &Snapshot, before: Option<&Snapshot>) -> Value {
    let apps = now.label_values("search_requests_total", "app").into_iter().map(|app| {
        let of = [("app", app)];
        let total = now.count("search_requests_total", &of);
        let rps = before.and_then(|before| now.rate(before, "search_requests_total", &of));
        let mean_ms = now.mean("search_request_duration_ms", &of);
        (app.to_owned(), json!({"requests": {"total": total, "rps": rps}, "mean_ms": mean_ms}))
    });
    let apps: serde_json::Map<_, _> = apps.collect();
    json!({
        "apps": apps,
        "index": {"documents": now.count("search_documents", &[]), "words": now.count("search_words", &[])},
        "system": {
            "memory_bytes": now.count("process_resident_memory_bytes", &[]),
            "cpu_percent": before.and_then(|before| now.rate(before, "process_cpu_seconds_total", &[])).map(|share| share * 100.0),
            "open_fds": now.count("process_open_fds", &[]),
        },
    })
}

/// Takes what is in the queue into the index, until nothing can come any more.
async fn work(index: Arc<Index>, mut documents: Receiver<Document>) {
    while let Some(document) = documents.recv().await {
        WAITING.queue_depth.dec();
        // In the name of the request that brought it.
        match document.correlation.clone() {
            Some(correlation) => correlation.scope_sync(|| take_in(&index, document)),
            None => take_in(&index, document),
        }
    }
}

#[observed(task_name, histogram, fields(app = %document.collection, id = document.id))]
fn take_in(index: &Index, document: Document) {
    tracing::debug!(bytes = document.text.len(), "taking in");
    match index.add(document.id, document.text) {
        Ok(words) => tracing::info!(words, "taken in"),
        Err(error) => tracing::warn!(error, "not taken in"),
    }
}

/// A document is brought: it is taken in later.
async fn bring(State(app): State<App>, headers: HeaderMap, text: String) -> (StatusCode, Json<Value>) {
    let correlation = Correlation::current();
    let correlation_id = correlation.as_ref().map(|correlation| correlation.id().to_owned());
    let id = app.next.fetch_add(1, Ordering::Relaxed);
    let document = Document { id, collection: collection(&headers), text, correlation };
    WAITING.queue_depth.inc();
    if app.queue.try_send(document).is_err() {
        WAITING.queue_depth.dec();
        tracing::warn!(id, "the queue is full");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"error": "the queue is full; try again", "correlation_id": correlation_id})),
        );
    }
    (StatusCode::ACCEPTED, Json(json!({"id": id, "correlation_id": correlation_id})))
}

async fn read(State(app): State<App>, Path(id): Path<u64>) -> Result<String, StatusCode> {
    app.index.get(id).ok_or(StatusCode::NOT_FOUND)
}

#[derive(serde::Deserialize)]
struct Question {
    q: String,
}

async fn search(State(app): State<App>, Query(question): Query<Question>) -> Json<Vec<Hit>> {
    Json(app.index.search(&question.q))
}

fn collection(headers: &HeaderMap) -> String {
    headers.get("x-collection").and_then(|name| name.to_str().ok()).unwrap_or("public").to_owned()
}
