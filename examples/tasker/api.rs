//! What is answered to those who have orders, and to those who operate the service.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State as Extracted};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tallied::Snapshot;
use tallied_service::health::{Check, Finding, Health, HealthBuilder, Threshold};
use tallied_service::requests::{AccessLog, RequestHandle, RequestLayer};
use tracing::field::Empty;

use crate::Tasker;
use crate::metrics::Api;
use crate::orchestration::Orchestrator;
use crate::stock::article;
use crate::store::{CONNECTIONS, StoreError};
use crate::task::TaskError;

type App = Extracted<Arc<Orchestrator>>;

pub fn router(orchestrator: Arc<Orchestrator>) -> Router {
    // With the task that a request creates: whoever looks for that finds the request.
    let requests = RequestLayer::new(Api).access_log(AccessLog::Fields).exemplars().span(|_, request| {
        tracing::info_span!(
            "api_request",
            method = request.method(),
            path = request.path(),
            route = request.route(),
            namespace = Empty,
            task_uuid = Empty,
            status = Empty,
            outcome = Empty
        )
    });
    Router::new()
        .route("/v1/tasks", post(create))
        .route("/v1/tasks/{uuid}", get(show))
        .route("/v1/stock", post(deliver))
        .with_state(orchestrator)
        // An order is stored whole with each of its steps.
        .layer(DefaultBodyLimit::max(64 << 10))
        .layer(requests)
}

/// What is answered when something is not as it should be.
type Refusal = (StatusCode, Json<Value>);

fn refusal(status: StatusCode, error: &str) -> Refusal {
    (status, Json(json!({"error": error})))
}

fn broken(error: impl std::error::Error) -> Refusal {
    tracing::error!(%error, "a request could not be answered");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "it could not be done; the log says more")
}

/// A task that somebody wants done.
#[derive(Deserialize)]
pub struct NewTask {
    pub namespace: String,
    pub name: String,
    pub input: Value,
}

async fn create(
    Extracted(app): App,
    Extension(request): Extension<RequestHandle>,
    Json(new): Json<NewTask>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    request.span().record("namespace", &new.namespace);
    let task = app.create_task(&new.namespace, new.name, new.input).map_err(|error| match error {
        TaskError::UnknownWorkflow(_) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
        error => broken(error),
    })?;
    request.span().record("task_uuid", &*task.uuid);
    let created = json!({"task_uuid": task.uuid, "correlation_id": task.correlation_id});
    Ok((StatusCode::CREATED, Json(created)))
}

async fn show(Extracted(app): App, Path(uuid): Path<String>) -> Result<Json<Value>, Refusal> {
    let task = app.store.load_task(&uuid).await.map_err(broken)?;
    let task = task.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "there is no such task"))?;
    let progress = app.store.load_progress(&uuid).await.map_err(broken)?;
    // Its input is nobody's business.
    Ok(Json(json!({
        "task_uuid": task.uuid,
        "correlation_id": task.correlation_id,
        "namespace": task.namespace,
        "name": task.name,
        "state": progress.stage.state,
        "steps": progress.steps,
        "transitions": progress.transitions,
        "events": progress.events,
        "result": progress.result,
    })))
}

#[derive(Deserialize)]
struct Delivery {
    article: String,
    quantity: u64,
}

async fn deliver(Extracted(app): App, Json(delivery): Json<Delivery>) -> Result<Json<Value>, Refusal> {
    let article = article(&delivery.article).map(|article| article.name);
    let article = article.ok_or_else(|| refusal(StatusCode::UNPROCESSABLE_ENTITY, "there is no such article"))?;
    let free = app.store.stock.add(article, delivery.quantity);
    tracing::info!(article, quantity = delivery.quantity, "delivered");
    Ok(Json(json!({"article": article, "free": free})))
}

/// How the service is, as `/health` tells it.
#[allow(clippy::cast_precision_loss)] // there are a few connections
pub fn health(tasker: &Tasker) -> Health {
    let store = tasker.orchestrator.store.clone();
    let database = Check::new("database", move || {
        let store = store.clone();
        async move {
            store.ping().await?;
            let idle = store.idle();
            let found = Finding::healthy().figure("connections_active", CONNECTIONS - idle);
            Ok::<_, StoreError>(found.figure("connections_idle", idle).figure("connections_max", CONNECTIONS))
        }
    })
    // The alert of the pool: nine tenths of it.
    .threshold("connections_active", Threshold::above(0.9 * CONNECTIONS as f64, None));

    let orchestrator = tasker.orchestrator.clone();
    let message_queue = Check::new("message_queue", move || {
        let Orchestrator { steps, results, events, .. } = &*orchestrator;
        let monitored = [steps.is_open(), results.is_open(), events.is_open()].into_iter().filter(|open| *open).count();
        async move { Finding::healthy().figure("queues_monitored", monitored) }
    })
    .threshold("queues_monitored", Threshold::below(None, 3.0));

    let breakers = tasker.breakers.clone();
    let circuit_breakers = Check::new("circuit_breakers", move || {
        let open = breakers.open();
        async move { Finding::healthy().figure("open_breakers", open) }
    })
    .threshold("open_breakers", Threshold::above(0.0, None));

    // By what they are, and not by their gauge: health does not depend on metrics.
    let all: Vec<_> = tasker.workers.iter().map(tokio::task::JoinHandle::abort_handle).collect();
    let workers = Check::new("workers", move || {
        let active = all.iter().filter(|worker| !worker.is_finished()).count();
        async move { Finding::healthy().figure("workers_active", active) }
    })
    .threshold("workers_active", Threshold::below(None, 1.0));

    let resources = Check::new("resources", || async {
        let now = Snapshot::take();
        let found = Finding::healthy().figure("memory_bytes", now.value("process_resident_memory_bytes", &[]));
        found.figure("open_files", now.value("process_open_fds", &[]))
    })
    .optional();

    // What is asked is found anew: whoever looks sees a breaker as it is.
    let checks =
        [database, message_queue, circuit_breakers, workers, resources].map(|check| check.keep(Duration::ZERO));
    let builder = Health::builder().version(env!("CARGO_PKG_VERSION"));
    checks.into_iter().fold(builder, HealthBuilder::check).build()
}
