//! The API: tasks are created and looked at, stock is delivered, the turnover is told.

use std::sync::Arc;

use axum::extract::{Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tallied_service::requests::{AccessLog, RequestLayer};

use crate::events::{Ledger, Turnover};
use crate::metrics::Api;
use crate::orchestration::{OrchestrationError, Orchestrator};
use crate::store::{Store, StoreError};
use crate::task::Step;
use crate::workflow::article;

#[derive(Clone)]
pub struct App {
    pub orchestrator: Arc<Orchestrator>,
    pub store: Arc<Store>,
    pub ledger: Arc<Ledger>,
}

pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/tasks", post(create))
        .route("/v1/tasks/{uuid}", get(show))
        .route("/v1/stock", post(deliver))
        .route("/v1/turnover", get(turnover))
        .with_state(app)
        .layer(RequestLayer::new(Api).access_log(AccessLog::Fields).exemplars())
}

/// What is answered when something is not as it should be.
enum Refusal {
    NotFound,
    Unprocessable(String),
    Broken(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Refusal::NotFound => (StatusCode::NOT_FOUND, "there is no such task".to_owned()),
            Refusal::Unprocessable(error) => (StatusCode::UNPROCESSABLE_ENTITY, error),
            Refusal::Broken(error) => {
                tracing::error!(error, "a request could not be answered");
                (StatusCode::INTERNAL_SERVER_ERROR, "it could not be done; the log says more".to_owned())
            }
        };
        (status, Json(json!({"error": error}))).into_response()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Broken(error.to_string())
    }
}

/// A task that somebody wants done.
#[derive(Deserialize)]
pub struct NewTask {
    pub namespace: String,
    pub name: String,
    pub input: Value,
}

async fn create(Extracted(app): Extracted<App>, Json(new): Json<NewTask>) -> Result<Response, Refusal> {
    let NewTask { namespace, name, input } = new;
    let task = app.orchestrator.create_task(namespace, name, input).map_err(|error| match error {
        OrchestrationError::UnknownWorkflow(_) => Refusal::Unprocessable(error.to_string()),
        _ => Refusal::Broken(error.to_string()),
    })?;
    let created = json!({"task_uuid": task.uuid, "correlation_id": task.correlation_id});
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

async fn show(Extracted(app): Extracted<App>, Path(uuid): Path<String>) -> Result<Json<Value>, Refusal> {
    let task = app.store.load_task(&uuid).await?.ok_or(Refusal::NotFound)?;
    let progress = app.store.load_progress(&uuid).await?;
    let steps = app.store.load_steps(&uuid).await?;
    let step = |step: &Step| {
        json!({
            "step_uuid": step.uuid,
            "step_name": step.handler,
            "state": step.state,
            "attempts": step.attempts,
            "error": step.error,
        })
    };
    // Its input is nobody's business.
    Ok(Json(json!({
        "task_uuid": task.uuid,
        "correlation_id": task.correlation_id,
        "namespace": task.namespace,
        "name": task.name,
        "state": progress.state,
        "steps": steps.iter().map(step).collect::<Vec<_>>(),
        "transitions": app.store.load_transitions(&uuid).await?,
        "events": app.store.load_events(&uuid).await?,
        "result": progress.result,
    })))
}

#[derive(Deserialize)]
struct Delivery {
    article: String,
    quantity: u64,
}

async fn deliver(Extracted(app): Extracted<App>, Json(delivery): Json<Delivery>) -> Result<Response, Refusal> {
    let Some(article) = article(&delivery.article) else {
        return Err(Refusal::Unprocessable("there is no such article".to_owned()));
    };
    let stock = app.store.add_stock(article.name, delivery.quantity)?;
    let stock = stock.ok_or_else(|| Refusal::Unprocessable("that is more than can be counted".to_owned()))?;
    tracing::info!(article = article.name, quantity = delivery.quantity, "delivered");
    Ok(Json(stock).into_response())
}

async fn turnover(Extracted(app): Extracted<App>) -> Json<Turnover> {
    Json(app.ledger.turnover())
}
