//! The plain data of one scrape: what the registry hands to whoever writes it out.

use std::borrow::Cow;

pub(crate) type Text = Cow<'static, str>;

/// The type of a family, as a TYPE line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

impl Kind {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        }
    }

    /// What the names of a family's samples add to its own. No two families of one exposition may share a sample's
    /// name.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Kind::Counter | Kind::Gauge => &[""],
            Kind::Histogram => &["", "_bucket", "_sum", "_count"],
            Kind::Summary => &["", "_sum", "_count"],
        }
    }

    /// A label that belongs to the format and that no series may bring.
    pub(crate) const fn reserved_label(self) -> Option<&'static str> {
        match self {
            Kind::Counter | Kind::Gauge => None,
            Kind::Histogram => Some("le"),
            Kind::Summary => Some("quantile"),
        }
    }
}

/// A family with all of its series.
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
    pub(crate) value: Value,
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

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(Number),
    Histogram {
        /// Finite and strictly increasing.
        bounds: Cow<'static, [f64]>,
        /// One more than there are bounds; not cumulative.
        counts: Vec<u64>,
        sum: f64,
    },
    Summary {
        /// Quantile and value.
        quantiles: Vec<(f64, f64)>,
        count: u64,
        sum: f64,
    },
}
