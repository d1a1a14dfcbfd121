//! The Prometheus text format, version 0.0.4.
//!
//! A family's lines stand together: HELP, TYPE, then its series, all lines of a label set in a row. Here nothing is
//! checked: the registry hands over families that can be written.

use super::lines::Lines;
use super::number;
use crate::snapshot::{Head, Kind, Number, Sink, Text as Label, Value};

/// Writes one scrape.
pub(super) struct Text<'a> {
    out: &'a mut Vec<u8>,
    lines: Lines,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Text { out, lines: Lines::new(number::float) }
    }
}

/// As a TYPE line names it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        // This format has no word for it.
        Kind::Info => "gauge",
        other => other.text(),
    }
}

impl Sink for Text<'_> {
    fn family(&mut self, head: &Head<'_>) {
        self.lines.family(head.name);
        for (word, text) in [("# HELP ", Escaped::Help(head.help)), ("# TYPE ", Escaped::Plain(kind(head.kind)))] {
            push(self.out, word);
            push(self.out, head.name);
            self.out.push(b' ');
            push_escaped(self.out, &text);
            self.out.push(b'\n');
        }
    }

    fn series(&mut self, labels: &[(Label, Label)], value: &Value<'_>, timestamp_ms: Option<i64>) {
        let Text { out, lines } = self;
        lines.series(labels);
        let time = |out: &mut Vec<u8>| {
            if let Some(timestamp) = timestamp_ms {
                out.push(b' ');
                number::number(Number::Level(timestamp), out);
            }
        };
        let line = |lines: &Lines, suffix: &str, extra: Option<(&str, f64)>, value: Number, out: &mut Vec<u8>| {
            lines.begin(suffix, extra, out);
            lines.number(value, out);
            time(out);
            out.push(b'\n');
        };
        match value {
            Value::Number(value) => line(lines, "", None, *value, out),
            Value::Histogram(histogram) => {
                lines.buckets(&histogram.bounds);
                let count = lines.all_buckets(&histogram.counts, timestamp_ms.is_some(), |_, out| time(out), out);
                line(lines, "_sum", None, Number::Float(histogram.sum), out);
                line(lines, "_count", None, Number::Count(count), out);
            }
            Value::Summary(summary) => {
                for (quantile, value) in summary.quantiles.iter() {
                    line(lines, "", Some(("quantile", *quantile)), Number::Float(*value), out);
                }
                line(lines, "_sum", None, Number::Float(summary.sum), out);
                line(lines, "_count", None, Number::Count(summary.count), out);
            }
        }
    }
}

/// A text by the place where it stands: each has its own characters to escape.
pub(super) enum Escaped<'a> {
    Plain(&'a str),
    /// `\` and line feed.
    Help(&'a str),
    /// `\`, line feed and `"`: a label's value, and the help of OpenMetrics.
    Quoted(&'a str),
}

pub(super) fn push_escaped(out: &mut Vec<u8>, text: &Escaped<'_>) {
    let (text, quote) = match text {
        Escaped::Plain(text) => return push(out, text),
        Escaped::Help(text) => (text, false),
        Escaped::Quoted(text) => (text, true),
    };
    // Most have nothing to escape: that is known sooner if each byte is looked at.
    if !text.bytes().fold(false, |any, byte| any | matches!(byte, b'\\' | b'\n' | b'"')) {
        return push(out, text);
    }
    let mut rest: &str = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'\\' | b'\n') || byte == b'"' && quote) {
        push(out, &rest[..at]);
        push(
            out,
            match rest.as_bytes()[at] {
                b'\\' => "\\\\",
                b'\n' => "\\n",
                _ => "\\\"",
            },
        );
        rest = &rest[at + 1..];
    }
    push(out, rest);
}

pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::snapshot::{Histogram, Summary};

    fn text(
        kind: Kind,
        help: &str,
        labels: &[(&'static str, &'static str)],
        value: &Value<'_>,
        at: Option<i64>,
    ) -> String {
        let mut out = Vec::new();
        let mut writer = Text::new(&mut out);
        writer.family(&Head { name: "lat", help, kind, unit: None, is_stem_taken: false, is_own: true });
        let labels: Vec<_> = labels.iter().map(|(l, v)| (Cow::Borrowed(*l), Cow::Borrowed(*v))).collect();
        writer.series(&labels, value, at);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_histogram_is_cumulative_and_its_infinite_bucket_is_its_count() {
        let (bounds, counts) = (Cow::Borrowed(&[0.5, 1.0][..]), Cow::Borrowed(&[2, 0, 3][..]));
        let value = Value::Histogram(Histogram { bounds, counts, sum: 7.25, native: None, exemplars: Vec::new() });
        assert_eq!(
            text(Kind::Histogram, "Help.", &[("a", "b")], &value, None),
            "# HELP lat Help.\n\
             # TYPE lat histogram\n\
             lat_bucket{a=\"b\",le=\"0.5\"} 2\n\
             lat_bucket{a=\"b\",le=\"1\"} 2\n\
             lat_bucket{a=\"b\",le=\"+Inf\"} 5\n\
             lat_sum{a=\"b\"} 7.25\n\
             lat_count{a=\"b\"} 5\n"
        );
    }

    #[test]
    fn label_values_and_help_escape_what_their_place_asks_for() {
        let value = Value::Number(Number::Level(-1));
        assert_eq!(
            text(Kind::Gauge, "\\ \n \" \r", &[("v", "\\ \n \" \r \0 ü")], &value, None),
            "# HELP lat \\\\ \\n \" \r\n# TYPE lat gauge\nlat{v=\"\\\\ \\n \\\" \r \0 ü\"} -1\n"
        );
    }

    #[test]
    fn a_series_without_labels_has_no_braces_and_a_time_of_its_own_is_kept() {
        let value = Value::Number(Number::Float(1e6));
        assert_eq!(
            text(Kind::Counter, "Help.", &[], &value, Some(-5)),
            "# HELP lat Help.\n# TYPE lat counter\nlat 1e+06 -5\n"
        );
    }

    #[test]
    fn a_summary_shows_quantiles_sum_and_count_and_an_info_is_a_gauge() {
        let value = Value::Summary(Summary { quantiles: Cow::Borrowed(&[(0.5, f64::NAN)]), count: 0, sum: 0.0 });
        assert_eq!(
            text(Kind::Summary, "Help.", &[], &value, None),
            "# HELP lat Help.\n# TYPE lat summary\nlat{quantile=\"0.5\"} NaN\nlat_sum 0\nlat_count 0\n"
        );
        let one = Value::Number(Number::Count(1));
        assert_eq!(text(Kind::Info, "Help.", &[], &one, None), "# HELP lat Help.\n# TYPE lat gauge\nlat 1\n");
    }
}
