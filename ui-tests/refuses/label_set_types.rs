//! A field is a label, or says how many values it keeps, or is a set itself; no name stands twice.

use tallied::{Label, LabelSet, observed};

#[derive(LabelSet)]
struct Unbounded<'a> {
    user: String,
    path: &'a str,
    id: Option<u64>,
    #[label(max = 3)]
    score: f64,
    #[label(flatten)]
    hit: bool,
}

#[derive(LabelSet)]
struct Http {
    method: Method,
}

#[derive(Clone, Copy, Label)]
enum Method {
    Get,
}

#[derive(LabelSet)]
struct Twice {
    method: Method,
    #[label(flatten)]
    http: Http,
}

#[observed(method, labels(http(flatten)))]
fn twice(method: Method, http: Http) {
    drop((method, http));
}

#[derive(LabelSet)]
struct Status {
    status: bool,
}

#[observed(labels(status(flatten)))]
fn a_set_of_that_name(status: Http) {
    drop(status);
}

#[observed(labels(http(flatten)), counter(labels(method, status)))]
fn a_part_of_a_set(http: Http) {
    drop(http);
}

#[observed(labels(status_of(flatten)))]
fn status(status_of: Status) {
    drop(status_of);
}

#[observed(labels(http(flatten) = Http { method: Method::Get }))]
fn without_a_type() {}

#[observed(labels(hit(flatten)))]
fn no_set(hit: bool) {
    drop(hit);
}

fn main() {}
