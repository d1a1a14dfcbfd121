//! The two doors to `prometheus`: other people's collectors into our exposition, ours into a registry of theirs.
//!
//! Its types differ with its feature `protobuf`, which anybody in the build may turn on: [`PlainNumber`] and
//! [`ProtobufNumber`] make this room compile either way.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::Lazy;
use prometheus::core::{Collector, Desc};
use prometheus::{Registry, proto};

use crate::snapshot::{Family, Kind, Number, Series, Value};

static FOREIGN: Lazy<Registry> = Lazy::new(Registry::new);

thread_local! {
    /// Whether this thread is asking other people's collectors.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// The registry for other people's `prometheus` collectors: what is registered here is on our exposition too.
///
/// Only scrapes read it. A family that cannot be exposed is left out, with a warning that is given once. A collector
/// that panics takes the other collectors in this registry with it for that scrape, also with a warning; families of
/// ours are never touched.
///
/// ```
/// let jobs = prometheus::IntCounter::new("jobs_total", "Jobs taken from the queue.")?;
/// tallied::registry().register(Box::new(jobs.clone()))?;
/// jobs.inc();
/// assert!(tallied::gather_metrics().contains("jobs_total 1"));
/// # Ok::<(), prometheus::Error>(())
/// ```
///
/// # Errors
///
/// `register` refuses a collector whose families are registered already: see [`Registry::register`].
#[must_use]
pub fn registry() -> &'static Registry {
    &FOREIGN
}

/// A `prometheus` collector of all families of ours, for a program that has a registry of its own.
///
/// It reads at each `gather` what was counted so far, and holds nothing itself. It does not pass on what is in
/// [`registry`].
///
/// ```
/// let theirs = prometheus::Registry::new();
/// theirs.register(Box::new(tallied::collector()))?;
/// # Ok::<(), prometheus::Error>(())
/// ```
#[must_use]
pub fn collector() -> impl Collector + 'static {
    // The name and the help are valid, so there always is one.
    let desc = Desc::new("tallied".into(), "Every family of tallied.".into(), Vec::new(), HashMap::new()).ok();
    Ours { desc }
}

struct Ours {
    desc: Option<Desc>,
}

impl Collector for Ours {
    fn desc(&self) -> Vec<&Desc> {
        self.desc.iter().collect()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        // Registered with us, by whatever way round: what it has to say is on the exposition already.
        if ASKING.get() {
            return Vec::new();
        }
        crate::registry::gather_own().into_iter().map(to_proto).collect()
    }
}

/// What other people's collectors have to say now.
pub(crate) fn families(notices: &mut Vec<String>) -> Vec<Family> {
    let Some(registry) = Lazy::get(&FOREIGN) else { return Vec::new() };
    // A collector that scrapes us in turn gets our own families, instead of an endless recursion.
    if ASKING.replace(true) {
        return Vec::new();
    }
    let gathered = catch_unwind(AssertUnwindSafe(|| registry.gather()));
    ASKING.set(false);
    let Ok(families) = gathered else {
        notices.push("a collector in `tallied::registry()` panicked: none of its families is exposed".into());
        return Vec::new();
    };
    let read = |family: &proto::MetricFamily| match from_proto(family) {
        Ok(family) => Some(family),
        Err(why) => {
            notices.push(format!("the family `{}` in `tallied::registry()` is not exposed: {why}", family.name()));
            None
        }
    };
    families.iter().filter_map(read).collect()
}

#[allow(clippy::match_wildcard_for_single_variants)] // with `protobuf` there are more types
fn from_proto(family: &proto::MetricFamily) -> Result<Family, String> {
    let kind = match family.get_field_type() {
        proto::MetricType::COUNTER => Kind::Counter,
        proto::MetricType::GAUGE => Kind::Gauge,
        proto::MetricType::HISTOGRAM => Kind::Histogram,
        proto::MetricType::SUMMARY => Kind::Summary,
        other => return Err(format!("its type is {other:?}; use a counter, gauge, histogram or summary")),
    };
    if !is_name(family.name(), true) {
        return Err("its name is not of the form [a-zA-Z_:][a-zA-Z0-9_:]*".into());
    }
    let mut seen = HashSet::new();
    let mut series = Vec::new();
    for metric in family.get_metric() {
        let labels: Vec<_> = metric.get_label().iter().map(|l| (l.name().to_owned(), l.value().to_owned())).collect();
        check_labels(&labels, kind)?;
        // A label set that stands twice would break the scrape; an empty label is the same as none.
        let mut key: Vec<_> = labels.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        key.sort();
        if !seen.insert(key) {
            return Err("it has one label set twice".into());
        }
        let labels = labels.into_iter().map(|(name, value)| (Cow::Owned(name), Cow::Owned(value))).collect();
        let timestamp_ms = Some(metric.timestamp_ms()).filter(|ms| *ms != 0);
        series.push(Series { labels, value: value(metric, kind)?, timestamp_ms });
    }
    Ok(Family { name: family.name().to_owned().into(), help: family.help().to_owned().into(), kind, series })
}

fn check_labels(labels: &[(String, String)], kind: Kind) -> Result<(), String> {
    for (at, (name, _)) in labels.iter().enumerate() {
        if !is_name(name, false) {
            return Err(format!("its label `{name}` is not of the form [a-zA-Z_][a-zA-Z0-9_]*"));
        }
        if kind.reserved_label() == Some(name) || name.starts_with("__") {
            return Err(format!("its label `{name}` is reserved"));
        }
        if labels[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("it has the label `{name}` twice"));
        }
    }
    Ok(())
}

/// The grammar of names, in the text format: <https://prometheus.io/docs/concepts/data_model/>.
fn is_name(name: &str, colons: bool) -> bool {
    let mut bytes = name.bytes();
    let starts = |b: u8| b.is_ascii_alphabetic() || b == b'_' || (colons && b == b':');
    bytes.next().is_some_and(starts) && bytes.all(|b| starts(b) || b.is_ascii_digit())
}

fn value(metric: &proto::Metric, kind: Kind) -> Result<Value, String> {
    // `prometheus` merges families of one name without a look at their types.
    let others = [
        (Kind::Counter, metric.get_counter().value() != 0.0),
        (Kind::Gauge, metric.get_gauge().value() != 0.0),
        (Kind::Histogram, metric.get_histogram().get_sample_count() != 0),
        (Kind::Summary, metric.get_summary().sample_count() != 0),
    ];
    if others.into_iter().any(|(other, is_there)| is_there && other != kind) {
        return Err("its collectors disagree about its type".into());
    }
    Ok(match kind {
        Kind::Counter => Value::Number(Number::Float(metric.get_counter().value())),
        Kind::Gauge => Value::Number(Number::Float(metric.get_gauge().value())),
        Kind::Histogram => histogram(metric.get_histogram())?,
        Kind::Summary => {
            let summary = metric.get_summary();
            let quantiles: Vec<_> = summary.get_quantile().iter().map(|q| (q.quantile(), q.value())).collect();
            let increasing = quantiles.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if !increasing || !quantiles.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile)) {
                return Err("its quantiles are not increasing from 0 to 1".into());
            }
            Value::Summary { quantiles, count: summary.sample_count(), sum: summary.sample_sum() }
        }
    })
}

fn histogram(histogram: &proto::Histogram) -> Result<Value, String> {
    let (mut bounds, mut counts, mut below) = (Vec::new(), Vec::new(), 0u64);
    for bucket in histogram.get_bucket() {
        let (bound, cumulative) = (bucket.upper_bound(), bucket.cumulative_count());
        // The last one is made of the count.
        if bound == f64::INFINITY {
            continue;
        }
        if !bound.is_finite() || bounds.last().is_some_and(|last| *last >= bound) {
            return Err("its bucket bounds are not increasing".into());
        }
        // Buckets that were read while somebody observed may lag by a little, never fall.
        counts.push(cumulative.saturating_sub(below));
        below = below.max(cumulative);
        bounds.push(bound);
    }
    counts.push(histogram.get_sample_count().saturating_sub(below));
    Ok(Value::Histogram { bounds: bounds.into(), counts, sum: histogram.get_sample_sum() })
}

#[allow(clippy::cast_precision_loss)] // their numbers are floats
fn to_proto(family: Family) -> proto::MetricFamily {
    let mut out = proto::MetricFamily::default();
    out.set_name(family.name.into_owned());
    out.set_help(family.help.into_owned());
    out.set_field_type(match family.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::Gauge => proto::MetricType::GAUGE,
        Kind::Histogram => proto::MetricType::HISTOGRAM,
        Kind::Summary => proto::MetricType::SUMMARY,
    });
    let metric = |series: Series| {
        let mut metric = proto::Metric::default();
        let pair = |(name, value): (Cow<'static, str>, Cow<'static, str>)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name(name.into_owned());
            pair.set_value(value.into_owned());
            pair
        };
        metric.set_label(series.labels.into_iter().map(pair).collect());
        match series.value {
            Value::Number(number) => {
                let number = match number {
                    Number::Count(count) => count as f64,
                    Number::Level(level) => level as f64,
                    Number::Float(value) => value,
                };
                if family.kind == Kind::Counter {
                    let mut counter = proto::Counter::default();
                    counter.set_value(number);
                    metric.set_counter(counter);
                } else {
                    let mut gauge = proto::Gauge::default();
                    gauge.set_value(number);
                    metric.set_gauge(gauge);
                }
            }
            Value::Histogram { bounds, counts, sum } => {
                let mut histogram = proto::Histogram::default();
                let mut cumulative = 0u64;
                let mut buckets = Vec::with_capacity(bounds.len());
                for (bound, count) in bounds.iter().zip(&counts) {
                    cumulative = cumulative.wrapping_add(*count);
                    let mut bucket = proto::Bucket::default();
                    bucket.set_upper_bound(*bound);
                    bucket.set_cumulative_count(cumulative);
                    buckets.push(bucket);
                }
                histogram.set_bucket(buckets);
                histogram.set_sample_count(counts.iter().fold(0, |sum, count| sum.wrapping_add(*count)));
                histogram.set_sample_sum(sum);
                metric.set_histogram(histogram);
            }
            // Callsites have none, and only callsites go out by this door.
            Value::Summary { .. } => {}
        }
        metric
    };
    out.set_metric(family.series.into_iter().map(metric).collect());
    out
}

/// Reads a number where `prometheus` is built without `protobuf`: there the accessor is called `get_value`.
///
/// With `protobuf` an inherent `value` goes before this one. Each of the two traits only ever reaches the accessor that
/// its build has.
#[allow(dead_code)] // one of the two is called in each build
trait PlainNumber {
    fn value(&self) -> f64;
}

/// The other way round: with `protobuf` the accessor is called `value`, and `get_value` is this.
#[allow(dead_code)]
trait ProtobufNumber {
    fn get_value(&self) -> f64;
}

macro_rules! number_of {
    ($($message:ty)*) => {$(
        impl PlainNumber for $message {
            fn value(&self) -> f64 {
                self.get_value()
            }
        }
        impl ProtobufNumber for $message {
            fn get_value(&self) -> f64 {
                self.value()
            }
        }
    )*};
}

number_of!(proto::Counter proto::Gauge);
