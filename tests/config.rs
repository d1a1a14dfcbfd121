//! What a configuration changes at the start of a program.

use std::time::Duration;

use tallied::{Config, Conflict, Format, Histogram, Metrics, observed, testing};
use tallied_tests::exposition::value;

#[derive(Metrics)]
#[metrics(prefix = "config")]
struct Group {
    /// Time.
    #[metrics(buckets = [1.0, 2.0, 3.0, 4.0], native)]
    wait_seconds: Histogram,
    /// Degrees.
    #[metrics(buckets = [1.0, 2.0])]
    drift_celsius: Histogram,
}

static GROUP: Group = Group::new();

#[observed(counter = "config_calls_total", histogram = "config_wait_seconds", buckets = [1.0, 2.0, 3.0, 4.0])]
fn wait() {}

#[observed(histogram(name = "config_late_seconds", labels()))]
fn late() {}

#[observed(histogram(name = "config_short_seconds", labels(), buckets = [1.0, 2.0]))]
fn short() {}

// One test: a configuration is that of the process.
#[test]
fn bounds_are_replaced_and_the_exposition_is_switched_off() {
    late();
    let config = Config::new()
        .bounds("config_drift_celsius", [-1.0, 0.5])
        .bounds("config_nothing", [1.0])
        .bounds("config_short_seconds", [1e-10, 300.0])
        .bounds("config_calls_total", [1.0])
        .bounds("config_late_seconds", [1.0])
        .bounds("config_drift_celsius", [1.0, 2.0, 3.0])
        .bounds("config_drift_celsius", [2.0, 1.0])
        .bounds("config_drift_celsius", [f64::NAN])
        .bounds("config_drift_celsius", [])
        .exposition(true);
    let refused = tallied::init_with(&config).unwrap_err();
    let why: Vec<String> = refused.conflicts().iter().map(Conflict::to_string).collect();
    let said = [
        "`config_nothing` cannot have the bounds [1.0]: there is no such family",
        "`config_calls_total` cannot have the bounds [1.0]: it is a counter",
        "it has observed something already",
        "it was compiled for at most 2",
        "strictly increasing",
        "must be finite",
        "at least one bound",
    ];
    for (message, part) in why.iter().zip(said) {
        assert!(message.contains(part), "{message}");
    }
    // And the attribute's help is another one than the group's.
    assert_eq!(why.len(), said.len() + 1, "{why:#?}");
    for drift in [-2.0, 0.0, 0.5, 7.0] {
        GROUP.drift_celsius.observe(drift);
    }
    let text = tallied::gather_metrics();
    let bucket = |le| value(&text, "config_drift_celsius_bucket", &[("le", le)]);
    assert_eq!([bucket("-1"), bucket("0.5"), bucket("+Inf")], [Some(1.0), Some(3.0), Some(4.0)]);

    let _ = tallied::init_with(&Config::new().bounds("config_wait_seconds", [0.0005, 2.5]));
    wait();
    GROUP.wait_seconds.observe(Duration::from_secs(2));
    GROUP.wait_seconds.observe(2.5);
    GROUP.wait_seconds.observe(3);
    GROUP.wait_seconds.observe(Duration::MAX);
    let text = tallied::gather_metrics();
    let bucket = |le| value(&text, "config_wait_seconds_bucket", &[("le", le)]);
    assert_eq!([bucket("0.0005"), bucket("2.5"), bucket("+Inf"), bucket("1")], [Some(0.0), Some(2.0), Some(3.0), None]);
    let labels = [("status", "ok"), ("le", "0.0005")];
    assert_eq!(value(&text, "config_wait_seconds_bucket", &labels), None, "other label names than the group's");

    let _ = tallied::init_with(&Config::new().exposition(false));
    assert_eq!(tallied::gather_metrics(), "");
    let mut out = Vec::new();
    tallied::encode(Format::OpenMetrics, &mut out);
    assert_eq!(out, b"# EOF\n");
    wait();
    assert_eq!(testing::value("config_calls_total", &[("status", "ok")]), Some(2.0), "counting goes on");
    let _ = tallied::init_with(&Config::new().exposition(true));
    assert!(tallied::gather_metrics().contains("config_calls_total{status=\"ok\"} 2\n"));
    // A bound below a nanosecond is one too.
    short();
    let text = tallied::gather_metrics();
    let bucket = |bound| value(&text, "config_short_seconds_bucket", &[("le", bound)]);
    assert_eq!((bucket("1e-10"), bucket("300"), bucket("+Inf")), (Some(0.0), Some(1.0), Some(1.0)), "{text}");
}
