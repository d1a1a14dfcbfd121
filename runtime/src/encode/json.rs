//! JSON, in the shape that [`encode`](super::encode) documents.

use super::number;
use super::string::string;
use super::text::push;
use crate::snapshot::{Head, Number, Sink, Text, Value};

/// The largest integer that JavaScript keeps.
const SAFE: u64 = (1 << 53) - 1;

pub(super) struct Json<'a> {
    out: &'a mut Vec<u8>,
    has_families: bool,
    has_series: bool,
}

impl<'a> Json<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        push(out, "{\"families\":[");
        Json { out, has_families: false, has_series: false }
    }

    pub(super) fn finish(self) {
        push(self.out, if self.has_families { "]}]}" } else { "]}" });
    }
}

impl Sink for Json<'_> {
    fn family(&mut self, head: &Head<'_>) {
        push(self.out, if self.has_families { "]},{" } else { "{" });
        (self.has_families, self.has_series) = (true, false);
        for (key, text) in [("\"name\":", head.name), (",\"type\":", head.kind.text()), (",\"help\":", head.help)] {
            push(self.out, key);
            string(text, self.out);
        }
        if let Some(unit) = head.unit {
            push(self.out, ",\"unit\":");
            string(unit, self.out);
        }
        push(self.out, ",\"series\":[");
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, timestamp_ms: Option<i64>) {
        let out = &mut *self.out;
        push(out, if self.has_series { ",{\"labels\":{" } else { "{\"labels\":{" });
        self.has_series = true;
        for (at, (label, value)) in labels.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(label, out);
            out.push(b':');
            string(value, out);
        }
        out.push(b'}');
        match value {
            Value::Number(value) => field(",\"value\":", *value, out),
            Value::Histogram(histogram) => {
                let (mut cumulative, mut comma) = (0u64, ",\"buckets\":[");
                for (at, count) in histogram.counts.iter().enumerate() {
                    cumulative = cumulative.wrapping_add(*count);
                    let bound = histogram.bounds.get(at).copied().unwrap_or(f64::INFINITY);
                    push(out, comma);
                    field("{\"le\":", Number::Float(bound), out);
                    field(",\"count\":", Number::Count(cumulative), out);
                    out.push(b'}');
                    comma = ",";
                }
                field("],\"sum\":", Number::Float(histogram.sum), out);
                field(",\"count\":", Number::Count(cumulative), out);
            }
            Value::Summary(summary) => {
                push(out, ",\"quantiles\":[");
                for (at, (quantile, value)) in summary.quantiles.iter().enumerate() {
                    field(if at > 0 { ",{\"quantile\":" } else { "{\"quantile\":" }, Number::Float(*quantile), out);
                    field(",\"value\":", Number::Float(*value), out);
                    out.push(b'}');
                }
                field("],\"sum\":", Number::Float(summary.sum), out);
                field(",\"count\":", Number::Count(summary.count), out);
            }
        }
        if let Some(timestamp) = timestamp_ms {
            field(",\"timestamp_ms\":", Number::Level(timestamp), out);
        }
        out.push(b'}');
    }
}

/// A key, with what stands around it, and a number.
fn field(key: &str, value: Number, out: &mut Vec<u8>) {
    push(out, key);
    let is_safe = match value {
        Number::Count(count) => count <= SAFE,
        Number::Level(level) => level.unsigned_abs() <= SAFE,
        Number::Float(value) => value.is_finite(),
    };
    if !is_safe {
        out.push(b'"');
    }
    number::number(value, out);
    if !is_safe {
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_or_javascript_cannot_hold_is_a_string() {
        let written = |value| {
            let mut out = Vec::new();
            field("", value, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Number::Count(SAFE)), "9007199254740991");
        assert_eq!(written(Number::Count(SAFE + 1)), "\"9007199254740992\"");
        assert_eq!(written(Number::Level(-9_007_199_254_740_992)), "\"-9007199254740992\"");
        assert_eq!(written(Number::Float(f64::NAN)), "\"NaN\"");
        assert_eq!(written(Number::Float(f64::NEG_INFINITY)), "\"-Inf\"");
        assert_eq!(written(Number::Float(1e300)), "1e+300");
    }
}
