use tallied::{Counter, Gauge, Histogram, Info, Metrics, Summary};

#[derive(Metrics)]
#[metrics(prefx = "shop", prefix = "shop_")]
struct Arguments {
    /// Orders.
    #[metrics(bucket = [1.0], zero = 1, unit = "min", native = true, allow(total))]
    orders_total: Counter,
    /// Orders.
    #[metrics(rename = "orders_total", rename = "b", buckets = 1.0, quantiles = vec![0.5], budget = "9")]
    again_total: Counter,
    orders: Gauge,
    ///
    empty: Gauge,
}

#[derive(Metrics)]
#[metrics(prefix = "shop")]
struct Names {
    /// Orders.
    orders: Counter,
    /// Orders.
    orders_total: Gauge,
    /// Orders.
    order_count: Gauge,
    /// Orders.
    #[metrics(rename = "orders-open")]
    open: Gauge,
    /// Orders.
    orders_total_total: Counter,
    /// Orders.
    build: Info,
    /// Time.
    wait_ms: Histogram,
    /// Time.
    #[metrics(unit = "ms", allow(base_unit))]
    wait_seconds: Summary,
    /// Time.
    wait_histogram_seconds: Histogram,
    /// Time.
    waitTime: Gauge,
    /// Size.
    size_bucket: Histogram,
}

#[derive(Metrics)]
struct Types {
    /// A number.
    number: u64,
    /// Several.
    several: (Counter, Counter),
    /// Maybe.
    maybe: Option<Counter>,
}

#[derive(Metrics)]
struct Generic<T> {
    /// A number.
    number: Gauge<T>,
}

#[derive(Metrics)]
struct Tuple(Counter);

#[derive(Metrics)]
enum Enum {}

fn main() {
    // The item is there, and its `new`.
    let _ = (Arguments::new(), Names::new(), Types::new());
}
