//! OpenMetrics 1.0: <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
//!
//! Other than the text format it knows a counter by a name without `_total`, so two families may clash here that do not
//! there. Then the counter is written as `unknown`, under its whole name: nothing is lost.

use super::lines::Lines;
use super::number;
use super::text::{Escaped, push, push_escaped};
use crate::snapshot::{Exemplar, Head, Kind, Number, Sink, Text, Value};

pub(super) struct OpenMetrics<'a> {
    out: &'a mut Vec<u8>,
    lines: Lines,
    /// What stands behind the family's name in that of a sample with one value.
    suffix: &'static str,
}

impl<'a> OpenMetrics<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        OpenMetrics { out, lines: Lines::new(float), suffix: "" }
    }

    pub(super) fn finish(self) {
        push(self.out, "# EOF\n");
    }
}

/// The family's name, its type, and what its samples add.
fn named<'a>(head: &Head<'a>) -> (&'a str, &'static str, &'static str) {
    let (suffix, otherwise) = match head.kind {
        Kind::Counter => ("_total", "unknown"),
        Kind::Info => ("_info", "gauge"),
        other => return (head.name, other.text(), ""),
    };
    match head.name.strip_suffix(suffix) {
        Some(stem) if !stem.is_empty() && !head.is_stem_taken => (stem, head.kind.text(), suffix),
        _ => (head.name, otherwise, ""),
    }
}

impl Sink for OpenMetrics<'_> {
    fn family(&mut self, head: &Head<'_>) {
        let (name, kind, suffix) = named(head);
        self.lines.family(name);
        self.suffix = suffix;
        let mut line = |word: &str, text: &Escaped<'_>| {
            push(self.out, word);
            push(self.out, name);
            self.out.push(b' ');
            push_escaped(self.out, text);
            self.out.push(b'\n');
        };
        line("# TYPE ", &Escaped::Plain(kind));
        // A server drops a scrape whose unit is not the end of the name.
        let is_end = |unit: &&str| name.strip_suffix(*unit).is_some_and(|rest| rest.ends_with('_'));
        if let Some(unit) = head.unit.filter(is_end).filter(|_| kind != "info") {
            line("# UNIT ", &Escaped::Plain(unit));
        }
        line("# HELP ", &Escaped::Quoted(head.help));
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, timestamp_ms: Option<i64>) {
        let OpenMetrics { out, lines, suffix } = self;
        lines.series(labels);
        let end = |exemplar: Option<&Exemplar>, out: &mut Vec<u8>| {
            if let Some(timestamp) = timestamp_ms {
                out.push(b' ');
                seconds(timestamp, out);
            }
            if let Some(exemplar) = exemplar {
                push_exemplar(exemplar, out);
            }
        };
        let line = |lines: &Lines, suffix: &str, extra: Option<(&str, f64)>, value: Number, out: &mut Vec<u8>| {
            lines.begin(suffix, extra, out);
            lines.number(value, out);
            end(None, out);
            out.push(b'\n');
        };
        match value {
            Value::Number(value) => line(lines, suffix, None, *value, out),
            Value::Histogram(histogram) => {
                lines.buckets(&histogram.bounds);
                let adds = timestamp_ms.is_some() || !histogram.exemplars.is_empty();
                let exemplar = |at: usize| histogram.exemplars.get(at).and_then(Option::as_ref);
                let count = lines.all_buckets(&histogram.counts, adds, |at, out| end(exemplar(at), out), out);
                // A sum that may fall is none, and without it there is no count either.
                let may_fall = histogram.bounds.first().is_some_and(|first| *first < 0.0);
                if !may_fall && histogram.sum >= 0.0 {
                    line(lines, "_sum", None, Number::Float(histogram.sum), out);
                    line(lines, "_count", None, Number::Count(count), out);
                }
            }
            Value::Summary(summary) => {
                // It takes no quantile below zero.
                for (quantile, value) in summary.quantiles.iter().filter(|(_, value)| *value >= 0.0 || value.is_nan()) {
                    line(lines, "", Some(("quantile", *quantile)), Number::Float(*value), out);
                }
                if summary.sum >= 0.0 {
                    line(lines, "_sum", None, Number::Float(summary.sum), out);
                }
                line(lines, "_count", None, Number::Count(summary.count), out);
            }
        }
    }
}

/// Its labels are shorter than the 128 characters that there may be.
fn push_exemplar(exemplar: &Exemplar, out: &mut Vec<u8>) {
    let [trace, span] = exemplar.trace.texts().map(|(name, text)| format!("{name}=\"{text}\""));
    push(out, &format!(" # {{{trace},{span}}} "));
    float(exemplar.value, out);
    push(out, &format!(" {}.{:03}", exemplar.time.as_secs(), exemplar.time.subsec_millis()));
}

/// A float with a dot or an exponent.
fn float(value: f64, out: &mut Vec<u8>) {
    let from = out.len();
    number::float(value, out);
    if value.is_finite() && !out[from..].iter().any(|byte| matches!(byte, b'.' | b'e')) {
        push(out, ".0");
    }
}

/// Seconds since 1970, with all digits.
fn seconds(milliseconds: i64, out: &mut Vec<u8>) {
    if milliseconds < 0 {
        out.push(b'-');
    }
    let all = milliseconds.unsigned_abs();
    number::integer(all / 1000, out);
    push(out, &format!(".{:03}", all % 1000));
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::snapshot::{Histogram, Summary};

    fn written(head: &Head<'_>, value: &Value<'_>, timestamp_ms: Option<i64>) -> String {
        let mut out = Vec::new();
        let mut writer = OpenMetrics::new(&mut out);
        writer.family(head);
        writer.series(&[("a".into(), "\"\n\\".into())], value, timestamp_ms);
        writer.finish();
        String::from_utf8(out).unwrap()
    }

    fn head(name: &'static str, kind: Kind) -> Head<'static> {
        let unit = crate::family::unit_text(name, kind);
        Head { name, help: "\"Help\"\n\\", kind, unit, is_stem_taken: false, is_own: true }
    }

    #[test]
    fn a_counter_is_known_by_its_name_without_total() {
        let three = Value::Number(Number::Count(3));
        assert_eq!(
            written(&head("job_seconds_total", Kind::Counter), &three, Some(-1500)),
            "# TYPE job_seconds counter\n\
             # UNIT job_seconds seconds\n\
             # HELP job_seconds \\\"Help\\\"\\n\\\\\n\
             job_seconds_total{a=\"\\\"\\n\\\\\"} 3 -1.500\n\
             # EOF\n"
        );
        let text = written(&head("jobs", Kind::Counter), &three, None);
        assert!(text.starts_with("# TYPE jobs unknown\n") && text.contains("\njobs{"), "{text}");
        let taken = Head { is_stem_taken: true, ..head("job_seconds_total", Kind::Counter) };
        let text = written(&taken, &three, None);
        assert!(text.starts_with("# TYPE job_seconds_total unknown\n# HELP"), "{text}");
        assert!(text.contains("\njob_seconds_total{"), "{text}");
    }

    #[test]
    fn an_info_is_known_by_its_name_without_info() {
        let one = Value::Number(Number::Count(1));
        let text = written(&head("build_info", Kind::Info), &one, None);
        assert!(text.starts_with("# TYPE build info\n# HELP build ") && text.contains("\nbuild_info{"), "{text}");
        let text = written(&head("build", Kind::Info), &one, None);
        assert!(text.starts_with("# TYPE build gauge\n") && text.contains("\nbuild{"), "{text}");
    }

    #[test]
    fn floats_have_a_dot_and_counts_have_none() {
        let (bounds, counts) = (Cow::Borrowed(&[1.0, 1e6][..]), Cow::Borrowed(&[2, 0, 3][..]));
        let histogram = Histogram { bounds, counts, sum: 7.0, native: None, exemplars: Vec::new() };
        let text = written(&head("lat_seconds", Kind::Histogram), &Value::Histogram(histogram.clone()), None);
        for line in ["le=\"1.0\"} 2\n", "le=\"1e+06\"} 2\n", "le=\"+Inf\"} 5\n", "_sum{a=\"\\\"\\n\\\\\"} 7.0\n"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        let falling = Histogram { bounds: Cow::Borrowed(&[-1.0, 1.0]), ..histogram };
        let text = written(&head("lat", Kind::Histogram), &Value::Histogram(falling), None);
        assert!(!text.contains("_sum") && !text.contains("_count"), "{text}");
        let summary = Summary { quantiles: Cow::Borrowed(&[(0.5, f64::NAN)]), count: 1, sum: -1.0 };
        let text = written(&head("lat", Kind::Summary), &Value::Summary(summary), None);
        assert!(text.contains("quantile=\"0.5\"} NaN\n") && !text.contains("_sum"), "{text}");
    }
}
