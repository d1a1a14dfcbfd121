//! `tallied::init` finds what cannot stand together before anything was called.

use tallied::{Conflict, Label, observed};

mod orders {
    use tallied::observed;

    #[observed(task_name)]
    pub fn load() {}
}

mod carts {
    use tallied::observed;

    /// The bare name is that of another function.
    #[observed(task_name)]
    pub fn load() {}

    #[observed(labels(task_name = "load_cart"))]
    pub fn load_cart() {}

    #[observed]
    pub fn apart() {}
}

#[observed]
fn apart() {}

#[derive(Clone, Copy, Label)]
enum Route {
    Home,
    Cart,
}

#[observed(route, counter = "init_served_total")]
fn serve(route: Route) {
    let _ = route;
}

#[observed(labels(route = "cart"), counter = "init_served_total")]
fn serve_cart() {}

#[observed(labels(route = "none"), counter = "init_served_total")]
fn serve_none() {}

#[observed(labels(route(max = 3)), counter = "init_kept_total")]
fn keep(route: &str) {
    let _ = route;
}

#[observed(labels(route = "cart"), counter = "init_kept_total")]
fn keep_cart() {}

#[observed(histogram(name = "init_differs_seconds", buckets = [1.0]), counter = false)]
fn first() {}

#[observed(histogram(name = "init_differs_seconds", buckets = [2.0]), counter = false)]
fn second() {}

#[observed(counter(name = "init_differs_seconds", labels(status)), allow(total_suffix))]
fn third() {}

#[observed(counter(name = "init_differs_seconds_count", help = "S"), allow(total_suffix, reserved_suffix))]
fn fourth() {}

#[observed(counter(name = "init_help_total", help = "One."))]
fn one() {}

#[observed(counter(name = "init_help_total", help = "Another.", labels(step)), labels(step = "two"))]
fn two() {}

/// The lines of the source that hold these functions' attributes.
fn lines(names: [&str; 2]) -> Vec<u32> {
    let source = include_str!("init.rs");
    let line = |name: &str| {
        let at = source.lines().position(|line| line.trim_start().contains(&format!("fn {name}("))).unwrap();
        u32::try_from(at).unwrap()
    };
    names.map(line).to_vec()
}

#[test]
fn every_conflict_is_found_with_both_places_and_nothing_else() {
    let conflicts = tallied::init().unwrap_err();
    let said: Vec<String> = conflicts
        .conflicts()
        .iter()
        .map(|conflict| {
            let (what, [(_, first), (_, second)]) = match conflict {
                Conflict::Differs { family, what, places } => (format!("{family} {what}"), places),
                Conflict::Clash { sample, places, .. } => (format!("{sample} clash"), places),
                Conflict::SameSeries { family, places } => (format!("{family} same"), places),
                other => panic!("{other}"),
            };
            format!("{what} {first} {second}")
        })
        .collect();
    let at = |what: &str, names| {
        let lines = lines(names);
        format!("{what} {} {}", lines[0], lines[1])
    };
    let second_load = lines(["load_cart", "load"])[0] - 3;
    assert_eq!(
        said,
        [
            at("init_differs_seconds buckets", ["first", "second"]),
            at("init_differs_seconds type", ["first", "third"]),
            at("init_help_total label names", ["one", "two"]),
            at("init_kept_total same", ["keep", "keep_cart"]),
            at("init_served_total same", ["serve", "serve_cart"]),
            format!("tallied_tests_task_calls_total same {} {second_load}", lines(["load", "load"])[0]),
            at("init_differs_seconds_count clash", ["first", "fourth"]),
        ]
    );
    let text = conflicts.to_string();
    assert_eq!(text.lines().count(), said.len());
    assert!(text.contains("the family `init_served_total` gets the same series at "), "{text}");
    assert!(text.contains("rename one"), "{text}");
    // What it looked at can be called all the same.
    orders::load();
    carts::load();
    carts::load_cart();
    carts::apart();
    apart();
    serve(Route::Home);
    serve(Route::Cart);
    serve_cart();
    serve_none();
    keep("a");
    keep_cart();
    first();
    second();
    third();
    fourth();
    one();
    two();
    assert_eq!(tallied::init().unwrap_err(), conflicts);
}
