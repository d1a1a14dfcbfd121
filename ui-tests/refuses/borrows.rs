//! What the compiler says of the body's own borrows names the parameter, and says what it says without the attribute.

use tallied::observed;

fn main() {}

#[observed]
fn escapes(n: u32) -> Box<dyn Fn(u32) -> u32> {
    Box::new(|x| x + n)
}

#[observed]
fn assigned(n: u32) -> u32 {
    n += 1;
    n
}

#[observed]
async fn pushed(v: &Vec<u8>, _other: bool) {
    v.push(1);
}
