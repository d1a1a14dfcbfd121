use tallied::observed;

#[observed(histogram(sample = 1))]
fn all() {}

#[observed(histogram(sample = "16"))]
fn text() {}

#[observed(histogram(sample))]
fn nothing() {}

#[observed(histogram(sample = 2_000_000))]
fn none() {}

#[observed(histogram(sample = 16, sample = 8))]
fn twice() {}

#[observed(histogram(sample = 16), slow = "1ms")]
fn slow() {}

#[observed(histogram(sample = 16), summary)]
fn quantiles() {}

#[observed(busy(sample = 16))]
async fn polls() {}

fn main() {}
