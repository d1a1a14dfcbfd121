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

trait Everything {
    fn open(&self) {}
    fn join(&self) {}
    fn set(&self) {}
    fn number(&self) {}
    fn after(&self) {}
    fn words(&self) {}
    fn checked(&self) {}
    fn with_text(&self) {}
    fn listed(&self) {}
}
impl<T: ?::core::marker::Sized> Everything for T {}

#[derive(::tallied::Label, ::tallied::Outcome)]
enum Words {
    Ok,
    #[outcome(error)]
    Err,
}

#[derive(::tallied::LabelSet)]
struct Set<'a> {
    flag: ::core::primitive::bool,
    #[label(max = 3)]
    text: &'a ::core::primitive::str,
}

#[::tallied::observed(
    labels(set(flatten): Set<'_> = __number, t(max = 2) = __text),
    after(label = |__number: &::core::primitive::u8| *__number > 1, other(max = 2) = |__out| *__out),
    status = Words
)]
fn labelled(__number: &Set<'_>, __text: ::core::primitive::u8) -> ::core::primitive::u8 {
    if __number.flag && __number.text.is_empty() { __text } else { 2 }
}

fn main() {
    labelled(&Set { flag: true, text: "" }, 1);
    let _ = work(Site, Option);
    iterates();
    ::core::mem::drop(waits(&Site));
}
