//! The process, as `/proc` has it.

use std::sync::{Mutex, PoisonError};

use procfs::process::{LimitValue, Process as OfSystem};

use super::{AtomicF64, Collector, Desc, Gauge, GenericCounter, MetricFamily, raise};

pub(super) struct Process {
    /// Scrapes run side by side, and what they raise is raised once.
    reading: Mutex<()>,
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
            reading: Mutex::new(()),
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
        let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
