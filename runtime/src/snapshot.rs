//! The plain data of one scrape: what the registry hands to whoever writes it out, a family after the other.

use std::borrow::Cow;

pub(crate) use crate::exemplar::Exemplar;
pub(crate) use crate::family::Kind;

pub(crate) type Text = Cow<'static, str>;

/// Takes what is exposed: of each family its head, then all of its series.
pub(crate) trait Sink {
    /// A family begins. What comes until the next one is its own.
    fn family(&mut self, head: &Head<'_>);
    /// One of its series.
    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, timestamp_ms: Option<i64>);
}

/// What is said of a family.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) kind: Kind,
    /// What its name ends in, if that is a unit.
    pub(crate) unit: Option<&'static str>,
    /// The family to which its name without `_total` or `_info` belongs, is another one: see OpenMetrics.
    pub(crate) is_stem_taken: bool,
    /// Whether it is counted here since the process began.
    pub(crate) is_own: bool,
}

/// A family with all of its series, for what is not read from cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    pub(crate) name: Text,
    pub(crate) help: Text,
    pub(crate) kind: Kind,
    pub(crate) series: Vec<Series>,
}

/// One label set with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: Vec<(Text, Text)>,
    pub(crate) value: Value<'static>,
    /// Milliseconds since 1970, where a collector gave its own time.
    pub(crate) timestamp_ms: Option<i64>,
}

/// A number on the exposition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Count(u64),
    Level(i64),
    Float(f64),
}

impl Number {
    /// As a float, rounded if it is too large for one.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn float(self) -> f64 {
        match self {
            Number::Count(count) => count as f64,
            Number::Level(level) => level as f64,
            Number::Float(value) => value,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Number(Number),
    Histogram(Histogram<'a>),
    Summary(Summary<'a>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Histogram<'a> {
    /// Finite and strictly increasing.
    pub(crate) bounds: Cow<'a, [f64]>,
    /// One more than there are bounds; not cumulative.
    pub(crate) counts: Cow<'a, [u64]>,
    pub(crate) sum: f64,
    pub(crate) native: Option<Native<'a>>,
    /// One for each bucket, or none at all.
    pub(crate) exemplars: Vec<Option<Exemplar>>,
}

impl Histogram<'_> {
    /// All observations.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }
}

/// The native buckets of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Native<'a> {
    pub(crate) schema: i32,
    /// The number of the first bucket.
    pub(crate) first: i32,
    /// What is zero or below, and then each bucket; not cumulative.
    pub(crate) counts: Cow<'a, [u64]>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary<'a> {
    /// Quantile and value.
    pub(crate) quantiles: Cow<'a, [(f64, f64)]>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
}
