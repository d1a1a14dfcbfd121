//! The names of families and labels, derived and given.

use tallied::observed;
use tallied_tests::exposition::{series, value};

fn counted(name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    value(&tallied::gather_metrics(), name, labels)
}

#[track_caller]
fn check(name: &str, labels: &[(&str, &str)], expected: f64) {
    let found = counted(name, labels);
    assert!(found.is_some_and(|found| (found - expected).abs() < 0.5), "{name} {labels:?}: {found:?}, not {expected}");
}

mod cart {
    pub struct Cart;
    pub struct Wrapper<T>(pub T);

    impl Cart {
        #[tallied::observed]
        pub fn load(&self) {}
    }

    impl Wrapper<u8> {
        #[tallied::observed]
        pub fn load(&self) {}
    }

    impl Wrapper<u16> {
        #[tallied::observed]
        pub fn load(&self) {}
    }

    #[tallied::observed]
    pub fn load() {}
}

trait Load {
    fn load(&self);
    #[observed]
    fn provided(&self) {}
}

impl Load for str {
    #[observed]
    fn load(&self) {}
}

struct Basket;

impl Load for Basket {
    #[observed]
    fn load(&self) {}
}

#[observed]
async fn load() {}

#[tokio::test]
async fn the_label_function_holds_the_path_with_the_type() {
    load().await;
    cart::load();
    cart::Cart.load();
    cart::Wrapper(1u8).load();
    cart::Wrapper(1u16).load();
    cart::Wrapper(1u16).load();
    Basket.load();
    Basket.provided();
    "text".load();
    for (function, calls) in [
        ("load", 1.0),
        ("cart::load", 1.0),
        ("cart::Cart::load", 1.0),
        ("cart::Wrapper<u8>::load", 1.0),
        ("cart::Wrapper<u16>::load", 2.0),
        ("Basket::load", 1.0),
        ("Load::provided", 1.0),
        ("str::load", 1.0),
    ] {
        check("tallied_tests_function_calls_total", &[("function", function), ("status", "ok")], calls);
    }
}

#[observed(histogram, in_flight)]
fn unlabelled() {}

#[test]
fn without_a_label_the_families_are_named_after_the_function_label() {
    unlabelled();
    let function = ("function", "unlabelled");
    check("tallied_tests_function_calls_total", &[function, ("status", "ok")], 1.0);
    check("tallied_tests_function_duration_seconds_count", &[function, ("status", "ok")], 1.0);
    check("tallied_tests_function_in_flight", &[function], 0.0);
}

#[observed(step_name, histogram, in_flight)]
fn labelled() {}

#[observed(handler)]
fn r#match() {}

#[test]
fn a_label_names_its_families_and_holds_the_bare_name() {
    labelled();
    r#match();
    check("tallied_tests_step_calls_total", &[("step_name", "labelled"), ("status", "ok")], 1.0);
    check("tallied_tests_step_duration_seconds_count", &[("step_name", "labelled"), ("status", "ok")], 1.0);
    check("tallied_tests_step_in_flight", &[("step_name", "labelled")], 0.0);
    check("tallied_tests_handler_calls_total", &[("handler", "match"), ("status", "ok")], 1.0);
}

const FAST: [f64; 3] = [0.000_001, 0.25, 2.0];
const SLOW: &[f64] = &[1.0];

#[observed(
    counter = "own_calls_total",
    histogram(name = "own_seconds", help = "How long \\ it \"took\".\nReally.", buckets = FAST),
    in_flight(name = "own_running", help = "Now.")
)]
fn named() {}

const REFERENCE: &[f64; 2] = &[1.0, 2.0];

#[observed(counter(name = "own_calls_total"), histogram = "own_slow_seconds", buckets = SLOW)]
fn named_too() {}

struct Worker;

impl Worker {
    const BOUNDS: [f64; 1] = [3.0];

    #[observed(histogram = "own_method_seconds", buckets = Worker::BOUNDS)]
    fn method() {}
}

#[observed(histogram = "own_literal_seconds", buckets = &[1.0, 2.0, 3.0])]
#[observed(histogram = "own_reference_seconds", buckets = REFERENCE)]
fn bounded() {}

#[test]
fn bounds_are_an_array_a_slice_or_a_reference() {
    named_too();
    bounded();
    Worker::method();
    let text = tallied::gather_metrics();
    for (family, bounds) in [("slow", 1), ("literal", 3), ("reference", 2), ("method", 1)] {
        assert_eq!(series(&text, &format!("own_{family}_seconds_bucket")).len(), bounds + 1, "{family}");
    }
}

#[observed(job, counter = "own_jobs_total")]
fn labelled_and_named() {}

#[observed(function, counter = "own_functions_total")]
fn listed() {}

#[test]
fn a_named_family_has_the_labels_that_are_listed_and_status() {
    named();
    named_too();
    labelled_and_named();
    listed();
    // Two callsites write one series: they add up.
    assert!(counted("own_calls_total", &[("status", "ok")]).unwrap() >= 2.0);
    check("own_running", &[], 0.0);
    check("own_jobs_total", &[("job", "labelled_and_named"), ("status", "ok")], 1.0);
    check("own_functions_total", &[("function", "listed"), ("status", "ok")], 1.0);
    assert!(counted("own_slow_seconds_count", &[("status", "ok")]).unwrap() >= 1.0);
    let text = tallied::gather_metrics();
    let bounds: Vec<&str> =
        series(&text, "own_seconds_bucket").iter().map(|line| line.split('"').nth(3).unwrap()).collect();
    assert_eq!(bounds, ["1e-06", "0.25", "2", "+Inf"]);
    assert!(text.contains("# HELP own_seconds How long \\\\ it \"took\".\\nReally.\n"));
}

#[observed(counter = false, histogram = "only_seconds")]
fn uncounted() {}

#[observed(counter = false)]
fn only_a_span() {}

#[test]
fn what_is_switched_off_is_not_there() {
    uncounted();
    only_a_span();
    let text = tallied::gather_metrics();
    assert!(!text.contains("function=\"uncounted\"") && !text.contains("only_a_span"));
    check("only_seconds_count", &[("status", "ok")], 1.0);
}

mod reexported {
    pub mod inside {
        pub use tallied;
    }
}

#[observed(crate = reexported::inside::tallied, counter = "through_a_reexport_total")]
fn through_a_reexport() {}

#[test]
fn a_reexported_crate_is_named_by_its_path() {
    through_a_reexport();
    check("through_a_reexport_total", &[("status", "ok")], 1.0);
}
