//! The process and its `tokio` runtimes as metrics, read at each scrape.
//!
//! | family | type | what |
//! |---|---|---|
//! | `process_cpu_seconds_total` | counter | user and system CPU time |
//! | `process_resident_memory_bytes` | gauge | memory that is held |
//! | `process_virtual_memory_bytes`, `process_virtual_memory_max_bytes` | gauge | address space, and its limit: 2^64 - 1 without one, as other clients have it |
//! | `process_open_fds`, `process_max_fds` | gauge | file descriptors, and their limit |
//! | `process_threads` | gauge | threads |
//! | `process_start_time_seconds` | gauge | when it began, in seconds since 1970 |
//! | `tokio_workers{runtime}` | gauge | worker threads of a runtime |
//! | `tokio_alive_tasks{runtime}` | gauge | tasks that have not ended |
//! | `tokio_global_queue_depth{runtime}` | gauge | tasks that wait for any worker |
//! | `tokio_workers_busy_seconds_total{runtime}` | counter | time in which workers were not parked |
//! | `tokio_workers_parks_total{runtime}` | counter | how often workers were parked |
//!
//! The names of the first group are those that all client libraries of Prometheus use. They are of Linux (`/proc`); elsewhere
//! [`expose`] exposes nothing.

#[cfg(target_os = "linux")]
mod linux;

use std::sync::{Mutex, PoisonError};

use prometheus::core::{AtomicF64, Collector, Desc, GenericCounter};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Opts};
use tokio::runtime::Handle;

/// Exposes the process. Once, at the start of a program; again, nothing more.
///
/// ```
/// tallied_service::process::expose();
/// # if cfg!(target_os = "linux") {
/// assert!(tallied::gather_metrics().contains("process_resident_memory_bytes "));
/// # }
/// ```
pub fn expose() {
    #[cfg(target_os = "linux")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // Somebody may have registered `prometheus`' own collector of the process: that is as good.
            let _ = linux::Process::new().map(tallied::register);
        });
    }
}

/// Exposes a runtime, under a name that tells it from others.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), prometheus::Error> {
/// tallied_service::process::expose_runtime("main", &tokio::runtime::Handle::current())?;
/// assert!(tallied::gather_metrics().contains("tokio_workers{runtime=\"main\"} "));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A name that a runtime has already.
pub fn expose_runtime(name: &str, runtime: &Handle) -> Result<(), prometheus::Error> {
    tallied::register(Runtime::new(name, runtime.clone())?)
}

struct Runtime {
    handle: Handle,
    /// Scrapes run side by side, and what they raise is raised once.
    reading: Mutex<()>,
    workers: Gauge,
    alive_tasks: Gauge,
    queue_depth: Gauge,
    #[cfg(target_has_atomic = "64")]
    busy: GenericCounter<AtomicF64>,
    #[cfg(target_has_atomic = "64")]
    parks: GenericCounter<AtomicF64>,
}

impl Runtime {
    fn new(name: &str, handle: Handle) -> Result<Self, prometheus::Error> {
        let of = |family: &str, help: &str| Opts::new(family, help).const_label("runtime", name);
        Ok(Runtime {
            handle,
            reading: Mutex::new(()),
            workers: Gauge::with_opts(of("tokio_workers", "Worker threads of a tokio runtime."))?,
            alive_tasks: Gauge::with_opts(of("tokio_alive_tasks", "Tasks of a tokio runtime that have not ended."))?,
            queue_depth: Gauge::with_opts(of(
                "tokio_global_queue_depth",
                "Tasks of a tokio runtime that wait for any of its workers.",
            ))?,
            #[cfg(target_has_atomic = "64")]
            busy: GenericCounter::with_opts(of(
                "tokio_workers_busy_seconds_total",
                "Time in which workers of a tokio runtime were not parked.",
            ))?,
            #[cfg(target_has_atomic = "64")]
            parks: GenericCounter::with_opts(of(
                "tokio_workers_parks_total",
                "How often workers of a tokio runtime were parked.",
            ))?,
        })
    }

    fn all(&self) -> Vec<&dyn Collector> {
        vec![
            &self.workers,
            &self.alive_tasks,
            &self.queue_depth,
            #[cfg(target_has_atomic = "64")]
            &self.busy,
            #[cfg(target_has_atomic = "64")]
            &self.parks,
        ]
    }
}

impl Collector for Runtime {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    #[allow(clippy::cast_precision_loss)] // of what is counted by ones
    fn collect(&self) -> Vec<MetricFamily> {
        let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.handle.metrics();
        self.workers.set(now.num_workers() as f64);
        self.alive_tasks.set(now.num_alive_tasks() as f64);
        self.queue_depth.set(now.global_queue_depth() as f64);
        #[cfg(target_has_atomic = "64")]
        {
            let workers = || 0..now.num_workers();
            let busy: f64 = workers().map(|worker| now.worker_total_busy_duration(worker).as_secs_f64()).sum();
            let parks: f64 = workers().map(|worker| now.worker_park_count(worker) as f64).sum();
            raise(&self.busy, busy);
            raise(&self.parks, parks);
        }
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}

/// Brings a counter to what was counted elsewhere. It never goes down.
fn raise(counter: &GenericCounter<AtomicF64>, to: f64) {
    let more = to - counter.get();
    if more > 0.0 {
        counter.inc_by(more);
    }
}
