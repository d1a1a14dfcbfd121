//! The process and its `tokio` runtimes as metrics, read at each scrape.
//!
//! | family | type | what |
//! |---|---|---|
//! | `process_cpu_seconds_total` | counter | user and system CPU time |
//! | `process_resident_memory_bytes` | gauge | memory that is held |
//! | `process_virtual_memory_bytes`, `process_virtual_memory_max_bytes` | gauge | address space, and its limit where there is one |
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

#[cfg(target_os = "linux")]
mod linux {
    use procfs::process::{LimitValue, Process as OfSystem};

    use super::{AtomicF64, Collector, Desc, Gauge, GenericCounter, MetricFamily, raise};

    pub(super) struct Process {
        cpu: GenericCounter<AtomicF64>,
        resident: Gauge,
        virtual_memory: Gauge,
        virtual_most: Gauge,
        open_fds: Gauge,
        max_fds: Gauge,
        threads: Gauge,
        start: Gauge,
    }

    impl Process {
        pub(super) fn new() -> Option<Self> {
            let gauge = |name: &str, help: &str| Gauge::new(name, help).ok();
            let process = Process {
                cpu: GenericCounter::new(
                    "process_cpu_seconds_total",
                    "User and system CPU time of the process, in seconds.",
                )
                .ok()?,
                resident: gauge("process_resident_memory_bytes", "Resident memory of the process, in bytes.")?,
                virtual_memory: gauge("process_virtual_memory_bytes", "Virtual memory of the process, in bytes.")?,
                virtual_most: gauge(
                    "process_virtual_memory_max_bytes",
                    "The most virtual memory that the process may have, in bytes.",
                )?,
                open_fds: gauge("process_open_fds", "Open file descriptors of the process.")?,
                max_fds: gauge("process_max_fds", "The most file descriptors that the process may have open.")?,
                threads: gauge("process_threads", "Threads of the process.")?,
                start: gauge("process_start_time_seconds", "When the process began, in seconds since 1970.")?,
            };
            // What does not change. In ticks since the machine began, of which the rest is to be had in whole seconds only.
            let stat = OfSystem::myself().ok()?.stat().ok()?;
            let since_boot = seconds(stat.starttime);
            #[allow(clippy::cast_precision_loss)]
            process.start.set(procfs::boot_time_secs().ok()? as f64 + since_boot);
            Some(process)
        }

        fn all(&self) -> [&dyn Collector; 8] {
            [
                &self.cpu,
                &self.resident,
                &self.virtual_memory,
                &self.virtual_most,
                &self.open_fds,
                &self.max_fds,
                &self.threads,
                &self.start,
            ]
        }

        /// What cannot be read stays as it was.
        #[allow(clippy::cast_precision_loss)] // past 8 PiB
        fn read(&self) -> Option<()> {
            let process = OfSystem::myself().ok()?;
            if let Ok(stat) = process.stat() {
                raise(&self.cpu, seconds(stat.utime) + seconds(stat.stime));
                self.resident.set(stat.rss as f64 * procfs::page_size() as f64);
                self.virtual_memory.set(stat.vsize as f64);
                self.threads.set(stat.num_threads as f64);
            }
            if let Ok(open) = process.fd_count() {
                // But for the one by which they are counted.
                self.open_fds.set(open.saturating_sub(1) as f64);
            }
            if let Ok(limits) = process.limits() {
                // Go's client says so of what has no limit, too.
                let value = |limit| match limit {
                    LimitValue::Value(most) => most as f64,
                    LimitValue::Unlimited => u64::MAX as f64,
                };
                self.max_fds.set(value(limits.max_open_files.soft_limit));
                self.virtual_most.set(value(limits.max_address_space.soft_limit));
            }
            Some(())
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn seconds(ticks: u64) -> f64 {
        ticks as f64 / procfs::ticks_per_second() as f64
    }

    impl Collector for Process {
        fn desc(&self) -> Vec<&Desc> {
            self.all().into_iter().flat_map(Collector::desc).collect()
        }

        fn collect(&self) -> Vec<MetricFamily> {
            let _ = self.read();
            self.all().into_iter().flat_map(Collector::collect).collect()
        }
    }
}
