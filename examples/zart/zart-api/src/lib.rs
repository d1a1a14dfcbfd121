//! The queue over HTTP, with what an orchestrator and a Prometheus server ask for.
//!
//! | path | |
//! |---|---|
//! | `POST /tasks/{name}` | puts a task in, with the JSON of the body; `{"id": 1}` |
//! | `GET /tasks/{id}`, `DELETE /tasks/{id}` | shows it, ends it |
//! | `POST /tasks/{id}/events/{name}` | brings it an event; 404 where there is no such task, or it has ended |
//! | `GET /metrics` | the exposition, of an empty registry without the feature `metrics` |
//! | `GET /healthz`, `GET /readyz`, `GET /health` | whether it lives, is ready, and why not |

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tallied_service::health::{Check, Finding, Health};
use tallied_service::http::Endpoints;
use tallied_service::{serve_until, terminated};
use tokio::net::TcpListener;
use zart::{Delivery, Error, Scheduler, TaskId, Worker};

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

/// Serves a queue.
#[derive(Debug)]
pub struct ApiServer {
    scheduler: Scheduler,
    worker: Arc<Worker>,
    more: Router,
}

#[derive(Clone)]
struct Api {
    scheduler: Scheduler,
    worker: Arc<Worker>,
}

impl ApiServer {
    /// Of this queue. It is ready when the database answers and the worker runs.
    #[must_use]
    pub fn new(scheduler: Scheduler, worker: Arc<Worker>) -> Self {
        ApiServer { scheduler, worker, more: Router::new() }
    }

    /// With routes of one's own.
    #[must_use]
    pub fn merge(mut self, more: Router) -> Self {
        self.more = self.more.merge(more);
        self
    }

    /// Serves at an address until the process is asked to end.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    pub async fn run(self, address: &str) -> std::io::Result<()> {
        let health = health(&self.scheduler, &self.worker);
        let api = Api { scheduler: self.scheduler, worker: self.worker };
        let tasks = Router::new()
            .route("/tasks/{task}", post(schedule).get(show).delete(cancel))
            .route("/tasks/{task}/events/{name}", post(deliver))
            .with_state(api);
        let endpoints = Endpoints::new().name("zart").health(health.clone());
        let router = endpoints.router().merge(tasks).merge(self.more);
        #[cfg(feature = "metrics")]
        tallied_service::process::expose();
        let listener = TcpListener::bind(address).await?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let end = async move {
            terminated().await;
            tracing::info!("shutting down");
            health.drain(Duration::from_millis(200)).await;
        };
        let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
        served.unwrap_or(Ok(()))
    }
}

fn health(scheduler: &Scheduler, worker: &Arc<Worker>) -> Health {
    let (scheduler, worker) = (scheduler.clone(), worker.clone());
    let database = move || {
        let scheduler = scheduler.clone();
        async move { scheduler.ping().await.map(|queued| Finding::healthy().figure("queued", queued)) }
    };
    Health::builder()
        .version(env!("CARGO_PKG_VERSION"))
        .check(Check::new("database", database).latency())
        .check(Check::new("worker", move || std::future::ready(worker.is_healthy())))
        .build()
}

async fn schedule(State(api): State<Api>, Path(name): Path<String>, input: Json<Value>) -> Result<Response, Wrong> {
    if !api.worker.registry().has(&name) {
        return Err(Wrong(Error::UnknownTask(name)));
    }
    let id = api.scheduler.schedule(&name, input.0).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn show(State(api): State<Api>, Path(id): Path<TaskId>) -> Result<Response, Wrong> {
    let task = api.scheduler.task(id).await?;
    Ok(Json(task).into_response())
}

async fn cancel(State(api): State<Api>, Path(id): Path<TaskId>) -> Result<Response, Wrong> {
    if api.scheduler.cancel(id).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok((StatusCode::CONFLICT, Json(json!({ "error": format!("task {id} has ended") }))).into_response())
}

async fn deliver(
    State(api): State<Api>,
    Path((id, name)): Path<(TaskId, String)>,
    payload: Json<Value>,
) -> Result<StatusCode, Wrong> {
    match api.scheduler.deliver(&name, id, payload.0).await? {
        Delivery::NotFound => Err(Wrong(Error::NoTask(id))),
        _ => Ok(StatusCode::ACCEPTED),
    }
}

struct Wrong(Error);

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Wrong(error)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let status = match self.0 {
            Error::UnknownTask(_) | Error::NoTask(_) => StatusCode::NOT_FOUND,
            _ => {
                tracing::error!(error = %self.0, "request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}
