//! What the compiler says of values that cannot be recorded.

use std::time::Duration;

use tallied::{instrument, observed};

struct Opaque;

#[instrument]
fn argument(count: u8, opaque: Opaque) {}

#[observed(args)]
async fn argument_of_a_future(opaque: Opaque) {}

#[observed(fields(opaque = opaque, shown = %opaque, told = ?opaque))]
fn field(opaque: &Opaque) {}

type Alias = Option<u8>;

#[observed(err)]
fn no_result() -> Alias {
    Some(1)
}

#[observed(err)]
fn no_display() -> Result<u8, Opaque> {
    Ok(1)
}

#[observed(ret)]
async fn no_debug() -> Opaque {
    Opaque
}

#[observed(err, ret(Display))]
fn neither() -> Result<Opaque, Opaque> {
    Ok(Opaque)
}

#[observed(parent = 1, follows_from = 2)]
fn no_span() {}

#[observed(slow = Duration::from_millis(100), log = "debug")]
fn fine() {}

#[observed(slow = LIMIT)]
fn no_duration() {}

const LIMIT: u64 = 100;

#[observed(future)]
fn no_future() -> Vec<u8> {
    vec![]
}

#[observed(follows_from = [1], log = LEVEL, ret(level = LEVEL))]
fn no_levels() {}

const LEVEL: u8 = 1;

#[observed(histogram, busy, buckets = [2.0, 1.0])]
async fn bounds() {}

fn main() {}
