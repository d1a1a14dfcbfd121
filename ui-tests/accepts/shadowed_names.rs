//! A crate may call its modules and types whatever it likes.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, unused_macros)]

mod std {}
mod core {}
mod tracing {}
mod tallied {}

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Box;
struct Vec;
struct String;
struct Send;
struct Future;
struct Site;
trait Fn {}
trait FnOnce {}
trait Drop {}
trait Copy {}
trait Iterator {}
const BOUNDS: [::core::primitive::f64; 2] = [0.1, 1.0];
type bool = u8;
type f64 = u8;
type u32 = u8;
type str = u8;
fn drop() {}
fn told() {}
const SITE: () = ();
macro_rules! span {
    () => {};
}
macro_rules! file {
    () => {};
}
macro_rules! line {
    () => {};
}
macro_rules! module_path {
    () => {};
}

#[::tallied::observed(task_name, histogram, in_flight)]
fn work(__site: Site, __out: Option) -> Result {
    let _ = (__site, __out, SITE);
    Result
}

#[::tallied::observed(buckets = BOUNDS, histogram)]
async fn waits(site: &Site) -> Ok {
    let _ = site;
    Ok
}

#[::tallied::observed]
fn iterates() -> impl ::core::marker::Sized {}

fn main() {
    let _ = work(Site, Option);
    iterates();
    ::core::mem::drop(waits(&Site));
}
