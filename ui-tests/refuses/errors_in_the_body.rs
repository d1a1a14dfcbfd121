//! What is wrong in a body is said where it stands.

use tallied::observed;

#[observed]
fn mismatched() -> u8 {
    "text"
}

#[observed]
async fn mismatched_later() -> u8 {
    "text"
}

#[observed]
fn borrowed(text: String) -> &'static str {
    &text
}

#[observed]
fn unused(text: &str) -> usize {
    let n: usize = text;
    n
}

fn main() {}
