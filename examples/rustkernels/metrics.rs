//! All metrics that no call is measured by, and the names that the attribute on [`execute`](crate::kernel::execute) shares
//! with them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics, Status};

/// The family whose bounds a configuration may replace.
pub const EXECUTION_DURATION: &str = "rustkernel_execution_duration_seconds";

/// Its bounds unless a configuration says others.
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
}

/// The domain of what is no [`Kernel`](crate::kernel::Kernel) and is measured by a [`KernelMetrics`]. A type of its own: so no
/// handle writes into the series of a kernel that `execute` counts, and `tallied::init` can see that.
#[derive(Clone, Copy, Label)]
#[label(rename_all = "PascalCase")]
pub enum Apart {
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

#[derive(Clone, Copy, LabelSet)]
struct Recorded<'a> {
    #[label(max = KERNELS)]
    kernel: &'a str,
    domain: Apart,
    status: Status,
}

#[derive(Clone, Copy, LabelSet)]
struct OfKernel<'a> {
    #[label(max = KERNELS)]
    kernel: &'a str,
    domain: Apart,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfPool {
    pub pool: Memory,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfBreaker<'a> {
    #[label(max = KERNELS)]
    pub breaker: &'a str,
}

/// What runs on the side of calls. The first two have the names, labels, bounds and helps of the families of `execute`: they are
/// the same families, fed by hand.
#[derive(Metrics)]
#[metrics(prefix = "rustkernel")]
pub struct Kernels {
    /// Executions of kernels, by what became of them.
    #[metrics(zero = false)]
    executions_total: Counter<Recorded<'static>>,
    /// Time of an execution, from the message to the output.
    #[metrics(buckets = BUCKETS)]
    execution_duration_seconds: Histogram<OfKernel<'static>>,
    /// Memory that is held, by pool: buffers in use and those kept for the next run.
    pub memory_bytes: Gauge<OfPool, i64>,
    /// Whether a kernel takes messages: 0 closed (it does), 1 half-open (the next one is a trial), 2 open (it does not).
    pub circuit_breaker_state: Gauge<OfBreaker<'static>, i64>,
}

pub static KERNELS_METRICS: Kernels = Kernels::new();

/// The metrics of a kernel that is not run by [`execute`](crate::kernel::execute): whoever runs it says what it did.
pub struct KernelMetrics {
    executions: Counter,
    duration: Histogram,
    memory: Gauge<(), i64>,
    allocated: AtomicI64,
}

impl KernelMetrics {
    pub fn new(kernel: &str) -> Self {
        let domain = Apart::Custom;
        KernelMetrics {
            executions: KERNELS_METRICS.executions_total.with(Recorded { kernel, domain, status: Status::Ok }),
            duration: KERNELS_METRICS.execution_duration_seconds.with(OfKernel { kernel, domain }),
            memory: KERNELS_METRICS.memory_bytes.with(OfPool { pool: Memory::Custom }),
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
        self.memory.sub(self.allocated.load(Ordering::Relaxed));
    }
}
