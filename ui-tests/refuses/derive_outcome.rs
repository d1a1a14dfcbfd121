//! An outcome says what is ok and what an error, each once.

use tallied::{Label, Outcome};

#[derive(Clone, Copy, Label, Outcome)]
enum Neither {
    Done,
    Lost,
}

#[derive(Clone, Copy, Label, Outcome)]
enum Twice {
    #[outcome(ok)]
    Done,
    #[outcome(ok, error)]
    Lost,
}

#[derive(Clone, Copy, Label, Outcome)]
enum Misspelt {
    #[outcome(okay)]
    Done,
    #[outcome(eror)]
    Lost,
    Ok,
    Error,
}

#[derive(Clone, Copy, Label, Outcome)]
enum Nested {
    Ok,
    #[outcome(error)]
    Because(Reason),
}

#[derive(Clone, Copy, Label)]
enum Reason {
    Closed,
}

#[derive(Clone, Copy, Label, Outcome)]
#[outcome(ok)]
enum Misplaced {
    Ok,
    Error,
}

#[derive(Clone, Copy, Label, Outcome)]
enum OnAField {
    Ok,
    Error,
    Other(#[outcome(cancelled)] bool),
}

#[derive(Clone, Copy, Label, Outcome)]
enum SaidOtherwise {
    #[outcome(error)]
    Ok,
}

#[derive(Outcome)]
struct Struct;

fn main() {}
