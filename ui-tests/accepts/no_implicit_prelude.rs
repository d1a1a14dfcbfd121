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

#[derive(::tallied::Label, ::tallied::Outcome)]
enum Words {
    Ok,
    Error,
}

#[derive(::tallied::LabelSet)]
struct Set<'a, L> {
    flag: L,
    #[label(max = 3)]
    text: &'a str,
    #[label(flatten)]
    inner: Inner,
}

#[derive(::tallied::LabelSet)]
struct Inner {
    flag2: bool,
}

#[::tallied::observed(
    labels(set(flatten), n(max = 2), kind = true),
    after(big = |n| *n > 1, other(max = 2) = |n| *n),
    status = Words
)]
fn labelled(set: &Set<'_, bool>, n: u8) -> u8 {
    let more = set.flag && set.inner.flag2 && set.text.is_empty();
    if more { n + 1 } else { n }
}

fn main() {
    let inner = Inner { flag2: true };
    labelled(&Set { flag: true, text: "", inner }, 1);
    let _ = work(1);
    iterates();
    ::core::mem::drop(waits(&1));
}
