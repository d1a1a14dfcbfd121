//! What is asked of the program from outside: kernels by `POST /kernels/{domain}/{name}`, and its health.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tallied_service::Correlation;
use tallied_service::health::{Check, Finding, HealthBuilder, Threshold};

use crate::breaker::State as Breaker;
use crate::kernel::Failure;
use crate::memory::Pool;
use crate::runtime::{Context, Runtime};

pub fn router(runtime: Arc<Runtime>) -> Router {
    Router::new().route("/kernels/{domain}/{name}", post(run)).with_state(runtime)
}

async fn run(
    State(runtime): State<Arc<Runtime>>,
    Path((domain, name)): Path<(String, String)>,
    headers: HeaderMap,
    Json(input): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let Some(kernel) = runtime.kernel(&format!("{domain}/{name}")) else {
        return (StatusCode::NOT_FOUND, Json(json!({"error": "there is no such kernel"})));
    };
    let tenant = headers.get("x-tenant-id").and_then(|tenant| tenant.to_str().ok()).map(str::to_owned);
    // The layer of requests has made it.
    let context = Context::of(tenant, Correlation::current().unwrap_or_else(Correlation::new));
    let trace_id = context.correlation.trace().map(tallied_service::TraceContext::trace_id);
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
        Failure::OutOfMemory(_) | Failure::Rejected(_) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::NotConverged { .. } | Failure::Stopped(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The checks: a pool that is full is nothing that more requests mend, so it decides about readiness; a breaker that is open
/// is the matter of one kernel.
pub fn checks(health: HealthBuilder, runtime: &Arc<Runtime>) -> HealthBuilder {
    let of = runtime.clone();
    let memory = Check::new("memory", move || {
        let found = memory(&of);
        async move { found }
    });
    let memory = memory.threshold("host_used", Threshold::above(0.8, 0.95));
    let memory = memory.threshold("device_used", Threshold::above(0.8, 0.95));
    let of = runtime.clone();
    let breakers = Check::new("circuit_breakers", move || {
        let found = breakers(&of);
        async move { found }
    });
    health.check(memory).check(breakers.optional())
}

fn memory(runtime: &Runtime) -> Finding {
    let figures = |finding: Finding, name: &str, pool: &Pool| {
        let usage = pool.usage();
        let finding = finding.figure(format!("{name}_used"), pool.share());
        finding.figure(format!("{name}_held_bytes"), usage.held).figure(format!("{name}_reused"), usage.reused)
    };
    let finding = figures(Finding::healthy(), "host", &runtime.memory.host);
    figures(finding, "device", &runtime.memory.device)
}

fn breakers(runtime: &Runtime) -> Finding {
    let with = |state| runtime.breakers().filter(move |(_, now)| *now == state).map(|(kernel, _)| kernel);
    let (open, half_open): (Vec<_>, Vec<_>) = (with(Breaker::Open).collect(), with(Breaker::HalfOpen).collect());
    let finding =
        if open.is_empty() { Finding::healthy() } else { Finding::degraded(format!("open: {}", open.join(", "))) };
    finding.figure("open_breakers", open).figure("half_open_breakers", half_open)
}
