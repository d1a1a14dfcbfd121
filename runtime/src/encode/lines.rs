//! The lines of a series, as both text formats have them: what is the same in all of them is made once.

use super::number;
use super::text::{Escaped, push, push_escaped};
use crate::snapshot::{Number, Text};

/// What the lines of the series at hand begin with.
pub(super) struct Lines {
    /// The name of the family.
    name: String,
    /// The labels of the series, between braces that are not here.
    labels: Vec<u8>,
    /// What the lines of its buckets have before the bound.
    bucket: Vec<u8>,
    /// The bounds of the family's last series, and how each ends a line's labels.
    bounds: Vec<f64>,
    ends: Vec<u8>,
    /// Where each of those ends.
    at: Vec<usize>,
    /// How a format writes a float.
    float: fn(f64, &mut Vec<u8>),
}

impl Lines {
    pub(super) fn new(float: fn(f64, &mut Vec<u8>)) -> Self {
        let (labels, bucket, bounds) = (Vec::new(), Vec::new(), Vec::new());
        Lines { name: String::new(), labels, bucket, bounds, ends: Vec::new(), at: Vec::new(), float }
    }

    pub(super) fn family(&mut self, name: &str) {
        self.name.clear();
        self.name.push_str(name);
    }

    pub(super) fn series(&mut self, labels: &[(Text, Text)]) {
        self.labels.clear();
        for (at, (label, value)) in labels.iter().enumerate() {
            if at > 0 {
                self.labels.push(b',');
            }
            push(&mut self.labels, label);
            push(&mut self.labels, "=\"");
            push_escaped(&mut self.labels, &Escaped::Quoted(value));
            self.labels.push(b'"');
        }
    }

    /// `name_suffix{label="value",quantile="0.5"} `
    pub(super) fn begin(&self, suffix: &str, extra: Option<(&str, f64)>, out: &mut Vec<u8>) {
        push(out, &self.name);
        push(out, suffix);
        if !self.labels.is_empty() || extra.is_some() {
            out.push(b'{');
            out.extend_from_slice(&self.labels);
            if let Some((label, value)) = extra {
                if !self.labels.is_empty() {
                    out.push(b',');
                }
                push(out, label);
                push(out, "=\"");
                (self.float)(value, out);
                out.push(b'"');
            }
            out.push(b'}');
        }
        out.push(b' ');
    }

    pub(super) fn number(&self, value: Number, out: &mut Vec<u8>) {
        match value {
            Number::Float(value) => (self.float)(value, out),
            whole => number::number(whole, out),
        }
    }

    /// Before the first bucket of a series.
    pub(super) fn buckets(&mut self, bounds: &[f64]) {
        if self.bounds != bounds || self.at.is_empty() {
            (self.ends.clear(), self.at.clear(), self.bounds.clear());
            self.bounds.extend_from_slice(bounds);
            for bound in bounds.iter().chain([&f64::INFINITY]) {
                (self.float)(*bound, &mut self.ends);
                push(&mut self.ends, "\"} ");
                self.at.push(self.ends.len());
            }
        }
        self.bucket.clear();
        push(&mut self.bucket, &self.name);
        push(&mut self.bucket, "_bucket{");
        if !self.labels.is_empty() {
            self.bucket.extend_from_slice(&self.labels);
            self.bucket.push(b',');
        }
        push(&mut self.bucket, "le=\"");
    }

    /// `name_bucket{label="value",le="0.5"} 7`
    pub(super) fn bucket(&self, at: usize, count: u64, out: &mut Vec<u8>) {
        let from = at.checked_sub(1).and_then(|before| self.at.get(before)).copied().unwrap_or(0);
        let end = self.at.get(at).and_then(|to| self.ends.get(from..*to)).unwrap_or_default();
        out.extend_from_slice(&self.bucket);
        out.extend_from_slice(end);
        number::integer(count, out);
    }
}
