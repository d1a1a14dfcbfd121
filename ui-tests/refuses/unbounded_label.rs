//! What has no known number of values is no label: said once, at the type.

use std::net::IpAddr;

use tallied::{Label, observed};

#[observed(queue)]
fn text(queue: &str) -> usize {
    queue.len()
}

#[observed(user, id, address)]
fn of_parameters(user: String, id: u64, address: Option<IpAddr>) -> bool {
    user.is_empty() || id == 0 || address.is_none()
}

struct Uuid(u128);

#[observed(request_id)]
fn of_a_type_of_its_own(request_id: Uuid) -> u128 {
    request_id.0
}

#[observed(labels(path: String = request.to_string()))]
fn of_an_expression(request: &str) -> usize {
    request.len()
}

#[observed(labels(path = request.to_string(), length = request.len()))]
fn of_an_inferred_type(request: &str) -> usize {
    request.len()
}

#[derive(Label)]
enum Failure {
    NotFound,
    Other(String),
}

fn main() {
    of_a_type_of_its_own(Uuid(1));
    let _ = (Failure::NotFound, Failure::Other(String::new()));
}
