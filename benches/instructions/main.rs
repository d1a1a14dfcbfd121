//! One way of calling tallied, so many times: `instructions CASE N`. `benches/instructions.sh` counts the instructions of
//! two numbers of calls and divides the difference, so what is done once is not in it.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::exit;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tallied::{Counter, Gauge, Histogram, Label, Metrics, observed};

#[derive(Debug)]
struct Failure;

#[inline(always)]
fn body(n: u64) -> Result<u64, Failure> {
    let n = black_box(n);
    if n == u64::MAX { Err(Failure) } else { Ok(black_box(n.wrapping_mul(3))) }
}

#[inline(never)]
fn bare(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(span = false)]
#[inline(never)]
fn counted(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed]
#[inline(never)]
fn in_span(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(histogram)]
#[inline(never)]
fn timed(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(histogram)]
async fn timed_future(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn polled(n: u64) -> Result<u64, Failure> {
    let mut future = pin!(timed_future(n));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Failure),
    }
}

#[observed(in_flight, histogram)]
#[inline(never)]
fn running(n: u64) -> Result<u64, Failure> {
    body(n)
}

macro_rules! of_four {
    ($($name:ident)*) => { $(
        #[derive(Clone, Copy, Label)]
        enum $name { One, Two, Three, Four }

        impl From<u64> for $name {
            #[inline(always)]
            fn from(n: u64) -> Self {
                match n % 4 { 0 => $name::One, 1 => $name::Two, 2 => $name::Three, _ => $name::Four }
            }
        }
    )* };
}

of_four!(A B C);

#[observed(labels(a, b, c), counter = "labelled_calls_total", histogram = "labelled_seconds")]
#[inline(never)]
fn labelled(n: u64, a: A, b: B, c: C) -> Result<u64, Failure> {
    let _ = (a, b, c);
    body(n)
}

#[observed(labels(tenant(max = 64)), counter = "tenant_calls_total", histogram = "tenant_seconds")]
#[inline(never)]
fn of_tenant(n: u64, tenant: &str) -> Result<u64, Failure> {
    let _ = tenant;
    body(n)
}

#[observed(histogram(sample = 16))]
#[inline(never)]
fn sampled(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[derive(Metrics)]
#[metrics(prefix = "instructions")]
struct Group {
    /// Increments.
    increments_total: Counter,
    /// Durations.
    durations_seconds: Histogram,
    /// A number that is set.
    level: Gauge,
}

static GROUP: Group = Group::new();

fn repeat<T>(times: u64, call: impl Fn(u64) -> T) {
    for n in 0..times {
        black_box(call(black_box(n)));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, times] = &arguments[..] else { usage() };
    let Ok(times) = times.parse() else { usage() };
    match &**case {
        "bare" => repeat(times, bare),
        "counted" => repeat(times, counted),
        "observed" => repeat(times, in_span),
        "histogram" => repeat(times, timed),
        "histogram-async" => repeat(times, polled),
        "in-flight-histogram" => repeat(times, running),
        "labels" => repeat(times, |n| labelled(n, n.into(), (n / 4).into(), (n / 16).into())),
        "max-label" => {
            let tenants: Vec<String> = (0..64).map(|tenant| format!("tenant-{tenant:04}")).collect();
            repeat(times, |n| of_tenant(n, &tenants[n as usize % 64]));
        }
        "sampled" => repeat(times, sampled),
        "counter-inc" => repeat(times, |_| GROUP.increments_total.inc()),
        // Over all buckets alike.
        "histogram-duration" => {
            repeat(times, |n| GROUP.durations_seconds.observe(Duration::from_micros(100 << (n % 16))));
        }
        "histogram-f64" => repeat(times, |n| GROUP.durations_seconds.observe(0.0001 * (1u64 << (n % 16)) as f64)),
        "gauge-set" => repeat(times, |n| GROUP.level.set(n as f64)),
        _ => usage(),
    }
}

fn usage() -> ! {
    eprintln!("usage: instructions CASE N; benches/instructions.sh knows the cases");
    exit(2);
}
