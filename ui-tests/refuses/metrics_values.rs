use tallied::{Counter, Gauge, Histogram, Label, LabelSet, Metrics, Summary, buckets};

#[derive(Clone, Copy, Label)]
enum Route {
    Index,
    Item,
}

#[derive(LabelSet)]
struct By {
    route: Route,
    hit: bool,
}

#[derive(LabelSet)]
struct Twice {
    #[label(flatten)]
    by: By,
    hit: bool,
}

#[derive(Metrics)]
struct Values {
    /// Sizes.
    size_bytes: Histogram,
    /// Sizes.
    #[metrics(buckets = [2.0, 1.0])]
    unsorted_bytes: Histogram,
    /// Sizes.
    #[metrics(buckets = buckets::linear::<3>(1.0, 0.0))]
    flat_bytes: Histogram,
    /// Sizes.
    #[metrics(buckets = [1.0])]
    counted_total: Counter,
    /// Sizes.
    #[metrics(native)]
    level: Gauge,
    /// Time.
    #[metrics(quantiles = [0.5, 1.5])]
    wait_seconds: Summary,
    /// Time.
    #[metrics(quantiles = [0.5])]
    other_seconds: Histogram,
    /// By route.
    #[metrics(budget = 3)]
    by_total: Counter<By>,
    /// Not a label set.
    route: Gauge<Route>,
    /// Not a metric.
    other: Other,
}

struct Other;

fn main() {
    let _ = Values::new();
}
