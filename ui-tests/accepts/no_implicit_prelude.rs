//! Nothing of the prelude is trusted.
#![no_implicit_prelude]
#![deny(warnings)]

#[::tallied::observed(task_name, histogram, in_flight)]
fn work(n: u8) -> ::core::result::Result<u8, u8> {
    ::core::result::Result::Ok(n)
}

#[::tallied::observed]
async fn waits(n: &u8) -> u8 {
    *n
}

#[::tallied::observed]
fn iterates() -> impl ::core::marker::Sized {}

fn main() {
    let _ = work(1);
    iterates();
    ::core::mem::drop(waits(&1));
}
