//! What has no text cannot be kept, a constant must keep something, and what is kept counts.

use tallied::observed;

struct Uuid(u128);

#[observed(labels(id(max = 3)))]
fn without_a_text(id: Uuid) -> u128 {
    id.0
}

#[observed(labels(id(max = 3) = id.0 as f64))]
fn an_expression_without_a_text(id: Uuid) {
    drop(id);
}

const NONE: usize = 0;

#[observed(labels(id(max = NONE)))]
fn a_constant_of_zero(id: u64) {
    drop(id);
}

#[observed(labels(tenant(max = 100), user(max = 100)))]
fn over_the_budget(tenant: &str, user: &str) {
    drop((tenant, user));
}

fn main() {
    let _ = without_a_text(Uuid(1));
    an_expression_without_a_text(Uuid(1));
}
