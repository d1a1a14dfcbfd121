//! Attributes stand in any order round ours.
#![deny(warnings)]

use tallied::observed;

#[inline(always)]
#[observed]
#[must_use]
fn before_and_after() -> u8 {
    1
}

#[observed]
#[must_use]
async fn waits() -> u8 {
    1
}

#[deprecated]
#[observed]
#[cold]
fn old() {}

#[observed(outer_name)]
#[observed(inner_name)]
fn twice() -> Result<(), ()> {
    Ok(())
}

#[observed]
#[track_caller]
fn caller() -> u32 {
    std::panic::Location::caller().line()
}

fn main() {
    assert_eq!(before_and_after(), 1);
    drop(waits());
    #[allow(deprecated)]
    old();
    twice().unwrap();
    assert_eq!(caller(), line!());
    let text = tallied::gather_metrics();
    assert!(text.contains("outer_name=\"twice\"") && text.contains("inner_name=\"twice\""));
}
