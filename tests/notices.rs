//! What is left out of a scrape is said once, as a warning, and never inside a call.

use tallied_tests::events::Events;
use tallied_tests::exposition::value;

#[tallied::observed(histogram = "contested_seconds")]
fn first() {}

#[tallied::observed(histogram = "contested_seconds", buckets = [1.0])]
fn second() {}

#[tallied::observed(counter = "contested_seconds_sum_of_all", allow(total_suffix))]
fn third() {}

// One test: what was told stays told.
#[test]
fn what_is_left_out_is_said_once_at_a_scrape_with_both_places() {
    let calls = Events::during(|| {
        first();
        second();
        third();
    });
    assert_eq!(calls, [""; 0], "no event of ours inside a call");
    let mut text = String::new();
    let told = Events::during(|| text = tallied::gather_metrics());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("WARN tallied the family `contested_seconds` at "), "{told:?}");
    assert!(told[0].contains("has other buckets than at") && told[0].matches("notices.rs:").count() == 2, "{told:?}");
    assert_eq!(value(&text, "contested_seconds_count", &[("status", "ok")]), Some(1.0));
    assert_eq!(Events::during(|| drop(tallied::gather_metrics())), [""; 0], "once is enough");
    let registered = prometheus::IntGauge::new("contested_seconds_count", "Theirs.").unwrap();
    tallied::registry().register(Box::new(registered)).unwrap();
    let told = Events::during(|| drop(tallied::gather_metrics()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("its sample `contested_seconds_count` belongs to the family `contested_seconds`"),
        "{told:?}"
    );
}
