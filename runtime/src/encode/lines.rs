//! The lines of a series, as both text formats have them: what is the same in all of them is made once.

use std::sync::Mutex;

use super::number;
use super::text::{Escaped, push, push_escaped};
use crate::snapshot::{Number, Text};

/// What the lines of the series at hand begin with.
pub(super) struct Lines {
    made: Made,
    /// How a format writes a float.
    float: fn(f64, &mut Vec<u8>),
}

/// Room that is used again.
#[derive(Default)]
struct Made {
    /// The name of the family.
    name: String,
    /// The labels of the series, between braces that are not here.
    labels: Vec<u8>,
    /// What the lines of its buckets have before the bound; behind its length zeros to a whole number of chunks.
    bucket: Vec<u8>,
    bucket_len: usize,
    /// The bounds of the family's last series, and how each ends a line's labels.
    bounds: Vec<f64>,
    ends: Vec<End>,
}

/// What stands behind `le="`: no float is longer.
#[derive(Clone, Copy)]
struct End {
    bytes: [u8; CHUNK],
    len: usize,
}

/// So many bytes are copied at once, whether all are wanted or not: that is faster than to ask.
const CHUNK: usize = 32;

/// That of the last scrape.
static KEPT: Mutex<Option<Made>> = Mutex::new(None);

impl Drop for Lines {
    fn drop(&mut self) {
        if let Ok(mut kept) = KEPT.try_lock() {
            *kept = Some(std::mem::take(&mut self.made));
        }
    }
}

impl Lines {
    pub(super) fn new(float: fn(f64, &mut Vec<u8>)) -> Self {
        let mut made = KEPT.try_lock().ok().and_then(|mut kept| kept.take()).unwrap_or_default();
        // Another format writes them otherwise.
        made.bounds.clear();
        made.ends.clear();
        Lines { made, float }
    }

    pub(super) fn family(&mut self, name: &str) {
        self.made.name.clear();
        self.made.name.push_str(name);
    }

    pub(super) fn series(&mut self, labels: &[(Text, Text)]) {
        self.made.labels.clear();
        for (at, (label, value)) in labels.iter().enumerate() {
            if at > 0 {
                self.made.labels.push(b',');
            }
            push(&mut self.made.labels, label);
            push(&mut self.made.labels, "=\"");
            push_escaped(&mut self.made.labels, &Escaped::Quoted(value));
            self.made.labels.push(b'"');
        }
    }

    /// `name_suffix{label="value",quantile="0.5"} `
    pub(super) fn begin(&self, suffix: &str, extra: Option<(&str, f64)>, out: &mut Vec<u8>) {
        push(out, &self.made.name);
        push(out, suffix);
        if !self.made.labels.is_empty() || extra.is_some() {
            out.push(b'{');
            out.extend_from_slice(&self.made.labels);
            if let Some((label, value)) = extra {
                if !self.made.labels.is_empty() {
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
        let Lines { made, float } = self;
        if made.bounds != bounds || made.ends.is_empty() {
            made.ends.clear();
            made.bounds.clear();
            made.bounds.extend_from_slice(bounds);
            for bound in bounds.iter().chain([&f64::INFINITY]) {
                // Made where there is room already.
                made.bucket.clear();
                float(*bound, &mut made.bucket);
                push(&mut made.bucket, "\"} ");
                let mut end = End { bytes: [0; CHUNK], len: made.bucket.len().min(CHUNK) };
                end.bytes[..end.len].copy_from_slice(&made.bucket[..end.len]);
                made.ends.push(end);
            }
        }
        made.bucket.clear();
        push(&mut made.bucket, &made.name);
        push(&mut made.bucket, "_bucket{");
        if !made.labels.is_empty() {
            made.bucket.extend_from_slice(&made.labels);
            made.bucket.push(b',');
        }
        push(&mut made.bucket, "le=\"");
        made.bucket_len = made.bucket.len();
        made.bucket.resize(made.bucket_len.next_multiple_of(CHUNK), 0);
    }

    /// `name_bucket{label="value",le="0.5"} 7` of all buckets, cumulative, and what `end` adds to each line, if it does. Gives
    /// the count.
    pub(super) fn all_buckets(
        &self,
        counts: &[u64],
        adds: bool,
        end: impl Fn(usize, &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) -> u64 {
        if !adds {
            return self.some_buckets(0, counts, 0, out);
        }
        let mut sum = 0;
        for at in 0..counts.len() {
            sum = self.some_buckets(at, &counts[at..=at], sum, out);
            out.pop();
            end(at, out);
            out.push(b'\n');
        }
        sum
    }

    /// Those from one on, with what was counted before it.
    fn some_buckets(&self, first: usize, counts: &[u64], mut sum: u64, out: &mut Vec<u8>) -> u64 {
        let Made { bucket, bucket_len, ends, .. } = &self.made;
        let mut at = out.len();
        // Room for more than the lines, so that they can be written in chunks.
        out.resize(at + counts.len() * (bucket.len() + CHUNK + number::LONGEST + 1), 0);
        for (count, bound) in counts.iter().zip(ends.get(first..).unwrap_or_default()) {
            sum = sum.wrapping_add(*count);
            let line = &mut out[at..];
            for (to, chunk) in line.chunks_exact_mut(CHUNK).zip(bucket.chunks_exact(CHUNK)) {
                to.copy_from_slice(chunk);
            }
            line[*bucket_len..*bucket_len + CHUNK].copy_from_slice(&bound.bytes);
            let mut len = bucket_len + bound.len;
            len += number::integer_at(sum, &mut line[len..]);
            line[len] = b'\n';
            at += len + 1;
        }
        out.truncate(at);
        sum
    }
}
