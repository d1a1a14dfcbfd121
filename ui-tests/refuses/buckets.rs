use tallied::observed;

const FALLING: [f64; 2] = [2.0, 1.0];

#[observed(histogram, buckets = FALLING)]
fn falling() {}

#[observed(histogram, buckets = [0.1, f64::INFINITY])]
fn infinite() {}

#[observed(histogram(buckets = [0.0, 1.0]))]
fn zero() {}

#[observed(histogram, buckets = "fast")]
fn no_bounds() {}

#[observed(histogram, buckets = -1.0)]
fn a_number() {}

#[observed(histogram, buckets = vec![1.0])]
fn a_vector() {}

#[observed(histogram, buckets = [])]
fn empty() {}

struct Worker;

impl Worker {
    const BOUNDS: [f64; 1] = [1.0];

    #[observed(histogram, buckets = Self::BOUNDS)]
    fn of_its_own_type() {}
}

#[observed(buckets = [1.0])]
fn without_a_histogram() {}

fn main() {}
