//! The two doors to `prometheus`: other people's collectors into our exposition, ours into a registry of theirs.
//!
//! Its types differ with its feature `protobuf`, which anybody in the build may turn on: [`PlainNumber`] and
//! [`ProtobufNumber`] make this room compile either way.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use prometheus::core::{Collector, Desc};
use prometheus::{Registry, proto};

use crate::snapshot::{Family, Head, Histogram, Kind, Number, Series, Sink, Summary, Text, Value};

static FOREIGN: OnceLock<Registry> = OnceLock::new();

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
    FOREIGN.get_or_init(Registry::new)
}

/// Registers somebody else's collector: what [`registry`] does with a box.
///
/// ```
/// let jobs = prometheus::IntCounter::new("registered_jobs_total", "Jobs taken from the queue.")?;
/// tallied::register(jobs.clone())?;
/// # jobs.inc();
/// # assert!(tallied::gather_metrics().contains("registered_jobs_total 1"));
/// # Ok::<(), prometheus::Error>(())
/// ```
///
/// # Errors
///
/// A collector whose families are registered already, or that describes none: see [`Registry::register`].
pub fn register(collector: impl Collector + 'static) -> Result<(), prometheus::Error> {
    registry().register(Box::new(collector))
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
        let mut families = Theirs::default();
        crate::registry::visit_own(&mut families);
        families.all
    }
}

/// What other people's collectors have to say now.
pub(crate) fn families(notices: &mut Vec<String>) -> Vec<Family> {
    let Some(registry) = FOREIGN.get() else { return Vec::new() };
    // A collector that scrapes us in turn gets our own families, instead of an endless recursion.
    if ASKING.replace(true) {
        return Vec::new();
    }
    let gathered = catch_unwind(AssertUnwindSafe(|| registry.gather()));
    ASKING.set(false);
    // What the panic carried may panic when it is dropped.
    let Ok(families) = gathered.map_err(std::mem::forget) else {
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

fn value(metric: &proto::Metric, kind: Kind) -> Result<Value<'static>, String> {
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
        Kind::Counter => match metric.get_counter().value() {
            value if value >= 0.0 => Value::Number(Number::Float(value)),
            _ => return Err("one of its counters is below zero, or no number".into()),
        },
        Kind::Gauge | Kind::Info => Value::Number(Number::Float(metric.get_gauge().value())),
        Kind::Histogram => histogram(metric.get_histogram())?,
        Kind::Summary => {
            let summary = metric.get_summary();
            let quantiles: Vec<_> = summary.get_quantile().iter().map(|q| (q.quantile(), q.value())).collect();
            let increasing = quantiles.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if !increasing || !quantiles.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile)) {
                return Err("its quantiles are not increasing from 0 to 1".into());
            }
            let (count, sum) = (summary.sample_count(), summary.sample_sum());
            Value::Summary(Summary { quantiles: quantiles.into(), count, sum })
        }
    })
}

fn histogram(histogram: &proto::Histogram) -> Result<Value<'static>, String> {
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
    let sum = histogram.get_sample_sum();
    Ok(Value::Histogram(Histogram {
        bounds: bounds.into(),
        counts: counts.into(),
        sum,
        native: None,
        exemplars: Vec::new(),
    }))
}

/// Our families as theirs.
#[derive(Default)]
struct Theirs {
    all: Vec<proto::MetricFamily>,
    kind: Option<Kind>,
}

impl Sink for Theirs {
    fn family(&mut self, head: &Head<'_>) {
        let mut family = proto::MetricFamily::default();
        family.set_name(head.name.to_owned());
        family.set_help(head.help.to_owned());
        family.set_field_type(match head.kind {
            Kind::Counter => proto::MetricType::COUNTER,
            // They have no word for it.
            Kind::Gauge | Kind::Info => proto::MetricType::GAUGE,
            Kind::Histogram => proto::MetricType::HISTOGRAM,
            Kind::Summary => proto::MetricType::SUMMARY,
        });
        self.kind = Some(head.kind);
        self.all.push(family);
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, _: Option<i64>) {
        let mut metric = proto::Metric::default();
        let pair = |(name, value): &(Text, Text)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name(name.to_string());
            pair.set_value(value.to_string());
            pair
        };
        metric.set_label(labels.iter().map(pair).collect());
        match value {
            Value::Number(number) if self.kind == Some(Kind::Counter) => {
                let mut counter = proto::Counter::default();
                counter.set_value(number.float());
                metric.set_counter(counter);
            }
            Value::Number(number) => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(number.float());
                metric.set_gauge(gauge);
            }
            Value::Histogram(of) => metric.set_histogram(to_histogram(of)),
            Value::Summary(of) => {
                let mut summary = proto::Summary::default();
                let quantile = |(quantile, value): &(f64, f64)| {
                    let mut at = proto::Quantile::default();
                    at.set_quantile(*quantile);
                    at.set_value(*value);
                    at
                };
                summary.set_quantile(of.quantiles.iter().map(quantile).collect());
                summary.set_sample_count(of.count);
                summary.set_sample_sum(of.sum);
                metric.set_summary(summary);
            }
        }
        if let Some(family) = self.all.last_mut() {
            family.mut_metric().push(metric);
        }
    }
}

fn to_histogram(of: &Histogram<'_>) -> proto::Histogram {
    let mut histogram = proto::Histogram::default();
    let mut cumulative = 0u64;
    let mut buckets = Vec::with_capacity(of.bounds.len());
    for (bound, count) in of.bounds.iter().zip(of.counts.iter()) {
        cumulative = cumulative.wrapping_add(*count);
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(cumulative);
        buckets.push(bucket);
    }
    histogram.set_bucket(buckets);
    histogram.set_sample_count(of.count());
    histogram.set_sample_sum(of.sum);
    histogram
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
