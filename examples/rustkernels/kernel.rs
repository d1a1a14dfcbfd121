//! What a kernel is, and the one function that runs them all: whatever is measured of a run stands at its attribute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tallied::observed;

use crate::memory::{OutOfMemory, Pools};
use crate::metrics::{BUCKETS, Domain, KERNELS};
use crate::runtime::Context;

/// A computation in four stages, each of which is a span.
///
/// Put `#[tallied::instrument(skip_all)]` on the block that implements it: that makes the spans.
pub trait Kernel: Send + Sync + 'static {
    /// `graph/pagerank`.
    const ID: &'static str;
    const DOMAIN: Domain;
    type Input: DeserializeOwned + Send + Sync;
    /// The input as the device wants it.
    type Prepared: Send;
    /// What the device made of it.
    type Computed: Send;
    type Output: Serialize + Send;

    /// Refuses what makes no sense, before anything is taken for it.
    fn validate(&self, input: &Self::Input) -> Result<(), Failure>;

    /// Brings the input to the device.
    fn prepare_input(&self, input: Self::Input, memory: &Pools) -> Result<Self::Prepared, Failure>;

    /// Computes. It gives the thread back now and then: so a probe is answered meanwhile, and a run that nobody waits for any
    /// more ends there.
    fn gpu_execute(&self, prepared: Self::Prepared) -> impl Future<Output = Result<Self::Computed, Failure>> + Send;

    /// Brings the output back from the device, or sends it on to another kernel.
    fn collect_output(
        &self,
        computed: Self::Computed,
        memory: &Pools,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
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

/// Runs a kernel with one message.
#[observed(
    labels(kernel(max = KERNELS) = K::ID, domain: Domain = K::DOMAIN),
    counter(name = "rustkernel_executions_total", help = "Executions of kernels, by what became of them.", zero = false),
    histogram(
        name = "rustkernel_execution_duration_seconds",
        help = "Time of an execution, from the message to the output.",
        labels(kernel, domain),
        buckets = BUCKETS
    ),
    in_flight(name = "rustkernel_active_kernels", help = "Kernels that are running now.", labels()),
    name = "kernel",
    parent = &context.span,
    fields(
        otel.name = format!("kernel:{}", K::ID),
        kernel_id = K::ID,
        tenant_id = context.tenant_id.as_deref(),
    )
)]
pub async fn execute<K: Kernel>(
    kernel: Arc<K>,
    context: Context,
    input: Value,
    memory: Pools,
) -> Result<Value, Failure> {
    let began = Instant::now();
    let done = stages(&*kernel, &context, input, &memory).await;
    let duration_ms = millis(began.elapsed());
    match &done {
        Ok(_) => tracing::info!(duration_ms, "Kernel execution complete"),
        Err(failure) => tracing::warn!(duration_ms, error = %failure, "Kernel execution failed"),
    }
    done
}

async fn stages<K: Kernel>(kernel: &K, context: &Context, input: Value, memory: &Pools) -> Result<Value, Failure> {
    let invalid = |why: serde_json::Error| Failure::Invalid(why.to_string());
    let input = serde_json::from_value(input).map_err(invalid)?;
    kernel.validate(&input)?;
    let prepared = kernel.prepare_input(input, memory)?;
    let computed = kernel.gpu_execute(prepared).await?;
    let output = kernel.collect_output(computed, memory, context).await?;
    serde_json::to_value(output).map_err(invalid)
}

/// With two digits behind the point.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}
