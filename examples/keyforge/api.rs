//! What is answered: jobs, workers, health and metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tallied_service::Correlation;
use tallied_service::health::{Check, Finding, Health};
use tallied_service::http::Endpoints;
use tallied_service::requests::RequestLayer;
use tracing::error_span;

use crate::jobs::Hive;
use crate::store::{Order, SCHEMA, StoreError};

/// The most steps of a job: the program's end waits for the jobs that run.
const MOST_STEPS: u32 = 5_000_000;

/// All paths.
pub fn router(hive: Arc<Hive>, health: Health) -> Router {
    // The requests of the document have a span and no metrics.
    let requests = RequestLayer::new(()).user_id(user).span(|_, request| {
        error_span!(
            "http_request",
            method = request.method(),
            path = request.path(),
            request_id = request.request_id(),
            user_id = request.user_id(),
        )
    });
    let api = Router::new()
        .route("/jobs", post(submit))
        .route("/jobs/{id}", get(show).delete(kill))
        .route("/workers", get(workers))
        .route("/workers/{id}/heartbeat", post(heartbeat))
        .with_state(hive)
        .layer(requests);
    // Scrapes and probes have no layer; what is nowhere has.
    Endpoints::new().health(health).name("keyforge").router().merge(api)
}

/// Ready when the database answers and has the schema of this program.
pub fn health(hive: &Arc<Hive>) -> Health {
    // What was found is not kept: a probe of the database costs a read in memory.
    let check = |name, find: fn(Option<Result<u64, StoreError>>) -> Finding| {
        let hive = hive.clone();
        Check::new(name, move || {
            let finding = find(hive.store().map(|store| store.schema()));
            async move { finding }
        })
        .keep(Duration::ZERO)
    };
    let database = check("database", |schema| match schema {
        Some(Ok(_)) => Finding::healthy(),
        Some(Err(error)) => Finding::unhealthy(error.to_string()),
        None => Finding::unhealthy("not connected"),
    });
    let migrations = check("migrations", |schema| match schema {
        Some(Ok(schema)) if schema == SCHEMA => Finding::healthy().figure("schema_version", schema),
        Some(Ok(schema)) => Finding::unhealthy("not applied").figure("schema_version", schema),
        _ => Finding::unhealthy("not known"),
    });
    Health::builder().version(env!("CARGO_PKG_VERSION")).check(database).check(migrations).build()
}

/// Why a request is not done as it was asked for.
enum Refused {
    Order(String),
    NoJob(u64),
    NotRunning(u64),
    NotConnected,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Refused::Order(why) => (StatusCode::BAD_REQUEST, why),
            Refused::NoJob(id) => (StatusCode::NOT_FOUND, format!("there is no job {id}")),
            Refused::NotRunning(id) => (StatusCode::CONFLICT, format!("job {id} does not run")),
            Refused::NotConnected => (StatusCode::SERVICE_UNAVAILABLE, "the database is not connected".to_owned()),
            Refused::Store(error) => {
                tracing::error!(%error, "the database failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "the database failed".to_owned())
            }
        };
        (status, Json(json!({"error": error}))).into_response()
    }
}

/// Who asks: the proxy before us has found that out, and says it in a header.
fn user(request: &Parts) -> Option<String> {
    request.headers.get("x-user-id")?.to_str().ok().map(str::to_owned)
}

/// The body is JSON whatever its content type says: `curl -d` says that it is a form.
async fn submit(State(hive): State<Arc<Hive>>, body: String) -> Result<Response, Refused> {
    let order: Order = serde_json::from_str(&body).map_err(|why| Refused::Order(why.to_string()))?;
    if !(1..=MOST_STEPS).contains(&order.steps) {
        return Err(Refused::Order(format!("`steps` is {}: expected 1 to {MOST_STEPS}", order.steps)));
    }
    if !(order.start_temp > 0.0 && order.start_temp.is_finite()) {
        return Err(Refused::Order(format!("`start_temp` is {}: expected more than 0", order.start_temp)));
    }
    let store = hive.store().ok_or(Refused::NotConnected)?;
    let request_id = Correlation::current().map(|correlation| correlation.id().to_owned());
    let id = store.submit(order, request_id.clone())?;
    tracing::info!(job_id = id, "job submitted");
    hive.wake();
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id, "request_id": request_id}))).into_response())
}

async fn show(State(hive): State<Arc<Hive>>, Path(id): Path<u64>) -> Result<Response, Refused> {
    let job = hive.store().ok_or(Refused::NotConnected)?.get(id)?.ok_or(Refused::NoJob(id))?;
    Ok(Json(job).into_response())
}

async fn kill(State(hive): State<Arc<Hive>>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if hive.kill(id) { Ok(StatusCode::ACCEPTED) } else { Err(Refused::NotRunning(id)) }
}

async fn workers(State(hive): State<Arc<Hive>>) -> Response {
    let workers = hive.workers(|(worker, seen)| {
        json!({"id": worker, "heartbeats": seen.heartbeats, "seen_seconds_ago": seen.at.elapsed().as_secs()})
    });
    Json(workers).into_response()
}

/// An agent that is connected says that it is alive.
async fn heartbeat(State(hive): State<Arc<Hive>>, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    if id.len() > 64 || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(Refused::Order("a worker's id is at most 64 letters, digits and `-_.`".to_owned()));
    }
    hive.heartbeat(&id);
    tracing::debug!(worker_id = id, "heartbeat");
    Ok(StatusCode::NO_CONTENT)
}
