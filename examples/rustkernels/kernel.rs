//! What a kernel is, and the one function that runs them all: whatever is measured of a run stands at its attribute.

use std::sync::Arc;
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tallied::observed;
use tracing::Span;

use crate::memory::{OutOfMemory, Pools};
use crate::metrics::{BUCKETS, Domain, KERNELS};

/// A computation in four stages, each of which is a span.
///
/// Put `#[observed(counter = false)]` on the block that implements it: that makes the spans.
pub trait Kernel: Send + Sync + 'static {
    /// `graph/pagerank`.
    const ID: &'static str;
    const DOMAIN: Domain;
    type Input: DeserializeOwned + Send;
    /// What is on the device: the input as it wants it, and then what it made of that.
    type Work: Send;

    /// Refuses what makes no sense, before anything is taken for it.
    fn validate(&self, input: &Self::Input) -> Result<(), Failure>;

    /// Brings the input to the device.
    fn prepare_input(&self, input: Self::Input, memory: &Pools) -> Result<Self::Work, Failure>;

    /// Computes. It gives the thread back now and then: so a probe is answered meanwhile, and a run that nobody waits for any
    /// more ends there.
    fn gpu_execute(&self, work: &mut Self::Work) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Brings the output back from the device, or sends it on to another kernel.
    fn collect_output(&self, work: Self::Work, memory: &Pools) -> impl Future<Output = Result<Value, Failure>> + Send;
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is the sender's mistake, and says nothing of the kernel.
    #[error("{0}")]
    Invalid(String),
    #[error("it did not converge in {iterations} iterations: the ranks still change by {change:.1e}")]
    NotConverged { iterations: u32, change: f64 },
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    #[error("{0} has too many messages that wait; try again")]
    Busy(&'static str),
    #[error("the circuit breaker of {0} is open")]
    Rejected(&'static str),
    #[error("{0} has stopped")]
    Stopped(&'static str),
}

impl Failure {
    /// Whether it is the kernel's own, and its circuit breaker counts it.
    pub fn is_own(&self) -> bool {
        matches!(self, Failure::NotConverged { .. } | Failure::OutOfMemory(_) | Failure::Stopped(_))
    }
}

/// Runs a kernel with one message. Its span is within that of the sender; trees call it by the kernel.
#[observed(
    name = "kernel",
    parent = &sender,
    fields(otel.name = format!("kernel:{}", K::ID), kernel_id = K::ID),
    labels(kernel(max = KERNELS) = K::ID, domain: Domain = K::DOMAIN),
    // The zeros would be those of every kernel in every domain.
    counter(name = "rustkernel_executions_total", zero = false),
    histogram(name = "rustkernel_execution_duration_seconds", labels(kernel, domain), buckets = BUCKETS),
    in_flight(name = "rustkernel_active_kernels", help = "Kernels that are running now.", labels())
)]
pub async fn execute<K: Kernel>(kernel: Arc<K>, sender: Span, input: Value, memory: Pools) -> Result<Value, Failure> {
    let began = Instant::now();
    let done = stages(&*kernel, input, &memory).await;
    // With two digits behind the point.
    let duration_ms = (began.elapsed().as_secs_f64() * 1e5).round() / 100.0;
    match &done {
        Ok(_) => tracing::info!(duration_ms, "Kernel execution complete"),
        Err(failure) => tracing::warn!(duration_ms, error = %failure, "Kernel execution failed"),
    }
    done
}

async fn stages<K: Kernel>(kernel: &K, input: Value, memory: &Pools) -> Result<Value, Failure> {
    let input = serde_json::from_value(input).map_err(|why| Failure::Invalid(why.to_string()))?;
    kernel.validate(&input)?;
    let mut work = kernel.prepare_input(input, memory)?;
    kernel.gpu_execute(&mut work).await?;
    kernel.collect_output(work, memory).await
}
