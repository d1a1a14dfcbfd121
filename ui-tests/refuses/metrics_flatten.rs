use tallied::{Counter, LabelSet, Metrics};

#[derive(LabelSet)]
struct Inner<T> {
    hit: T,
}

#[derive(LabelSet)]
struct Twice<T> {
    #[label(flatten)]
    inner: Inner<T>,
    hit: bool,
}

#[derive(Metrics)]
struct Values {
    /// Two labels of one name.
    twice_total: Counter<Twice<bool>>,
}

fn main() {
    Values::new().twice_total.inc();
}
