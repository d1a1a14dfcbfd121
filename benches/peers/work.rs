//! What is observed, the same on all sides, and what it costs when nobody observes it.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::common::Random;
use crate::rounds::Side;

#[derive(Debug)]
pub struct Failure;

/// The body of every function. It is inlined into all of them, and none of them is inlined into its loop.
#[inline(always)]
pub fn body(n: u64) -> Result<u64, Failure> {
    let n = black_box(n);
    if n == u64::MAX { Err(Failure) } else { Ok(black_box(n.wrapping_mul(3))) }
}

/// How many values there are before they come again.
const VALUES: usize = 4096;

/// The same, but half of the calls fail, and no branch predictor knows which.
#[inline(always)]
pub fn body_that_fails(n: u64) -> Result<u64, Failure> {
    if FAILS[n as usize % VALUES] { Err(Failure) } else { Ok(black_box(black_box(n).wrapping_mul(3))) }
}

static FAILS: [bool; VALUES] = {
    let (mut fails, mut seed, mut at) = ([false; VALUES], 1u64, 0);
    while at < VALUES {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        fails[at] = seed >> 63 == 1;
        at += 1;
    }
    fails
};

/// Durations over all buckets, made before any time is taken: each side gets them in the form that it takes.
pub struct Values {
    durations: Vec<Duration>,
    seconds: Vec<f64>,
    nanos: Vec<u64>,
}

pub static RANDOM: LazyLock<&'static Values> = LazyLock::new(|| {
    let mut random = Random(7);
    let seconds: Vec<f64> = (0..VALUES).map(|_| random.seconds()).collect();
    let durations: Vec<Duration> = seconds.iter().map(|seconds| Duration::from_secs_f64(*seconds)).collect();
    let nanos = durations.iter().map(|duration| duration.as_nanos() as u64).collect();
    Box::leak(Box::new(Values { durations, seconds, nanos }))
});

impl Values {
    pub fn duration(&self, n: u64) -> Duration {
        self.durations[n as usize % VALUES]
    }
    pub fn seconds(&self, n: u64) -> f64 {
        self.seconds[n as usize % VALUES]
    }
    pub fn nanos(&self, n: u64) -> u64 {
        self.nanos[n as usize % VALUES]
    }
}

/// Polls to the end; nothing here ever waits.
#[inline(always)]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut context) {
            return out;
        }
    }
}

/// The numbers of one thread, on cache lines that no other thread touches.
#[repr(align(128))]
struct Own {
    calls: [AtomicU64; 2],
    ticks: AtomicU64,
}

thread_local! {
    static OWN: Own =
        const { Own { calls: [const { AtomicU64::new(0) }; 2], ticks: AtomicU64::new(0) } };
}

/// The cheapest clock of the CPU.
#[inline(always)]
fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 CPU has it, and it touches no memory.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);
        ZERO.elapsed().as_nanos() as u64
    }
}

#[inline(never)]
fn bare(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn clock(n: u64) -> Result<u64, Failure> {
    let began = Instant::now();
    let result = body(n);
    black_box(began.elapsed());
    result
}

/// Two readings of the clock and two adds: what a duration and a count by outcome cannot go below, if both are atomic adds.
#[inline(always)]
fn on_the_floor(result: impl FnOnce() -> Result<u64, Failure>) -> Result<u64, Failure> {
    let began = ticks();
    let result = result();
    let took = ticks().wrapping_sub(began);
    OWN.with(|own| {
        own.calls[usize::from(result.is_err())].fetch_add(1, Relaxed);
        own.ticks.fetch_add(took, Relaxed);
    });
    result
}

/// The same with a load and a store each, which one thread alone may do on its own numbers.
#[inline(always)]
fn below_the_floor(result: impl FnOnce() -> Result<u64, Failure>) -> Result<u64, Failure> {
    let began = ticks();
    let result = result();
    let took = ticks().wrapping_sub(began);
    let add = |cell: &AtomicU64, n: u64| cell.store(cell.load(Relaxed).wrapping_add(n), Relaxed);
    OWN.with(|own| {
        add(&own.calls[usize::from(result.is_err())], 1);
        add(&own.ticks, took);
    });
    result
}

#[inline(never)]
fn floor(n: u64) -> Result<u64, Failure> {
    on_the_floor(|| body(n))
}

#[inline(never)]
fn floor_by_stores(n: u64) -> Result<u64, Failure> {
    below_the_floor(|| body(n))
}

pub fn function() -> Vec<Side> {
    vec![
        Side::new("bare", bare),
        Side::new("two `Instant::now`", clock),
        Side::new("floor: own line, adds", floor),
        Side::new("floor: own line, load and store", floor_by_stores),
    ]
}

#[inline(never)]
fn bare_that_fails(n: u64) -> Result<u64, Failure> {
    body_that_fails(n)
}

#[inline(never)]
fn floor_that_fails(n: u64) -> Result<u64, Failure> {
    on_the_floor(|| body_that_fails(n))
}

pub fn failing() -> Vec<Side> {
    vec![Side::new("bare", bare_that_fails), Side::new("floor: own line, adds", floor_that_fails)]
}

async fn bare_future(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn bare_asynchronous(n: u64) -> Result<u64, Failure> {
    block_on(bare_future(n))
}

async fn floor_future(n: u64) -> Result<u64, Failure> {
    on_the_floor(|| body(n))
}

#[inline(never)]
fn floor_asynchronous(n: u64) -> Result<u64, Failure> {
    block_on(floor_future(n))
}

pub fn asynchronous() -> Vec<Side> {
    vec![Side::new("bare", bare_asynchronous), Side::new("floor: own line, adds", floor_asynchronous)]
}

pub fn counted() -> Vec<Side> {
    vec![Side::new("bare", bare)]
}

pub fn inc() -> Vec<Side> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Nobody asks for the number before the add, here and in all other sides: then it is a cheaper instruction.
    let add = |_| {
        COUNT.fetch_add(1, Relaxed);
    };
    vec![Side::new("bare", |_| ()), Side::new("`AtomicU64::fetch_add`", add)]
}

pub fn observe() -> Vec<Side> {
    let values = *RANDOM;
    vec![Side::new("bare", |n| values.duration(n))]
}

/// Ten functions, in a module that the caller names.
macro_rules! ten {
    ($($module:ident)*) => { $(mod $module {
        use crate::work::{Failure, body};
        ten!(@ f0 f1 f2 f3 f4 f5 f6 f7 f8 f9);
    })* };
    (@ $($name:ident)*) => {
        $(#[inline(never)] fn $name(n: u64) -> Result<u64, Failure> { body(n) })*
        pub static TEN: [fn(u64) -> Result<u64, Failure>; 10] = [$($name),*];
    };
}

ten!(m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);

pub fn many() -> Vec<Side> {
    let all = [m0::TEN, m1::TEN, m2::TEN, m3::TEN, m4::TEN, m5::TEN, m6::TEN, m7::TEN, m8::TEN, m9::TEN].concat();
    vec![Side::new("bare", move |n| all[n as usize % 100](n))]
}
