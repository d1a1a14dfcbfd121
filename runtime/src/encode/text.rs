//! The Prometheus text format, version 0.0.4.
//!
//! A family's lines stand together: HELP, TYPE, then its series, all lines of a label set in a row. Here nothing is
//! checked: the registry hands over families that can be written.

use super::number;
use crate::snapshot::{Family, Number, Series, Value};

pub(super) fn write(families: &[Family], out: &mut Vec<u8>) {
    for family in families {
        write_head(family, out);
        for series in &family.series {
            write_series(&family.name, series, out);
        }
    }
}

fn write_head(family: &Family, out: &mut Vec<u8>) {
    for (word, text) in [("# HELP ", Escaped::Help(&family.help)), ("# TYPE ", Escaped::Plain(family.kind.text()))] {
        push(out, word);
        push(out, &family.name);
        out.push(b' ');
        push_escaped(out, &text);
        out.push(b'\n');
    }
}

fn write_series(name: &str, series: &Series, out: &mut Vec<u8>) {
    let mut line = |suffix: &str, extra: Option<(&str, f64)>, value: Number| {
        push(out, name);
        push(out, suffix);
        write_labels(series, extra, out);
        out.push(b' ');
        number::number(value, out);
        if let Some(timestamp) = series.timestamp_ms {
            out.push(b' ');
            number::integer(timestamp, out);
        }
        out.push(b'\n');
    };
    match &series.value {
        Value::Number(value) => line("", None, *value),
        Value::Histogram { bounds, counts, sum } => {
            let mut cumulative = 0u64;
            for (at, count) in counts.iter().enumerate() {
                cumulative = cumulative.wrapping_add(*count);
                let bound = bounds.get(at).copied().unwrap_or(f64::INFINITY);
                line("_bucket", Some(("le", bound)), Number::Count(cumulative));
            }
            line("_sum", None, Number::Float(*sum));
            line("_count", None, Number::Count(cumulative));
        }
        Value::Summary { quantiles, count, sum } => {
            for (quantile, value) in quantiles {
                line("", Some(("quantile", *quantile)), Number::Float(*value));
            }
            line("_sum", None, Number::Float(*sum));
            line("_count", None, Number::Count(*count));
        }
    }
}

fn write_labels(series: &Series, extra: Option<(&str, f64)>, out: &mut Vec<u8>) {
    let mut open = false;
    let mut separate = |out: &mut Vec<u8>| {
        out.push(if open { b',' } else { b'{' });
        open = true;
    };
    for (label, value) in &series.labels {
        separate(out);
        push(out, label);
        push(out, "=\"");
        push_escaped(out, &Escaped::Label(value));
        out.push(b'"');
    }
    if let Some((label, value)) = extra {
        separate(out);
        push(out, label);
        push(out, "=\"");
        number::float(value, out);
        out.push(b'"');
    }
    if open {
        out.push(b'}');
    }
}

/// A text by the place where it stands: each has its own characters to escape.
enum Escaped<'a> {
    Plain(&'a str),
    /// `\` and line feed.
    Help(&'a str),
    /// `\`, line feed and `"`.
    Label(&'a str),
}

fn push_escaped(out: &mut Vec<u8>, text: &Escaped<'_>) {
    let (text, quote) = match text {
        Escaped::Plain(text) => return push(out, text),
        Escaped::Help(text) => (text, false),
        Escaped::Label(text) => (text, true),
    };
    for byte in text.bytes() {
        match byte {
            b'\\' => push(out, "\\\\"),
            b'\n' => push(out, "\\n"),
            b'"' if quote => push(out, "\\\""),
            other => out.push(other),
        }
    }
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::snapshot::Kind;

    fn text(family: Family) -> String {
        let mut out = Vec::new();
        write(&[family], &mut out);
        String::from_utf8(out).unwrap()
    }

    fn family(kind: Kind, labels: &[(&'static str, &'static str)], value: Value) -> Family {
        let labels = labels.iter().map(|(l, v)| (Cow::Borrowed(*l), Cow::Borrowed(*v))).collect();
        let series = vec![Series { labels, value, timestamp_ms: None }];
        Family { name: "lat".into(), help: "Help.".into(), kind, series }
    }

    #[test]
    fn a_histogram_is_cumulative_and_its_infinite_bucket_is_its_count() {
        let value = Value::Histogram { bounds: Cow::Borrowed(&[0.5, 1.0]), counts: vec![2, 0, 3], sum: 7.25 };
        assert_eq!(
            text(family(Kind::Histogram, &[("a", "b")], value)),
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
        let mut family = family(Kind::Gauge, &[("v", "\\ \n \" \r \0 ü")], Value::Number(Number::Level(-1)));
        family.help = "\\ \n \" \r".into();
        assert_eq!(text(family), "# HELP lat \\\\ \\n \" \r\n# TYPE lat gauge\nlat{v=\"\\\\ \\n \\\" \r \0 ü\"} -1\n");
    }

    #[test]
    fn a_series_without_labels_has_no_braces_and_a_time_of_its_own_is_kept() {
        let mut family = family(Kind::Counter, &[], Value::Number(Number::Float(1e6)));
        family.series[0].timestamp_ms = Some(-5);
        assert_eq!(text(family), "# HELP lat Help.\n# TYPE lat counter\nlat 1e+06 -5\n");
    }

    #[test]
    fn a_summary_shows_quantiles_sum_and_count() {
        let value = Value::Summary { quantiles: vec![(0.5, f64::NAN)], count: 0, sum: 0.0 };
        assert_eq!(
            text(family(Kind::Summary, &[], value)),
            "# HELP lat Help.\n# TYPE lat summary\nlat{quantile=\"0.5\"} NaN\nlat_sum 0\nlat_count 0\n"
        );
    }
}
