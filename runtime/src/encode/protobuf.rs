//! Prometheus' protobuf messages, each with its length before it.
//!
//! Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>; the numbers of the
//! fields below are from there. A server takes native histograms from no other format.

use std::time::Duration;

use crate::snapshot::{Exemplar, Head, Histogram, Kind, Native, Sink, Text, Value};

/// What is nearer to zero than this is zero: the usual of Prometheus' own clients. Nothing of ours is.
const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39; // 2^-128

pub(super) struct Protobuf<'a> {
    out: &'a mut Vec<u8>,
    /// The message of the family that is being written, and whether there is one.
    family: Message,
    is_open: bool,
    is_own: bool,
    kind: Kind,
    /// When the process began, and with it every number of ours.
    began: Duration,
}

impl<'a> Protobuf<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, began: Duration) -> Self {
        Protobuf { out, family: Message::default(), is_open: false, is_own: true, kind: Kind::Gauge, began }
    }

    pub(super) fn finish(mut self) {
        self.close();
    }

    fn close(&mut self) {
        if self.is_open {
            varint(self.out, self.family.0.len() as u64);
            self.out.extend_from_slice(&self.family.0);
            self.family.0.clear();
        }
    }
}

impl Sink for Protobuf<'_> {
    fn family(&mut self, head: &Head<'_>) {
        self.close();
        (self.is_open, self.is_own, self.kind) = (true, head.is_own, head.kind);
        self.family.text(1, head.name);
        self.family.text(2, head.help);
        self.family.number(
            3,
            match head.kind {
                Kind::Counter => 0,
                Kind::Gauge | Kind::Info => 1,
                Kind::Summary => 2,
                Kind::Histogram => 4,
            },
        );
        if let Some(unit) = head.unit {
            self.family.text(5, unit);
        }
    }

    fn series(&mut self, labels: &[(Text, Text)], value: &Value<'_>, timestamp_ms: Option<i64>) {
        // When a foreign one began, nobody knows.
        let is_own = self.is_own;
        let mut metric = Message::default();
        for (name, value) in labels {
            let mut label = Message::default();
            label.text(1, name);
            label.text(2, value);
            metric.message(1, &label);
        }
        match value {
            Value::Number(number) => {
                let mut of = Message::default();
                of.double(1, number.float());
                let is_counter = self.kind == Kind::Counter;
                if is_counter && is_own {
                    of.message(3, &timestamp(self.began));
                }
                metric.message(if is_counter { 3 } else { 2 }, &of);
            }
            Value::Histogram(histogram) => {
                let mut of = of_histogram(histogram);
                if is_own {
                    of.message(15, &timestamp(self.began));
                }
                metric.message(7, &of);
            }
            Value::Summary(summary) => {
                let mut of = Message::default();
                of.number(1, summary.count);
                of.double(2, summary.sum);
                for (quantile, value) in summary.quantiles.iter() {
                    let mut at = Message::default();
                    at.double(1, *quantile);
                    at.double(2, *value);
                    of.message(3, &at);
                }
                if is_own {
                    of.message(4, &timestamp(self.began));
                }
                metric.message(4, &of);
            }
        }
        if let Some(timestamp) = timestamp_ms {
            metric.number(6, u64::from_ne_bytes(timestamp.to_ne_bytes()));
        }
        self.family.message(4, &metric);
    }
}

fn of_histogram(histogram: &Histogram<'_>) -> Message {
    let mut of = Message::default();
    // An observation reaches its native bucket first: the others are in no bucket but the last yet.
    let all = histogram.native.as_ref().map(|native| native.counts.iter().fold(0u64, |sum, n| sum.wrapping_add(*n)));
    let count = all.unwrap_or_else(|| histogram.count());
    of.number(1, count);
    of.double(2, histogram.sum);
    let mut cumulative = 0u64;
    let exemplar = |at: usize| histogram.exemplars.get(at).and_then(Option::as_ref).map(of_exemplar);
    for (at, (bound, more)) in histogram.bounds.iter().zip(histogram.counts.iter()).enumerate() {
        cumulative = cumulative.wrapping_add(*more);
        of.message(3, &bucket(*bound, cumulative, exemplar(at)));
    }
    of.message(3, &bucket(f64::INFINITY, count, exemplar(histogram.bounds.len())));
    if let Some(native) = &histogram.native {
        of_native(&mut of, native);
        // A server that reads the native buckets looks for them here.
        for exemplar in histogram.exemplars.iter().flatten() {
            of.message(16, &of_exemplar(exemplar));
        }
    }
    of
}

fn bucket(bound: f64, cumulative: u64, exemplar: Option<Message>) -> Message {
    let mut bucket = Message::default();
    bucket.number(1, cumulative);
    bucket.double(2, bound);
    if let Some(exemplar) = exemplar {
        bucket.message(3, &exemplar);
    }
    bucket
}

fn of_exemplar(exemplar: &Exemplar) -> Message {
    let mut of = Message::default();
    for (name, text) in exemplar.trace.texts() {
        let mut label = Message::default();
        label.text(1, name);
        label.text(2, &text);
        of.message(1, &label);
    }
    of.double(2, exemplar.value);
    of.message(3, &timestamp(exemplar.time));
    of
}

fn timestamp(since_1970: Duration) -> Message {
    let mut of = Message::default();
    of.number(1, since_1970.as_secs());
    of.number(2, u64::from(since_1970.subsec_nanos()));
    of
}

/// Spans of buckets that follow each other, and of each bucket how it differs from the one before.
fn of_native(of: &mut Message, native: &Native<'_>) {
    of.signed(5, i64::from(native.schema));
    of.double(6, ZERO_THRESHOLD);
    let Some((zero, buckets)) = native.counts.split_first() else { return };
    of.number(7, *zero);
    // A gap of one or two is cheaper as empty buckets than as a span of its own.
    let (mut spans, mut deltas): (Vec<(i64, u64)>, Vec<i64>) = Default::default();
    let (mut next, mut before) = (0i64, 0u64);
    for (index, count) in (i64::from(native.first)..).zip(buckets).filter(|(_, count)| **count > 0) {
        let gap = index - next;
        match spans.last_mut() {
            Some((_, length)) if gap <= 2 => {
                for _ in 0..gap {
                    deltas.push(difference(0, before));
                    before = 0;
                    *length += 1;
                }
                *length += 1;
            }
            _ => spans.push((gap, 1)),
        }
        deltas.push(difference(*count, before));
        (next, before) = (index + 1, *count);
    }
    // Without a span a server takes it for a classic histogram.
    if spans.is_empty() {
        spans.push((0, 0));
    }
    for (offset, length) in spans {
        let mut span = Message::default();
        span.signed(1, offset);
        span.number(2, length);
        of.message(12, &span);
    }
    let mut packed = Vec::new();
    for delta in deltas {
        varint(&mut packed, zigzag(delta));
    }
    if !packed.is_empty() {
        of.bytes(13, &packed);
    }
}

fn difference(now: u64, before: u64) -> i64 {
    i64::from_ne_bytes(now.wrapping_sub(before).to_ne_bytes())
}

/// The bytes of a message, without its length.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u32, wire: u32) {
        varint(&mut self.0, u64::from(field << 3 | wire));
    }

    fn number(&mut self, field: u32, number: u64) {
        self.key(field, 0);
        varint(&mut self.0, number);
    }

    fn signed(&mut self, field: u32, number: i64) {
        self.number(field, zigzag(number));
    }

    fn double(&mut self, field: u32, number: f64) {
        self.key(field, 1);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u32, message: &Message) {
        self.bytes(field, &message.0);
    }
}

/// Seven bits a byte, the lowest first.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        #[allow(clippy::cast_possible_truncation)] // the low bits
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[allow(clippy::cast_possible_truncation)] // below 0x80
    out.push(number as u8);
}

/// Small numbers of both signs to small numbers.
fn zigzag(number: i64) -> u64 {
    u64::from_ne_bytes((number << 1 ^ number >> 63).to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups_of_seven_bits() {
        let bytes = |number| {
            let mut out = Vec::new();
            varint(&mut out, number);
            out
        };
        assert_eq!(bytes(0), [0]);
        assert_eq!(bytes(127), [127]);
        assert_eq!(bytes(300), [0xac, 0x02], "the example of the documentation of protobuf");
        assert_eq!(bytes(u64::MAX), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!([0, -1, 1, -2, i64::MAX, i64::MIN].map(zigzag), [0, 1, 2, 3, u64::MAX - 1, u64::MAX]);
    }

    /// The spans and the differences, read back.
    fn native(first: i32, counts: &[u64]) -> Vec<u8> {
        let mut of = Message::default();
        of_native(&mut of, &Native { schema: 3, first, counts: counts.into() });
        // Behind schema, threshold and the count of zero.
        of.0.split_off(2 + 9 + 2)
    }

    #[test]
    fn buckets_that_follow_each_other_are_one_span() {
        // 12: {1: -3, 2: 4}, 13: [+1, -1, 0, +2]
        assert_eq!(native(-3, &[0, 1, 0, 0, 2, 0]), [0x62, 4, 0x08, 5, 0x10, 4, 0x6a, 4, 2, 1, 0, 4]);
        // A gap of three: 12: {1: 1, 2: 1}, 12: {1: 3, 2: 1}
        assert_eq!(
            native(1, &[0, 5, 0, 0, 0, 5]),
            [0x62, 4, 0x08, 2, 0x10, 1, 0x62, 4, 0x08, 6, 0x10, 1, 0x6a, 2, 10, 0]
        );
        assert_eq!(native(1, &[7, 0]), [0x62, 4, 0x08, 0, 0x10, 0], "an empty span says that it is native");
    }
}
