//! Ticks: what a clock is read in. They become nanoseconds where somebody reads the numbers, not where they are made.
//!
//! A tick is one of the processor's time-stamp counter where that can be trusted, else a nanosecond of `Instant`. It can be
//! trusted where the processor says that the counter runs on at one rate whatever its cores do (CPUID 80000007h, EDX bit 8),
//! and Linux itself keeps the time by it: the kernel compares the counters of all cores, watches them, and goes over to
//! another clock when they differ.
//!
//! - **Never negative.** A difference below zero, of a thread that was moved between two reads or of a machine whose counter
//!   began anew after it slept, is zero.
//! - **A machine that sleeps** while a call runs: the counter goes on or begins anew, so the call has its time with the sleep,
//!   or none. `Instant` leaves the sleep out.
//! - **A virtual machine that is moved** to other hardware has the rate that its hypervisor promised; one that cannot
//!   promise it hides the bit.
//! - **The rate** is measured beside `Instant`, and settled once: a sum that was exposed must not shrink because a later
//!   measurement was a little better. The first call of a process takes
//!   20 microseconds for a measurement, off by some thousandths, by which buckets are searched until the first scrape; that
//!   settles it by one of 5 milliseconds, off by some millionths. Not by one that saw the machine sleep: then another one of
//!   20 microseconds contradicts it.
//! - **A sum** of ticks begins again after 2^64 of them: 195 years of calls at 3 GHz.

use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

const UNKNOWN: u8 = 0;
const COUNTER: u8 = 1;
const INSTANT: u8 = 2;

/// Decided once, so that the two reads of one call are of one clock.
static SOURCE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// The clock.
#[inline]
pub(super) fn now() -> u64 {
    if SOURCE.load(Relaxed) == COUNTER { counter::read() } else { otherwise() }
}

#[cold]
#[inline(never)]
fn otherwise() -> u64 {
    if source() == COUNTER { counter::read() } else { nanos_since_start(Instant::now()) }
}

fn source() -> u8 {
    match SOURCE.load(Relaxed) {
        UNKNOWN => {
            let found = if counter::is_sound() { COUNTER } else { INSTANT };
            // Whoever comes first has found the same.
            SOURCE.store(found, Relaxed);
            found
        }
        known => known,
    }
}

fn nanos_since_start(now: Instant) -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = now.saturating_duration_since(*START.get_or_init(|| now));
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// How long a tick is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Nanoseconds of a tick.
    nanos: f64,
}

/// The bits of the settled rate; zero until then.
static SETTLED: AtomicU64 = AtomicU64::new(0);
/// Those of the first measurement.
static NEARLY: AtomicU64 = AtomicU64::new(0);

/// Measurements as long as this are settled.
const ENOUGH: Duration = Duration::from_millis(5);
/// Until then, this has to do.
const A_LITTLE: Duration = Duration::from_micros(20);
/// Longer ones are more likely to have seen the machine sleep.
const TOO_LONG: Duration = Duration::from_secs(1);
/// Whether the time since the first measurement is not to be trusted.
static HAS_SLEPT: AtomicBool = AtomicBool::new(false);
/// How often a scrape tries.
#[cfg(feature = "metrics")]
const TRIES: usize = 3;
/// How far two measurements may be apart: the shorter one is off by some thousandths.
const APART: f64 = 0.02;

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
impl Rate {
    /// The rate that holds for ever, if it is settled or can be without waiting; else one that is nearly it. `true` tells
    /// that it is settled.
    pub(crate) fn soon() -> (Rate, bool) {
        if let Some(rate) = Rate::known() {
            return (rate, true);
        }
        let (since, elapsed) = (began(), began().at.elapsed());
        if (ENOUGH..TOO_LONG).contains(&elapsed) && !HAS_SLEPT.load(Relaxed) {
            match since.settle() {
                Some(rate) => return (rate, true),
                None => HAS_SLEPT.store(true, Relaxed),
            }
        }
        if let bits @ 1.. = NEARLY.load(Relaxed) {
            return (Rate { nanos: f64::from_bits(bits) }, false);
        }
        let rate = Pair::a_little();
        NEARLY.store(rate.nanos.to_bits(), Relaxed);
        (rate, false)
    }

    /// The rate that holds for ever. Waits 5 milliseconds, once in the life of a process; 15 at most.
    #[cfg(feature = "metrics")]
    pub(crate) fn settled() -> Rate {
        for _ in 0..TRIES {
            if let (rate, true) = Rate::soon() {
                return rate;
            }
            let since = Pair::now();
            std::thread::sleep(ENOUGH);
            if let Some(rate) = since.settle() {
                return rate;
            }
        }
        // Clocks that never agree, as an emulator may have. To ask them for every number would take a scrape's time.
        Rate::soon().0.kept()
    }

    /// Whether it is settled.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_settled() -> bool {
        Rate::known().is_some()
    }

    /// Settles it, unless somebody was first.
    fn kept(self) -> Rate {
        match SETTLED.compare_exchange(0, self.nanos.to_bits(), Release, Acquire) {
            Ok(_) => self,
            Err(bits) => Rate { nanos: f64::from_bits(bits) },
        }
    }

    fn known() -> Option<Rate> {
        if source() == INSTANT {
            return Some(Rate { nanos: 1.0 });
        }
        match SETTLED.load(Acquire) {
            0 => None,
            bits => Some(Rate { nanos: f64::from_bits(bits) }),
        }
    }

    /// So many ticks in nanoseconds.
    pub(crate) fn nanos(self, ticks: u64) -> f64 {
        ticks as f64 * self.nanos
    }

    /// The most ticks that are no more than so many nanoseconds.
    #[cfg(feature = "metrics")]
    pub(crate) fn ticks(self, nanos: u64) -> u64 {
        if self.nanos.to_bits() == 1f64.to_bits() { nanos } else { (nanos as f64 / self.nanos) as u64 }
    }
}

/// Two clocks at one moment.
struct Pair {
    at: Instant,
    ticks: u64,
}

fn began() -> &'static Pair {
    static BEGAN: OnceLock<Pair> = OnceLock::new();
    BEGAN.get_or_init(Pair::now)
}

impl Pair {
    /// Of several tries the one that took the shortest: an interrupt between the reads would part them.
    fn now() -> Pair {
        let once = || {
            let before = now();
            let at = Instant::now();
            let took = now().saturating_sub(before);
            (took, Pair { at, ticks: before.saturating_add(took / 2) })
        };
        let mut best = once();
        for _ in 0..4 {
            let next = once();
            if next.0 < best.0 {
                best = next;
            }
        }
        best.1
    }

    /// The rate since then, if it can be one: from 10 MHz to 100 GHz.
    #[allow(clippy::cast_precision_loss)]
    fn rate(&self) -> Option<Rate> {
        let now = Pair::now();
        let (nanos, ticks) = (now.at.duration_since(self.at).as_nanos() as f64, now.ticks.saturating_sub(self.ticks));
        Some(nanos / ticks as f64).filter(|nanos| (0.01..100.0).contains(nanos)).map(|nanos| Rate { nanos })
    }

    /// A measurement of its own, of a moment.
    fn a_little() -> Rate {
        let since = Pair::now();
        while since.at.elapsed() < A_LITTLE {
            std::hint::spin_loop();
        }
        since.rate().unwrap_or(Rate { nanos: 1.0 })
    }

    /// The first who says so is right. Not if the machine has slept since then, which the counter and `Instant` see
    /// differently: a measurement of a moment says so.
    fn settle(&self) -> Option<Rate> {
        let rate = self.rate()?;
        if (rate.nanos / Pair::a_little().nanos - 1.0).abs() > APART {
            return None;
        }
        Some(rate.kept())
    }
}

/// The counter of the processor.
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod counter {
    use std::arch::x86_64::{__cpuid, _rdtsc};

    #[inline]
    #[allow(unsafe_code)]
    pub(super) fn read() -> u64 {
        // SAFETY: every processor of this architecture has it, and it has no other effect.
        unsafe { _rdtsc() }
    }

    /// See the page of the module.
    #[allow(unsafe_code, unused_unsafe)] // newer compilers know that it is safe
    pub(super) fn is_sound() -> bool {
        // SAFETY: every processor of this architecture has it.
        let (most, power) = unsafe { (__cpuid(0x8000_0000).eax, 0x8000_0007) };
        // SAFETY: as above.
        let is_invariant = most >= power && unsafe { __cpuid(power) }.edx & (1 << 8) != 0;
        let kernel = std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource");
        is_invariant && kernel.is_ok_and(|clock| clock.trim() == "tsc")
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
mod counter {
    pub(super) fn read() -> u64 {
        0
    }

    pub(super) fn is_sound() -> bool {
        false
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_while_are_its_nanoseconds() {
        let rate = Rate::settled();
        assert_eq!(Rate::soon(), (rate, true), "it is settled once");
        let (began, ticks) = (Instant::now(), now());
        while began.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let ticks = now() - ticks;
        let most = began.elapsed();
        let nanos = rate.nanos(ticks);
        assert!(nanos >= 19.9e6, "{nanos} ns of 20 ms");
        assert!(nanos <= most.as_secs_f64() * 1e9 * 1.001, "{nanos} ns of {most:?}");
    }

    #[test]
    #[allow(clippy::cast_precision_loss)] // of whole numbers that floats have
    fn a_bound_is_as_many_ticks_as_are_no_more() {
        for rate in [Rate { nanos: 1.0 }, Rate { nanos: 0.385 }, Rate { nanos: 41.666 }] {
            for nanos in [0, 1, 999, 1_000_000, 300_000_000_000] {
                let ticks = rate.ticks(nanos);
                assert!(rate.nanos(ticks) <= nanos as f64 * (1.0 + 1e-12), "{rate:?} {nanos}");
                assert!(rate.nanos(ticks + 1) > nanos as f64, "{rate:?} {nanos}");
            }
        }
    }

    #[test]
    fn a_clock_never_goes_back_on_one_thread() {
        let mut last = now();
        for _ in 0..100_000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
    }
}
