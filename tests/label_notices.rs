//! What an operator must know of open-ended labels is said once, at a scrape.

use tallied_tests::events::Events;
use tallied_tests::exposition::value;

// One test: what was told stays told.
#[test]
fn what_is_wrong_with_an_open_ended_label_is_told_once_at_a_scrape() {
    an_overflow_is_told_once_and_not_in_the_call();
    different_numbers_are_told_with_both_places();
    families_that_are_fed_together_keep_the_same_values();
}

mod labels {
    use tallied::observed;

    #[observed(
        labels(tenant(max = 1)),
        counter = "overflowing_total",
        histogram = "overflowing_seconds",
        in_flight = "overflowing_now"
    )]
    pub(super) fn overflowing(tenant: &str) {}

    #[observed(labels(tenant(max = 2)), counter = "disagreeing_total")]
    pub(super) fn keeps_two(tenant: &str) {}

    #[observed(labels(tenant(max = 3)), counter = "disagreeing_total")]
    pub(super) fn keeps_three(tenant: &str) {}

    #[observed(labels(tenant(max = 1)), counter = "apart_one_total", histogram = "apart_seconds")]
    pub(super) fn apart_one(tenant: &str) {}

    #[observed(labels(tenant(max = 1)), counter = "apart_two_total")]
    pub(super) fn apart_two(tenant: &str) {}

    #[observed(labels(tenant(max = 1)), counter = "apart_two_total", histogram = "apart_seconds")]
    pub(super) fn apart_both(tenant: &str) {}
}

fn an_overflow_is_told_once_and_not_in_the_call() {
    let during_calls = Events::during(|| {
        labels::overflowing("a");
        labels::overflowing("b");
    });
    assert_eq!(during_calls, [] as [&str; 0]);
    let told = |events: Vec<String>| {
        let told = events
            .into_iter()
            .filter(|event| event.contains("the label `tenant` at ") && event.contains("keeps 1 value"));
        told.collect::<Vec<_>>()
    };
    let first = told(Events::during(|| drop(tallied::gather_metrics())));
    assert_eq!(first.len(), 1, "once for all families that have it: {first:#?}");
    assert!(first[0].starts_with("WARN tallied the label `tenant` at tests/label_notices.rs:"), "{first:#?}");
    assert!(
        first[0].ends_with(
            " keeps 1 value, none above 1024 bytes, and there were others: they are counted as `_other`, and by family in \
             `tallied_label_overflow_total`; raise its `max`, or reserve the values that matter"
        ),
        "{first:#?}"
    );
    labels::overflowing("c");
    assert_eq!(told(Events::during(|| drop(tallied::gather_metrics()))), [] as [&str; 0]);
}

fn different_numbers_are_told_with_both_places() {
    labels::keeps_three("a");
    labels::keeps_three("b");
    labels::keeps_two("a");
    labels::keeps_three("c");
    let events = Events::during(|| drop(tallied::gather_metrics()));
    let told = events.iter().find(|event| event.contains("keeps 3 values at")).unwrap();
    assert!(told.contains("the label `tenant` keeps 3 values"), "{told}");
    assert_eq!(told.matches("notices.rs:").count(), 2, "{told}");
    let text = tallied::gather_metrics();
    let of = |tenant| value(&text, "disagreeing_total", &[("tenant", tenant), ("status", "ok")]);
    assert!(told.contains("the smaller holds"), "{told}");
    // The smaller number holds, whoever came first, and nothing is lost.
    assert_eq!((of("a"), of("b"), of("_other"), of("c")), (Some(2.0), Some(1.0), Some(1.0), None));
}

fn families_that_are_fed_together_keep_the_same_values() {
    labels::apart_one("a");
    labels::apart_two("b");
    labels::apart_both("c");
    labels::apart_both("a");
    let text = tallied::gather_metrics();
    let of = |family, tenant| value(&text, family, &[("tenant", tenant), ("status", "ok")]);
    // One function feeds both: so there is one place, though each family alone would have had its own.
    assert_eq!((of("apart_one_total", "a"), of("apart_two_total", "a")), (Some(1.0), Some(1.0)));
    assert_eq!((of("apart_two_total", "_other"), of("apart_seconds_count", "_other")), (Some(2.0), Some(1.0)));
    assert_eq!(of("apart_seconds_count", "a"), Some(2.0));
    tallied::reserve("apart_seconds", "tenant", ["a"]).unwrap();
    assert!(tallied::reserve("apart_two_total", "tenant", ["b"]).is_err());
}
