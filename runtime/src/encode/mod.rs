//! The formats of the exposition.

mod catalogue;
#[cfg(feature = "metrics")]
mod json;
#[cfg(feature = "metrics")]
mod lines;
mod negotiate;
#[cfg(feature = "metrics")]
mod number;
#[cfg(feature = "metrics")]
mod openmetrics;
#[cfg(feature = "metrics")]
mod protobuf;
mod string;
#[cfg(feature = "metrics")]
mod text;

#[cfg(feature = "metrics")]
use crate::snapshot::{Head, Sink, Text, Value};

/// A format of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format, version 0.0.4: what every server and every person reads.
    Text,
    /// OpenMetrics 1.0: units, and exemplars. Where its rules leave no other way, a family is written otherwise than in the
    /// text: a counter whose name lacks `_total`, or is that of another family without it, is `unknown`; a histogram with
    /// a sum or a bound below zero has no sum and no count; a summary has no sum and no quantile below zero.
    OpenMetrics,
    /// Prometheus' protobuf messages, each with its length before it: native histograms, exemplars, start times.
    Protobuf,
    /// JSON, for programs that are no metrics server: see [`encode`].
    Json,
}

impl Format {
    /// The value of the HTTP header `Content-Type`. Prometheus 3 refuses a scrape without it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
            Format::Json => "application/json",
        }
    }

    /// The format that an HTTP header `Accept` prefers among those that there are.
    ///
    /// The largest `q` wins (1 where there is none, and 0 refuses), the earlier of two that are the same. Whatever asks for
    /// none of ours, `*/*`, nothing or nonsense, gets [`Text`](Format::Text): there is always an answer. Several headers are
    /// one, joined by commas.
    ///
    /// ```
    /// use tallied::Format;
    ///
    /// assert_eq!(Format::negotiate("text/html,*/*;q=0.8"), Format::Text);
    /// assert_eq!(Format::negotiate("application/openmetrics-text;version=1.0.0,*/*;q=0.1"), Format::OpenMetrics);
    /// ```
    #[must_use]
    pub fn negotiate(accept: &str) -> Format {
        negotiate::negotiate(accept)
    }
}

/// Appends one scrape of every family to `out`.
///
/// Cost is linear in the number of series. The first scrape of a process waits 5 milliseconds where calls are timed by the
/// processor's counter, to learn its rate. Scrapes may run side by side, and no observed call ever waits for one. A
/// family that cannot be exposed is left out, and said once as a `tracing` warning with the target `tallied`. Does not
/// panic unless the program's own `tracing` subscriber does. Without the feature `metrics` nothing is appended.
///
/// # The shape of the JSON
///
/// ```json
/// {"families": [
///   {"name": "jobs_total", "type": "counter", "help": "Jobs.", "series": [{"labels": {"queue": "mail"}, "value": 3}]},
///   {"name": "job_seconds", "type": "histogram", "help": "Time.", "unit": "seconds", "series": [
///     {"labels": {}, "buckets": [{"le": 0.1, "count": 2}, {"le": "+Inf", "count": 3}], "sum": 0.7, "count": 3}]},
///   {"name": "page_seconds", "type": "summary", "help": "Time.", "unit": "seconds", "series": [
///     {"labels": {}, "quantiles": [{"quantile": 0.5, "value": "NaN"}], "sum": 0, "count": 0}]}
/// ]}
/// ```
///
/// Families are sorted by name; buckets are cumulative. A number that JSON has no word for is a string, `"NaN"`, `"+Inf"` or
/// `"-Inf"`; so is an integer past 2^53 - 1, which JavaScript would round. `unit` is there if the name says one, and
/// `timestamp_ms` in a series of somebody else's collector if that gave a time.
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, clippy::ptr_arg))]
pub fn encode(format: Format, out: &mut Vec<u8>) {
    #[cfg(feature = "metrics")]
    encode_from(crate::registry::visit, format, out);
}

/// The same of those families that `keep` says yes to: it is given the name that the text format has.
///
/// ```
/// use tallied::Format;
///
/// let mut out = Vec::new();
/// tallied::encode_only(Format::Text, &mut out, |family| family.starts_with("shop_events_"));
/// assert!(out.is_empty());
/// ```
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, clippy::ptr_arg))]
pub fn encode_only(format: Format, out: &mut Vec<u8>, keep: impl FnMut(&str) -> bool) {
    #[cfg(feature = "metrics")]
    encode_from(|sink| crate::registry::visit(&mut Chosen { sink, choose: keep, passes: false }), format, out);
}

/// Passes some families on.
#[cfg(feature = "metrics")]
struct Chosen<'a, K> {
    sink: &'a mut dyn Sink,
    choose: K,
    passes: bool,
}

#[cfg(feature = "metrics")]
impl<K: FnMut(&str) -> bool> Sink for Chosen<'_, K> {
    fn family(&mut self, head: &Head<'_>) {
        self.passes = (self.choose)(head.name);
        if self.passes {
            self.sink.family(head);
        }
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, timestamp_ms: Option<i64>) {
        if self.passes {
            self.sink.series(labels, value, timestamp_ms);
        }
    }
}

/// Writes what `visit` shows.
#[cfg(feature = "metrics")]
pub(crate) fn encode_from(visit: impl FnOnce(&mut dyn Sink), format: Format, out: &mut Vec<u8>) {
    match format {
        Format::Text => visit(&mut text::Text::new(out)),
        Format::OpenMetrics => {
            let mut writer = openmetrics::OpenMetrics::new(out);
            visit(&mut writer);
            writer.finish();
        }
        Format::Protobuf => {
            let mut writer = protobuf::Protobuf::new(out, crate::clock::began());
            visit(&mut writer);
            writer.finish();
        }
        Format::Json => {
            let mut writer = json::Json::new(out);
            visit(&mut writer);
            writer.finish();
        }
    }
}

/// A float as the text format writes it.
#[cfg(feature = "metrics")]
pub(crate) fn float_text(value: f64) -> String {
    let mut out = Vec::new();
    number::float(value, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// One scrape of every family as Prometheus text, version 0.0.4: [`encode`] into a `String`.
///
/// Empty where the program has no family, and always without the feature `metrics`.
#[must_use]
pub fn gather_metrics() -> String {
    let mut out = Vec::new();
    encode(Format::Text, &mut out);
    // The encoder writes whole `str`s and ASCII, so nothing is ever lost here.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
