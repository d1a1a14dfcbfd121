//! A set of labels is a struct with a name for each.

use tallied::LabelSet;

#[derive(LabelSet)]
enum Choice {
    One,
}

#[derive(LabelSet)]
struct Tuple(bool);

#[derive(LabelSet)]
struct Names {
    le: bool,
    _hidden: bool,
    #[label(rename = "a-b")]
    dashed: bool,
    #[label(rename = "hit")]
    first: bool,
    hit: bool,
}

#[derive(LabelSet)]
struct Arguments {
    #[label(max = 0)]
    none: u8,
    #[label(max = "many")]
    text: u8,
    #[label(flatten, max = 3)]
    set: (),
    #[label(flaten)]
    misspelt: bool,
    #[label(max = 3, max = 3)]
    twice: u8,
}

#[derive(LabelSet)]
struct Values {
    #[label(flatten = true)]
    set: (),
    #[label(max)]
    most: u8,
}

#[derive(LabelSet)]
#[label(rename_all = "lowercase")]
struct Case {
    hit: bool,
}

fn main() {}
