//! What is measured of kernels besides the calls that the attribute on [`execute`](crate::kernel::execute) measures, and the
//! labels and bounds that both share.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics, Status};

/// Bounds of an execution's time in seconds, unless a configuration says others.
pub const BUCKETS: [f64; 7] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];

/// So many kernels have a name in the metrics; further ones are `_other`.
pub const KERNELS: usize = 128;

/// What a kernel is about.
#[derive(Clone, Copy, Debug, Label)]
#[label(rename_all = "PascalCase")]
pub enum Domain {
    GraphAnalytics,
    LinearAlgebra,
    Compliance,
    Statistics,
    /// That of kernels which the runtime does not run: a [`KernelMetrics`] tells of them.
    Custom,
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, Label)]
pub enum Memory {
    Host,
    Device,
    /// What custom kernels say that they have taken.
    Custom,
}

#[derive(LabelSet)]
struct OfKernel<'a> {
    #[label(max = KERNELS)]
    kernel: &'a str,
    domain: Domain,
}

#[derive(LabelSet)]
struct OfExecution<'a> {
    #[label(flatten)]
    of: OfKernel<'a>,
    status: Status,
}

#[derive(LabelSet)]
pub struct OfPool {
    pub pool: Memory,
}

#[derive(LabelSet)]
pub struct OfBreaker<'a> {
    #[label(max = KERNELS)]
    pub breaker: &'a str,
}

/// The first two are the families of `execute`, for what is no call of it; what is written here is their help.
#[derive(Metrics)]
#[metrics(prefix = "rustkernel")]
pub struct Kernels {
    /// Executions of kernels, by what became of them.
    // Without zeros, as in `execute`: each kernel has one domain, and would have a zero in every other one.
    #[metrics(zero = false)]
    executions_total: Counter<OfExecution<'static>>,
    /// Time of an execution, from the message to the output.
    #[metrics(buckets = BUCKETS)]
    execution_duration_seconds: Histogram<OfKernel<'static>>,
    /// Memory that is in use, by pool.
    pub memory_bytes: Gauge<OfPool, i64>,
    /// Whether a kernel takes messages: 0 closed (it does), 1 half-open (the next one is a trial), 2 open (it does not).
    pub circuit_breaker_state: Gauge<OfBreaker<'static>, i64>,
}

pub static METRICS: Kernels = Kernels::new();

/// The metrics of a kernel that the runtime does not run: whoever runs it says what it did.
pub struct KernelMetrics {
    executions: Counter,
    duration: Histogram,
    memory: Gauge<(), i64>,
    allocated: AtomicI64,
}

impl KernelMetrics {
    pub fn new(kernel: &str) -> Self {
        let of = || OfKernel { kernel, domain: Domain::Custom };
        KernelMetrics {
            executions: METRICS.executions_total.with(OfExecution { of: of(), status: Status::Ok }),
            duration: METRICS.execution_duration_seconds.with(of()),
            memory: METRICS.memory_bytes.with(OfPool { pool: Memory::Custom }),
            allocated: AtomicI64::new(0),
        }
    }

    /// It ran, and took so long.
    pub fn record_execution(&self, took: Duration) {
        self.executions.inc();
        self.duration.observe(took);
    }

    /// It holds so many bytes more, until this handle is dropped.
    pub fn record_memory_allocated(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.allocated.fetch_add(bytes, Ordering::Relaxed);
        self.memory.add(bytes);
    }
}

impl Drop for KernelMetrics {
    fn drop(&mut self) {
        self.memory.sub(*self.allocated.get_mut());
    }
}
