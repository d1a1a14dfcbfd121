//! What is asked of the program from outside: kernels by `POST /kernels/{domain}/{name}`, and its health.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tallied_service::TraceContext;
use tallied_service::health::{Check, Finding, HealthBuilder, Threshold};
use tallied_service::requests::Incoming;
use tracing::{Span, error_span, field};

use crate::breaker::State as Breaker;
use crate::kernel::Failure;
use crate::runtime::{Context, KernelHandle, Runtime};

pub fn router(runtime: Arc<Runtime>) -> Router {
    Router::new().route("/kernels/{domain}/{name}", post(run)).with_state(runtime)
}

/// The span of a request. All that runs for it is within, so its lines have the tenant.
pub fn span(request: &Parts, incoming: &Incoming<'_>) -> Span {
    // Of the highest level, so that it is there whatever is told.
    error_span!(
        "http_request",
        method = incoming.method(),
        path = incoming.path(),
        request_id = incoming.request_id(),
        tenant_id = request.headers.get("x-tenant-id").and_then(tenant),
        status = field::Empty,
        outcome = field::Empty,
    )
}

/// Anybody can make one up: what is long is none.
fn tenant(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().filter(|tenant| tenant.len() <= 64)
}

async fn run(
    State(runtime): State<Arc<Runtime>>,
    Path((domain, name)): Path<(String, String)>,
    Json(input): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let Some(kernel) = runtime.kernel(&format!("{domain}/{name}")) else {
        return (StatusCode::NOT_FOUND, Json(json!({"error": "there is no such kernel"})));
    };
    // The layer of requests has made it.
    let context = Context::current();
    let trace_id = context.correlation.trace().map(TraceContext::trace_id);
    match kernel.execute_with_context(&context, input).await {
        Ok(output) => (StatusCode::OK, Json(json!({"kernel_id": kernel.id, "trace_id": trace_id, "output": output}))),
        Err(failure) => {
            let error = failure.to_string();
            (status(&failure), Json(json!({"kernel_id": kernel.id, "trace_id": trace_id, "error": error})))
        }
    }
}

fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Failure::OutOfMemory(_) | Failure::Busy(_) | Failure::Rejected(_) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::NotConverged { .. } | Failure::Stopped(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The checks: a pool that is full is nothing that more requests mend, so it decides about readiness; a breaker that is open
/// is the matter of one kernel.
pub fn checks(health: HealthBuilder, runtime: &Arc<Runtime>) -> HealthBuilder {
    let check = |name, find: fn(&Runtime) -> Finding| {
        let runtime = runtime.clone();
        Check::new(name, move || std::future::ready(find(&runtime)))
    };
    let memory = check("memory", |Runtime { memory, .. }| {
        Finding::healthy().figure("host_used", memory.host.share()).figure("device_used", memory.device.share())
    });
    let limit = Threshold::above(0.8, 0.95);
    let breakers = check("circuit_breakers", |runtime| {
        let is_open = |kernel: &&KernelHandle| kernel.breaker.state(Instant::now()) == Breaker::Open;
        let open: Vec<_> = runtime.kernels().filter(is_open).map(|kernel| kernel.id).collect();
        if open.is_empty() { Finding::healthy() } else { Finding::degraded(format!("open: {}", open.join(", "))) }
    });
    health.check(memory.threshold("host_used", limit).threshold("device_used", limit)).check(breakers.optional())
}
