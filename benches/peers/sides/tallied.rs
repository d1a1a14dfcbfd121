use tallied::{Counter, Histogram, Label, Metrics, instrument, observed};

use crate::rounds::Side;
use crate::work::{Failure, RANDOM, block_on, body, body_that_fails};

#[observed(histogram)]
#[inline(never)]
fn work(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(histogram, span = false)]
#[inline(never)]
fn without_span(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(histogram(sample = 16), span = false)]
#[inline(never)]
fn sampled(n: u64) -> Result<u64, Failure> {
    body(n)
}

pub fn function() -> Vec<Side> {
    vec![
        Side::new(WORK, work),
        Side::new("tallied `#[observed(histogram, span = false)]`", without_span),
        Side::new("tallied `#[observed(histogram(sample = 16), span = false)]`", sampled),
    ]
}

pub const WORK: &str = "tallied `#[observed(histogram)]`";

#[observed(histogram)]
#[inline(never)]
fn failing_work(n: u64) -> Result<u64, Failure> {
    body_that_fails(n)
}

pub fn failing() -> Vec<Side> {
    vec![Side::new(WORK, failing_work)]
}

#[observed(histogram)]
async fn future(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn asynchronous_work(n: u64) -> Result<u64, Failure> {
    block_on(future(n))
}

pub fn asynchronous() -> Vec<Side> {
    vec![Side::new(WORK, asynchronous_work)]
}

#[observed]
#[inline(never)]
fn counted_in_span(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[observed(span = false)]
#[inline(never)]
fn counted_work(n: u64) -> Result<u64, Failure> {
    body(n)
}

pub const COUNTED: &str = "tallied `#[observed(span = false)]`";

pub fn counted() -> Vec<Side> {
    vec![Side::new(COUNTED, counted_work), Side::new("tallied `#[observed]`", counted_in_span)]
}

#[derive(Metrics)]
#[metrics(prefix = "bench")]
struct Group {
    /// Increments.
    increments_total: Counter,
    /// Random durations.
    random_seconds: Histogram,
}

static GROUP: Group = Group::new();

pub const INC: &str = "tallied `Counter::inc`";

pub fn inc() -> Vec<Side> {
    vec![Side::new(INC, |_| GROUP.increments_total.inc())]
}

pub const OBSERVE: &str = "tallied `Histogram::observe(Duration)`";

pub fn observe() -> Vec<Side> {
    let values = *RANDOM;
    vec![
        Side::new(OBSERVE, |n| GROUP.random_seconds.observe(values.duration(n))),
        Side::new("tallied `Histogram::observe(f64)`", |n| GROUP.random_seconds.observe(values.seconds(n))),
    ]
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

#[observed(histogram)]
#[inline(never)]
fn not_labelled(n: u64, a: A, b: B, c: C) -> Result<u64, Failure> {
    let _ = (a, b, c);
    body(n)
}

#[observed(labels(tenant(max = 64)), counter = "tenant_calls_total", histogram = "tenant_seconds")]
#[inline(never)]
fn of_tenant(n: u64, tenant: &str) -> Result<u64, Failure> {
    let _ = tenant;
    body(n)
}

#[observed(histogram)]
#[inline(never)]
fn not_of_tenant(n: u64, tenant: &str) -> Result<u64, Failure> {
    let _ = tenant;
    body(n)
}

pub const LABELS: &str = "tallied, three enums, no labels";

pub fn labels() -> Vec<Side> {
    vec![
        Side::new(LABELS, |n| not_labelled(n, n.into(), (n / 4).into(), (n / 16).into())),
        Side::new("tallied, three enums as labels", |n| labelled(n, n.into(), (n / 4).into(), (n / 16).into())),
    ]
}

pub const TENANTS: &str = "tallied, a text, no labels";

/// Of which all are known after a moment.
fn tenants() -> Vec<String> {
    (0..64).map(|tenant| format!("tenant-{tenant:04}")).collect()
}

pub fn open_label() -> Vec<Side> {
    let (labelled, not_labelled) = (tenants(), tenants());
    vec![
        Side::new(TENANTS, move |n| not_of_tenant(n, &not_labelled[n as usize % 64])),
        Side::new("tallied, a text as a label with `max = 64`", move |n| of_tenant(n, &labelled[n as usize % 64])),
    ]
}

macro_rules! ten {
    ($($module:ident)*) => { $(mod $module {
        use crate::work::{Failure, body};
        ten!(@ f0 f1 f2 f3 f4 f5 f6 f7 f8 f9);
    })* };
    (@ $($name:ident)*) => {
        $(
            #[tallied::observed(histogram)]
            #[inline(never)]
            fn $name(n: u64) -> Result<u64, Failure> { body(n) }
        )*
        pub static TEN: [fn(u64) -> Result<u64, Failure>; 10] = [$($name),*];
    };
}

ten!(m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);

pub fn many() -> Vec<Side> {
    let all = [m0::TEN, m1::TEN, m2::TEN, m3::TEN, m4::TEN, m5::TEN, m6::TEN, m7::TEN, m8::TEN, m9::TEN].concat();
    vec![Side::new(WORK, move |n| all[n as usize % 100](n))]
}

#[instrument(skip_all)]
#[inline(never)]
fn instrumented(n: u64) -> Result<u64, Failure> {
    body(n)
}

/// Of a program with a subscriber.
pub fn spanned() -> Vec<Side> {
    vec![
        Side::new(WORK, work),
        Side::new("tallied `#[observed]`", counted_in_span),
        Side::new("tallied `#[instrument(skip_all)]`", instrumented),
    ]
}

pub fn only_a_span() -> Vec<Side> {
    vec![Side::new("tallied `#[instrument(skip_all)]` (only a span)", instrumented)]
}
