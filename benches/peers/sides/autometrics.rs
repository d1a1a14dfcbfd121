use std::sync::Once;

use autometrics::autometrics;
use autometrics::settings::AutometricsSettings;
use tallied::STANDARD_BUCKETS;

use crate::rounds::Side;
use crate::work::{Failure, block_on, body};

/// Its settings can be made once.
fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        AutometricsSettings::builder().histogram_buckets(STANDARD_BUCKETS).init();
    });
}

#[autometrics]
#[inline(never)]
fn work(n: u64) -> Result<u64, Failure> {
    body(n)
}

pub fn function() -> Vec<Side> {
    init();
    vec![Side::new("autometrics `#[autometrics]`", work)]
}

#[autometrics]
async fn future(n: u64) -> Result<u64, Failure> {
    body(n)
}

#[inline(never)]
fn asynchronous_work(n: u64) -> Result<u64, Failure> {
    block_on(future(n))
}

pub fn asynchronous() -> Vec<Side> {
    init();
    vec![Side::new("autometrics `#[autometrics]`", asynchronous_work)]
}
