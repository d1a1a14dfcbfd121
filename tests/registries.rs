//! Other people's collectors in our exposition, and ours in their registry.

use std::collections::HashMap;

use prometheus::core::{Collector, Desc};
use prometheus::{Encoder as _, proto};
use tallied::observed;
use tallied_tests::exposition::{series, value};

#[observed(task_name, histogram, in_flight)]
fn work() -> Result<(), ()> {
    Ok(())
}

/// A collector that says whatever it is told to.
struct Says {
    desc: Desc,
    families: fn() -> Vec<proto::MetricFamily>,
}

impl Says {
    fn register(name: &str, families: fn() -> Vec<proto::MetricFamily>) {
        let desc = Desc::new(name.into(), "Help.".into(), Vec::new(), HashMap::new()).unwrap();
        tallied::registry().register(Box::new(Says { desc, families })).unwrap();
    }
}

impl Collector for Says {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        (self.families)()
    }
}

fn gauge(name: &str, label_sets: &[&[(&str, &str)]]) -> Vec<proto::MetricFamily> {
    let mut family = proto::MetricFamily::default();
    family.set_name(name.into());
    family.set_help("Help.".into());
    family.set_field_type(proto::MetricType::GAUGE);
    let metric = |labels: &&[(&str, &str)]| {
        let mut gauge = proto::Gauge::default();
        gauge.set_value(7.0);
        let mut metric = proto::Metric::from_gauge(gauge);
        let pair = |(name, value): &(&str, &str)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name((*name).into());
            pair.set_value((*value).into());
            pair
        };
        metric.set_label(labels.iter().map(pair).collect());
        metric
    };
    family.set_metric(label_sets.iter().map(metric).collect());
    vec![family]
}

// One test: what is registered stays, and a collector that panics hides the rest.
#[test]
#[allow(clippy::too_many_lines)]
fn other_peoples_collectors_join_the_exposition_and_cannot_break_it() {
    work().unwrap();
    let registry = tallied::registry();
    let counter = prometheus::Counter::new("theirs_total", "Theirs.").unwrap();
    counter.inc_by(2.5);
    registry.register(Box::new(counter)).unwrap();
    let histogram = prometheus::Histogram::with_opts(
        prometheus::HistogramOpts::new("theirs_seconds", "Theirs.").buckets(vec![1.0, 2.0]),
    )
    .unwrap();
    for seconds in [0.5, 1.5, 9.0] {
        histogram.observe(seconds);
    }
    registry.register(Box::new(histogram)).unwrap();

    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "theirs_total", &[]), Some(2.5));
    assert_eq!(
        series(&text, "theirs_seconds_bucket"),
        [
            "theirs_seconds_bucket{le=\"1\"} 1",
            "theirs_seconds_bucket{le=\"2\"} 2",
            "theirs_seconds_bucket{le=\"+Inf\"} 3"
        ]
    );
    assert_eq!(value(&text, "theirs_seconds_sum", &[]), Some(11.0));

    // A summary, and a time of its own.
    Says::register("n", || {
        let quantile = |of, value| {
            let mut quantile = proto::Quantile::default();
            quantile.set_quantile(of);
            quantile.set_value(value);
            quantile
        };
        let mut summary = proto::Summary::default();
        summary.set_quantile(vec![quantile(0.5, 1.0), quantile(0.99, f64::NAN)]);
        summary.set_sample_count(3);
        summary.set_sample_sum(4.5);
        let mut metric = proto::Metric::default();
        metric.set_summary(summary);
        metric.set_timestamp_ms(1_700_000_000_000);
        let mut family = gauge("theirs_summary", &[]);
        family[0].set_field_type(proto::MetricType::SUMMARY);
        family[0].set_metric(vec![metric]);
        family
    });
    let text = tallied::gather_metrics();
    for line in [
        "theirs_summary{quantile=\"0.5\"} 1 1700000000000",
        "theirs_summary{quantile=\"0.99\"} NaN 1700000000000",
        "theirs_summary_sum 4.5 1700000000000",
        "theirs_summary_count 3 1700000000000",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }

    // Each of these would make a server refuse the whole scrape.
    Says::register("a", || gauge("two words", &[&[]]));
    Says::register("b", || gauge("bad_label", &[&[("a-b", "x")]]));
    Says::register("c", || gauge("twice_the_label", &[&[("a", "x"), ("a", "y")]]));
    Says::register("d", || gauge("twice_the_series", &[&[("a", "x")], &[("a", "x")]]));
    Says::register("e", || gauge("twice_but_for_the_empty_label", &[&[], &[("a", "")]]));
    Says::register("f", || gauge("tallied_tests_task_duration_seconds_count", &[&[]]));
    Says::register("i", || gauge("reserved_label", &[&[("__name__", "x")]]));
    Says::register("k", || {
        let mut mixed = gauge("mixed_too", &[&[("a", "x")]]);
        mixed[0].set_field_type(proto::MetricType::COUNTER);
        mixed
    });
    Says::register("l", || {
        let quantile = |value| {
            let mut quantile = proto::Quantile::default();
            quantile.set_quantile(0.5);
            quantile.set_value(value);
            quantile
        };
        let mut summary = proto::Summary::default();
        summary.set_quantile(vec![quantile(1.0), quantile(2.0)]);
        let mut metric = proto::Metric::default();
        metric.set_summary(summary);
        let mut family = gauge("twice_the_quantile", &[]);
        family[0].set_field_type(proto::MetricType::SUMMARY);
        family[0].set_metric(vec![metric]);
        family
    });
    // A collector that scrapes us in turn would never end.
    Says::register("m", || {
        assert!(tallied::gather_metrics().contains("tallied_tests_task_calls_total"));
        gauge("scrapes_in_turn", &[&[]])
    });
    Says::register("g", || gauge("fine", &[&[("a", "x")], &[("a", "y")]]));
    registry.register(Box::new(tallied::collector())).unwrap();
    let before = text;
    let text = tallied::gather_metrics();
    for gone in [
        "two words",
        "bad_label",
        "twice_the_label",
        "twice_the_series",
        "twice_but_for_the_empty_label",
        "reserved_label",
        "mixed_too",
        "twice_the_quantile",
    ] {
        assert!(!text.contains(gone), "{gone} is exposed");
    }
    assert_eq!(series(&text, "scrapes_in_turn").len(), 1);
    let counts = series(&text, "tallied_tests_task_duration_seconds_count");
    assert!(counts.iter().all(|line| line.contains("task_name=")), "{counts:?}");
    assert_eq!(series(&text, "fine").len(), 2);
    for line in before.lines().filter(|line| line.starts_with("theirs") || line.contains("\"work\"")) {
        assert!(text.contains(line), "`{line}` is gone");
    }

    Says::register("h", || panic!("in a collector"));
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "tallied_tests_task_calls_total", &[("task_name", "work"), ("status", "ok")]), Some(1.0));
    assert!(!text.contains("theirs_total"));
}

#[observed(task_name, histogram, in_flight)]
fn work_for_them() {}

#[test]
fn our_families_go_into_a_registry_of_theirs() {
    work_for_them();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(tallied::collector())).unwrap();
    assert!(theirs.register(Box::new(tallied::collector())).is_err(), "once is enough");
    let mut text = Vec::new();
    prometheus::TextEncoder::new().encode(&theirs.gather(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let labels = [("task_name", "work_for_them"), ("status", "ok")];
    assert_eq!(value(&text, "tallied_tests_task_calls_total", &labels), Some(1.0));
    assert_eq!(value(&text, "tallied_tests_task_duration_seconds_count", &labels), Some(1.0));
    let buckets = series(&text, "tallied_tests_task_duration_seconds_bucket");
    let buckets = buckets.iter().filter(|line| line.contains("work_for_them"));
    assert_eq!(buckets.count(), 13, "their encoder adds +Inf");
    assert_eq!(value(&text, "tallied_tests_task_in_flight", &[("task_name", "work_for_them")]), Some(0.0));
}

mod one {
    #[tallied::observed(histogram = "contested_seconds", counter = "shared_total")]
    pub fn first() {}
}

mod two {
    #[tallied::observed(histogram = "contested_seconds", buckets = [1.0], counter(name = "shared_total", help = "Other."))]
    pub fn second() {}
    #[tallied::observed(counter = "contested_seconds_count", allow(total_suffix, reserved_suffix))]
    pub fn third() {}
}

mod late {
    #[tallied::observed(counter = "early_seconds_count", allow(total_suffix, reserved_suffix))]
    pub fn first() {}
    #[tallied::observed(histogram = "early_seconds")]
    pub fn second() {}
}

#[test]
fn what_was_exposed_once_is_not_displaced_by_what_comes_later() {
    late::first();
    let before = tallied::gather_metrics();
    late::second();
    let text = tallied::gather_metrics();
    for text in [before, text] {
        assert_eq!(value(&text, "early_seconds_count", &[("status", "ok")]), Some(1.0));
        assert!(series(&text, "early_seconds_bucket").is_empty());
    }
}

#[test]
fn of_two_that_cannot_stand_together_the_first_is_exposed() {
    one::first();
    two::second();
    two::second();
    two::third();
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "contested_seconds_count", &[("status", "ok")]), Some(1.0), "other buckets");
    assert_eq!(series(&text, "contested_seconds_bucket").len(), 13);
    assert_eq!(value(&text, "shared_total", &[("status", "ok")]), Some(3.0), "another help loses no number");
    assert_eq!(text.matches("# HELP shared_total").count(), 1);
}
