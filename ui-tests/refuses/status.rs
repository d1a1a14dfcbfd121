//! The words for what becomes of a call are an enum with `Label` and `Outcome`.

use tallied::{Label, observed};

#[observed(status)]
fn nothing() {}

#[observed(status = "done")]
fn a_text() {}

#[observed(status = TaskStatus, status = TaskStatus)]
fn twice() {}

#[observed(status = S)]
fn of_a_parameter<S>(status: S) -> S {
    status
}

#[derive(Clone, Copy, Label)]
enum TaskStatus {
    Done,
}

fn main() {
    let _ = TaskStatus::Done;
}
