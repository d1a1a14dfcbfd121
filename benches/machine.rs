//! What a machine does to a measurement that is not alone on it.

use std::time::Duration;

/// The time that this thread had a CPU, where the system says it.
#[cfg(target_os = "linux")]
pub fn on_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(target_os = "linux"))]
pub fn on_cpu() -> Option<Duration> {
    None
}

/// Gives this thread a CPU: two threads on one would never meet on a cache line.
#[cfg(target_os = "linux")]
pub fn pin(thread: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let Some(cpu) = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).nth(thread) else { return };
    let mut mine = CpuSet::new();
    mine.set(cpu);
    let _ = sched_setaffinity(None, &mine);
}

#[cfg(not(target_os = "linux"))]
pub fn pin(_: usize) {}
