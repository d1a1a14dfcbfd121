//! A label is no outcome before it says what is ok and what an error.

use tallied::{Label, observed};

#[derive(Clone, Copy, Label)]
enum TaskStatus {
    Done,
}

#[observed(status = TaskStatus)]
fn without_an_outcome() -> Result<u8, u8> {
    Ok(1)
}

fn main() {
    let _ = (without_an_outcome(), TaskStatus::Done);
}
