use tallied::observed;

#[observed(histogram, counter = "a_total", histogram = "b_seconds")]
fn twice() {}

#[observed(histogram(buckets = [1.0], name = "a", name = "b"), buckets = [2.0])]
fn inside_and_outside() {}

#[observed(job, job)]
fn label() {}

fn main() {}
