//! What the arguments of tracing's attribute say when they are wrong.

use tallied::{instrument, observed};

#[observed(skip(paylaod))]
fn misspelt(payload: &str) {}

#[observed(skip(everything))]
fn unknown(first: u8, (second, _): (u8, u8)) {}

#[observed(skip(a), skip_all)]
fn both(a: u8) {}

#[observed(args, skip_all)]
fn all_and_none(a: u8) {}

#[observed(skip(a, a))]
fn twice(a: u8) {}

#[observed(skip)]
fn alone(a: u8) {}

#[observed(skip_all = true, args(a))]
fn with_values(a: u8) {}

#[observed(hit, fields(hit = 1, id = , {NAME}, = 2))]
fn fields(hit: bool) {}

#[observed(fields(hit = 1, %{NAME}))]
fn names(hit: bool) {}

#[observed(err(Dispaly), ret(level = "loud"))]
fn formats() -> Result<u8, u8> {
    Ok(1)
}

#[observed(err(Debug, Display), ret = "info")]
fn two_formats() -> Result<u8, u8> {
    Ok(1)
}

#[observed(span = false, args, fields(a = 1), parent = None, follows_from = [])]
fn no_span(a: u8) {}

#[observed(span = false, target = "shop")]
fn no_target() {}

#[observed(slow = "100 parsecs", log = "loud")]
fn no_time() {}

#[observed(slow = 100)]
fn no_unit() {}

#[observed(slow = "0ms")]
fn always() {}

#[observed(busy)]
fn never_polled() {}

#[observed(future)]
async fn seen() {}

#[observed(future)]
fn nothing() {}

#[observed(parent, follows_from = )]
fn without_a_value() {}

#[instrument(skip(a), skip(b), histogrm)]
fn of_tracing(a: u8, b: u8) {}

#[instrument("a name", name = "another")]
fn two_names() {}

#[observed(err)]
async fn no_result(a: u8) -> u8 {
    a
}

#[observed(err, ret)]
fn no_value(a: u8) {}

#[observed(fields(a = 1, b.c = 2, a = 3, b.c = 4))]
fn twice_a_field() {}

#[instrument(verbose, skip_all)]
fn verbose(verbosity: u8) {}

#[observed(counter = false, span = false)]
fn nothing_left() {}

#[observed(future)]
fn no_box() -> u8 {
    1
}

#[observed(slow = -1, log = Self::LEVEL, name = N)]
fn unknown_here<const N: usize>() {}

#[observed(slow = "99999999999999999999s", parent = job., level = Level::)]
fn half_typed() {}

#[observed(busy(labels(nonsense, level)), counter(labels(level)), future)]
async fn lists(queue: u8) {}

#[observed(histogram(buckets = [1.0]), busy(buckets = [1.0]), buckets = [2.0])]
async fn bounds() {}

#[instrument(skip(pasword))]
impl Login {
    fn login(&self, password: &str) {}

    #[instrument(skip(tokn), level = "trace", skip_all)]
    fn token(&self, token: &str) {}
}

#[instrument]
impl Login {
    #[observed(histogram)]
    fn both(&self) {}
}

#[instrument]
struct Login;

fn main() {}
