//! The words by hand: one to sixty-four, different, and each constant is the index of one.

use tallied::{Label, Outcome, Values, observed};

struct Words<const ERROR: usize, const TWICE: bool>;

impl<const ERROR: usize, const TWICE: bool> Label for Words<ERROR, TWICE> {
    const VALUES: Values = Values::texts(if TWICE { &["fine", "fine"] } else { &["fine", "broken"] });

    fn index(&self) -> usize {
        0
    }
}

impl<const ERROR: usize, const TWICE: bool> Outcome for Words<ERROR, TWICE> {
    const OK: usize = 0;
    const ERROR: usize = ERROR;
    const CANCELLED: usize = 1;
    const PANICKED: usize = 1;
}

#[observed(status = Words<1, false>)]
fn fine() {}

#[observed(status = Words<2, false>)]
fn no_such_word() {}

#[observed(status = Words<1, true>)]
fn the_same_word() {}

fn main() {
    fine();
}
