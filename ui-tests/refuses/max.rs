//! An open-ended label says how many values it keeps.

use tallied::observed;

#[observed(labels(tenant(max)))]
fn nothing(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = "many")))]
fn a_text(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = -1)))]
fn below_zero(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = 0)))]
fn zero(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(maximum = 3), user(mx = 3)))]
fn misspelt(tenant: &str, user: &str) {
    drop((tenant, user));
}

#[observed(labels(tenant(max = 3, max = 4)))]
fn twice(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = 3, flatten)))]
fn one_and_several(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = 3): String = tenant.to_string()))]
fn with_a_type(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenat(max = 3)))]
fn no_parameter(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(max = N)))]
fn of_a_parameter<const N: usize>(tenant: &str) {
    drop(tenant);
}

#[observed(tenant(max = 3))]
fn outside_of_labels(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant(flatten = true)))]
fn a_value_for_flatten(tenant: &str) {
    drop(tenant);
}

#[observed(labels(tenant, max = 64))]
fn beside_its_label(tenant: &str) {
    drop(tenant);
}

#[observed(tenant, max = 64)]
fn beside_all(tenant: &str) {
    drop(tenant);
}

fn main() {}
