use tallied::Label;

#[derive(Label)]
struct NotAnEnum;

#[derive(Label)]
enum Empty {}

#[derive(Label)]
#[label(rename_all = "snakecase")]
enum Case {
    A,
}

#[derive(Label)]
#[label(rename = "x")]
enum Arguments {
    #[label(renam = "y")]
    A,
    #[label(rename = "y", rename = "z")]
    B,
    #[label(rename = "")]
    C,
}

#[derive(Label)]
enum Shapes {
    A { field: bool },
    B(bool, bool),
}

#[derive(Label)]
enum Twice {
    NotFound,
    #[label(rename = "not_found")]
    Missing,
}

#[derive(Label)]
enum Inner {
    Timeout,
    Reset,
}

#[derive(Label)]
enum AcrossNesting {
    Reset,
    Io(Inner),
}

#[derive(Label)]
enum AbsentInside {
    A,
    B(Option<Inner>),
}

#[derive(Label)]
enum OnAField {
    Other(#[label(max = 3)] bool),
}

fn main() {}
