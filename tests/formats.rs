//! Four formats of one registry, read by parsers that are not ours: they say the same.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto;
use proptest::prelude::*;
use tallied::{Counter, Format, Gauge, Histogram, Info, LabelSet, Metrics, Summary, Trace, encode, observed};
use tallied_tests::judges::{find, workspace};

#[derive(LabelSet)]
struct Nasty<'a> {
    hit: Option<bool>,
    #[label(max = 20)]
    text: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "formats")]
#[allow(dead_code)] // a family is there though nobody names it
struct Group {
    /// Plain: \ and "quotes".
    plain_total: Counter,
    /// A gauge under the counter's other name.
    plain: Gauge,
    /// Not a whole number.
    spent_seconds_total: Counter<(), f64>,
    /// Has no suffix, and must not have one.
    #[metrics(allow(total_suffix))]
    heartbeats: Counter,
    /// Has the stem of the information.
    about_total: Counter,
    /// Has the stem of the counter.
    about_info: Info,
    /// The time of another one.
    stamped_created_total: Counter,
    /// Has a time that is a counter.
    stamped_total: Counter,
    /// Every character.
    nasty: Gauge<Nasty<'static>>,
    /// Every float.
    floats: Gauge<Nasty<'static>>,
    /// Time of something.
    #[metrics(native)]
    wait_seconds: Histogram<Nasty<'static>>,
    /// Differences.
    #[metrics(buckets = [-1.0, 0.0, 1.0], native)]
    drift_celsius: Histogram,
    /// Quantiles.
    render_seconds: Summary,
    /// Quantiles below zero.
    cold_celsius: Summary,
    /// The build.
    build_info: Info<Nasty<'static>>,
    /// Milliseconds.
    #[metrics(allow(base_unit))]
    step_ms: Histogram,
}

static GROUP: Group = Group::new();

#[observed(task_name, histogram(native), in_flight, summary)]
fn work(n: u32) -> Result<u32, u32> {
    if n % 3 == 0 { Err(n) } else { Ok(n) }
}

const TEXTS: [&str; 8] = ["", "\\", "\"", "\n", "a\\nb\r\0", "}, {", "größe \u{2028} \u{7f}", "#"];

fn fill() {
    tallied::trace_from(|| Some(Trace { trace_id: *b"a trace of bytes", span_id: [0, 1, 2, 3, 4, 5, 254, 255] }));
    GROUP.plain_total.add(1 << 60);
    GROUP.plain.set(-0.5);
    GROUP.spent_seconds_total.add(0.1);
    GROUP.heartbeats.inc();
    for (text, float) in TEXTS.iter().zip([
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN_POSITIVE / 4.0,
        1e21,
    ]) {
        GROUP.nasty.with(Nasty { hit: None, text }).set(1.0);
        GROUP.floats.with(Nasty { hit: Some(true), text }).set(float);
        GROUP.wait_seconds.with(Nasty { hit: Some(false), text }).observe(Duration::from_micros(17));
        GROUP.wait_seconds.with(Nasty { hit: Some(false), text }).observe(3);
    }
    for value in [-3.0, 0.0, 0.5, 100.0] {
        GROUP.drift_celsius.observe(value);
    }
    GROUP.cold_celsius.observe(-40.0);
    GROUP.render_seconds.observe(Duration::from_millis(20));
    GROUP.build_info.set(Nasty { hit: None, text: "1.0\n\"" });
    GROUP.step_ms.observe(Duration::from_millis(12));
    for n in 0..10 {
        let _ = work(n);
    }
}

/// The judge compares what it reads in the four formats.
fn judged(test: &str) -> Option<Result<(), String>> {
    let python = find(test, "python3")?;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg("-B").arg(workspace().join("tests/judges/read.py")).arg("compare");
    let formats = [
        ("text", Format::Text),
        ("openmetrics", Format::OpenMetrics),
        ("protobuf", Format::Protobuf),
        ("json", Format::Json),
    ];
    for (name, format) in formats {
        let mut out = Vec::new();
        encode(format, &mut out);
        let path = folder.path().join(name);
        fs::write(&path, out).unwrap();
        command.arg(format!("{name}={}", path.display()));
    }
    let output = command.output().unwrap();
    let said = || String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some(if output.status.success() { Ok(()) } else { Err(said()) })
}

/// A collector that gives what was put here.
struct Random;

static FAMILIES: Mutex<Vec<proto::MetricFamily>> = Mutex::new(Vec::new());

impl Collector for Random {
    fn desc(&self) -> Vec<&Desc> {
        static DESC: Mutex<Option<&'static Desc>> = Mutex::new(None);
        let make =
            || &*Box::leak(Box::new(Desc::new("random".into(), "Random.".into(), vec![], HashMap::new()).unwrap()));
        vec![*DESC.lock().unwrap().get_or_insert_with(make)]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        FAMILIES.lock().unwrap().clone()
    }
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = "[a-z][a-zA-Z0-9_]{0,4}";
    let value = prop_oneof![any::<String>(), "[\\\\\"\n\r,{}=# a]{0,6}"];
    prop::collection::vec((name, value), 0..4)
}

/// What a family may be made of, rightly or wrongly.
fn family() -> impl Strategy<Value = proto::MetricFamily> {
    let name = "[a-z]{1,2}(_(total|count|sum|bucket|created|info|seconds)){0,2}";
    let number = || prop_oneof![any::<f64>(), Just(f64::NAN), -10.0..10.0, Just(1e6), Just(f64::INFINITY)];
    let metrics = prop::collection::vec((labels(), number(), prop::collection::vec((number(), 0..9u64), 0..4)), 0..4);
    (name, any::<String>(), 0..4usize, metrics).prop_map(|(name, help, kind, metrics)| {
        let mut family = proto::MetricFamily::default();
        family.set_name(name);
        family.set_help(help);
        let types = [
            proto::MetricType::COUNTER,
            proto::MetricType::GAUGE,
            proto::MetricType::HISTOGRAM,
            proto::MetricType::SUMMARY,
        ];
        family.set_field_type(types[kind]);
        let made = metrics.into_iter().map(|(labels, number, pairs)| metric(kind, labels, number, pairs));
        family.set_metric(made.collect());
        family
    })
}

fn metric(kind: usize, labels: Vec<(String, String)>, number: f64, pairs: Vec<(f64, u64)>) -> proto::Metric {
    let mut metric = proto::Metric::default();
    let pair = |(name, value)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name(name);
        pair.set_value(value);
        pair
    };
    metric.set_label(labels.into_iter().map(pair).collect());
    match kind {
        0 => {
            let mut counter = proto::Counter::default();
            counter.set_value(number);
            metric.set_counter(counter);
        }
        1 => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(number);
            metric.set_gauge(gauge);
        }
        2 => {
            let mut histogram = proto::Histogram::default();
            let mut below = 0;
            let bucket = |(bound, count)| {
                below += count;
                let mut bucket = proto::Bucket::default();
                bucket.set_upper_bound(bound);
                bucket.set_cumulative_count(below);
                bucket
            };
            let buckets: Vec<_> = pairs.into_iter().map(bucket).collect();
            histogram.set_bucket(buckets);
            histogram.set_sample_count(below + 1);
            histogram.set_sample_sum(number);
            metric.set_histogram(histogram);
        }
        _ => {
            let mut summary = proto::Summary::default();
            let quantile = |(at, value): (f64, u64)| {
                let mut quantile = proto::Quantile::default();
                quantile.set_quantile(at);
                #[allow(clippy::cast_precision_loss)]
                quantile.set_value(value as f64 - 2.0);
                quantile
            };
            summary.set_quantile(pairs.into_iter().map(quantile).collect());
            summary.set_sample_count(3);
            summary.set_sample_sum(number);
            metric.set_summary(summary);
        }
    }
    metric
}

// One test: the random families are those of the whole process.
#[test]
fn all_formats_say_the_same() {
    if let Some(judged) = judged("all_formats_say_the_same") {
        judged.unwrap_or_else(|why| panic!("before anything was used: {why}"));
    }
    fill();
    let Some(judged_now) = judged("all_formats_say_the_same") else { return };
    judged_now.unwrap_or_else(|why| panic!("{why}"));
    tallied::registry().register(Box::new(Random)).unwrap();
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(families in prop::collection::vec(family(), 0..60))| {
        // The registry of `prometheus` adds up families of one name; two of them would not be ours to judge.
        let mut seen = std::collections::HashSet::new();
        *FAMILIES.lock().unwrap() = families.into_iter().filter(|family| seen.insert(family.name().to_owned())).collect();
        if let Some(Err(why)) = judged("all_formats_say_the_same") {
            prop_assert!(false, "{why}");
        }
    });
}

#[test]
fn the_judge_refuses_what_is_broken() {
    let Some(python) = find("the_judge_refuses_what_is_broken", "python3") else { return };
    let script = workspace().join("tests/judges/read.py");
    let output = Command::new(python).arg("-B").arg(script).arg("selftest").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
