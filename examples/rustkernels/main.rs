//! Compute kernels on the CPU, with everything that can be told of them: executions, spans of their stages, memory, circuit
//! breakers, and messages from kernel to kernel that keep their trace.
//!
//! `cargo run --example rustkernels -- [--once] [--listen 127.0.0.1:8080] [--config FILE] [--cool-down SECONDS]`; the README
//! beside this file says what to look at.

mod api;
mod breaker;
mod kernel;
mod kernels;
mod memory;
mod metrics;
mod runtime;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tallied_service::config::Config;
use tallied_service::health::Health;
use tallied_service::http::Endpoints;
use tallied_service::requests::RequestLayer;
use tallied_service::{Correlation, serve_until, terminated};
use tracing::Span;

use breaker::Policy;
use kernels::compliance::Iban;
use kernels::graph::{Graph, PageRank};
use kernels::linear::MatMul;
use kernels::statistics::Top;
use memory::Pools;
use metrics::KernelMetrics;
use runtime::{Context, Runtime};

/// The packages of this workspace and their dependencies: the graph that kernels work on.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The limits of the pools, in bytes. That of the device is small, so that a large message can meet it.
const HOST_BYTES: usize = 64 << 20;
const DEVICE_BYTES: usize = 4 << 20;

/// So long it is not ready and still answers, when it is asked to end.
const DRAIN: Duration = Duration::from_secs(1);

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "rustkernels: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { once, listen, file, cool_down } = arguments()?;
    let config = match file {
        Some(file) => production().merge_file(file)?,
        None => production(),
    };
    let config = config.merge_env("RUSTKERNEL")?;
    let logs = config.logging().init()?;
    tallied::init_with(&config.metrics())?;
    // An execution's bucket names the trace that it was in.
    tallied::trace_from(Correlation::current_trace);
    #[cfg(feature = "metrics")]
    config.expose_runtime();

    // Reading the graph is work, too, and the runtime does not run it: a handle tells of it, and of the memory for as long as it lives.
    let lock_file = KernelMetrics::new("lock-file");
    let began = Instant::now();
    let graph = Arc::new(Graph::of_lock(LOCK)?);
    lock_file.record_execution(began.elapsed());
    lock_file.record_memory_allocated(graph.bytes());

    let mut runtime = Runtime::new(Pools::new(HOST_BYTES, DEVICE_BYTES), Policy { failures: 3, cool_down });
    let top = runtime.register(Top);
    runtime.register(PageRank { graph: graph.clone(), top });
    runtime.register(MatMul { graph });
    runtime.register(Iban);

    if once {
        batch(&config, &runtime).await?;
        std::io::stdout().write_all(tallied::gather_metrics().as_bytes())?;
    } else {
        serve(&config, Arc::new(runtime), &listen).await?;
    }
    logs.shut_down();
    Ok(())
}

/// What holds unless a file or the environment says otherwise: JSON, a tenth of the traces, a line for each request.
fn production() -> Config {
    let mut config = Config::production();
    config.log.level = Some("info".to_owned());
    config.levels.push(("domain".to_owned(), "Compliance".to_owned(), "debug".to_owned()));
    // There is no secret in its health, and it listens to this machine alone.
    config.health.hides_details = Some(false);
    config
}

struct Arguments {
    once: bool,
    listen: String,
    file: Option<PathBuf>,
    cool_down: Duration,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut given = pico_args::Arguments::from_env();
    let cool_down: f64 = given.opt_value_from_str("--cool-down")?.unwrap_or(30.0);
    let arguments = Arguments {
        once: given.contains("--once"),
        listen: given.opt_value_from_str("--listen")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
        file: given.opt_value_from_str("--config")?,
        cool_down: Duration::try_from_secs_f64(cool_down).map_err(|why| format!("`--cool-down`: {why}"))?,
    };
    match given.finish().as_slice() {
        [] => Ok(arguments),
        [first, ..] => Err(format!("unknown argument `{}`", first.to_string_lossy()).into()),
    }
}

/// Each kernel once, and a message that is refused.
async fn batch(config: &Config, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let messages = [
        // With `top` it sends its ranks to `stats/top`.
        ("graph/pagerank", json!({"top": 5})),
        ("linear/matmul", json!({"power": 2})),
        ("compliance/iban", json!({"accounts": ["GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 23"]})),
        ("compliance/iban", json!({"accounts": []})),
    ];
    for (id, input) in messages {
        let kernel = runtime.kernel(id).ok_or("it is not registered")?;
        let context = Context { correlation: Correlation::new().with_trace(config.trace()), span: Span::none() };
        // What fails has been told.
        if let Ok(output) = kernel.execute_with_context(&context, input).await {
            tracing::info!(kernel_id = id, %output, "output");
        }
    }
    Ok(())
}

async fn serve(config: &Config, runtime: Arc<Runtime>, listen: &str) -> Result<(), Box<dyn Error>> {
    let health = api::checks(Health::builder().version(env!("CARGO_PKG_VERSION")), &runtime);
    let health = config.health(health)?.build();
    let endpoints = Endpoints::new().health(health.clone()).name("rustkernels");
    // It counts no requests: the five families are of kernels.
    let requests = config.requests(RequestLayer::new(()).span(api::span));
    let kernels = api::router(runtime).layer(requests);
    let router = config.endpoints(endpoints)?.router().merge(kernels);
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let end = async move {
        terminated().await;
        tracing::info!("shutting down");
        health.drain(DRAIN).await;
    };
    let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
    served.unwrap_or(Ok(()))?;
    Ok(())
}
