use crate::rounds::Side;
use crate::work::{Failure, block_on, body};

#[tracing::instrument(skip_all)]
#[inline(never)]
fn work(n: u64) -> Result<u64, Failure> {
    body(n)
}

pub fn function() -> Vec<Side> {
    vec![Side::new("tracing `#[instrument(skip_all)]` (only a span)", work)]
}

#[tracing::instrument(skip_all)]
async fn future(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn asynchronous_work(n: u64) -> Result<u64, Failure> {
    block_on(future(n))
}

pub fn asynchronous() -> Vec<Side> {
    vec![Side::new("tracing `#[instrument(skip_all)]` (only a span)", asynchronous_work)]
}
