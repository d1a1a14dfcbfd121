//! The series of one place, and how those of several places add up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::plan::{Own, Part, Source};
use crate::catalogue::{self, Calls, Shown};
use crate::family::{Family, Kind, Shows};
use crate::native;
use crate::sketch::Sketch;
use crate::snapshot::{Exemplar, Histogram, Native, Number, Summary, Text, Value};

impl Part {
    /// Each label set and status that is exposed.
    pub(super) fn visit<'a>(&'a self, source: &'a Source, take: &mut dyn FnMut(usize, Option<usize>, Piece<'a>)) {
        let family = self.family;
        let bounds = self.bounds.as_deref().unwrap_or(family.bounds);
        let has_labels = !family.labels.is_empty() && !source.digits.is_empty() || family.status;
        // Counters and gauges are there from the start; a histogram is where there is only one.
        let zero = family.zero.unwrap_or(match family.kind {
            Kind::Counter | Kind::Gauge | Kind::Info => true,
            Kind::Histogram | Kind::Summary => !has_labels,
        });
        source.site.tell(&source.digits, &source.reading, &mut |set, shown| match (family.shows, shown) {
            (Shows::Running, Shown::Running(running, was_called)) if zero || running != 0 || was_called => {
                take(set, None, Piece::Number(Number::Level(running)));
            }
            (Shows::Calls | Shows::Durations, Shown::Calls(calls)) if zero || calls.count > 0 => {
                take(set, Some(calls.status), of_calls(family, bounds, calls));
            }
            (Shows::Field(_), Shown::Field(value, is_touched)) if zero || is_touched => {
                take(set, None, of_field(family, bounds, value));
            }
            _ => {}
        });
    }
}

/// A part of a series.
pub(super) enum Piece<'a> {
    Number(Number),
    /// Always 1.
    Info,
    Histogram(Histogram<'a>),
    /// Observations whose quantiles are asked for when all are together; and the number and the sum of all.
    Summary(Cow<'a, Sketch>, u64, f64),
}

impl<'a> Piece<'a> {
    pub(super) fn told(self, own: &Own) -> Value<'a> {
        match self {
            Piece::Number(number) => Value::Number(number),
            Piece::Info => Value::Number(Number::Count(1)),
            // A server takes a family as native or as not.
            Piece::Histogram(histogram) if !own.is_native => Value::Histogram(Histogram { native: None, ..histogram }),
            Piece::Histogram(histogram) => Value::Histogram(histogram),
            Piece::Summary(sketch, count, sum) => {
                let at = |quantile: &f64| (*quantile, sketch.quantile(*quantile));
                Value::Summary(Summary { quantiles: own.first.quantiles.iter().map(at).collect(), count, sum })
            }
        }
    }
}

fn of_calls<'a>(family: &'static Family, bounds: &'a [f64], calls: Calls<'a>) -> Piece<'a> {
    match (family.kind, calls.sketch) {
        (Kind::Histogram, _) => {
            let sum = family.unit().of(calls.nanos);
            Piece::Histogram(histogram(family, bounds, calls.counts, sum, calls.native, calls.exemplars))
        }
        (Kind::Summary, Some(sketch)) => {
            Piece::Summary(Cow::Borrowed(sketch), calls.count, family.unit().of(calls.nanos))
        }
        _ => Piece::Number(Number::Count(calls.count)),
    }
}

fn of_field<'a>(family: &'static Family, bounds: &'a [f64], value: catalogue::Value<'a>) -> Piece<'a> {
    match value {
        catalogue::Value::Count(count) => Piece::Number(Number::Count(count)),
        catalogue::Value::Level(level) => Piece::Number(Number::Level(level)),
        catalogue::Value::Float(value) => Piece::Number(Number::Float(value)),
        catalogue::Value::Info => Piece::Info,
        catalogue::Value::Histogram { counts, sum, native, exemplars } => {
            Piece::Histogram(histogram(family, bounds, counts, sum, native, exemplars))
        }
        catalogue::Value::Summary { sketch, count, sum } => Piece::Summary(Cow::Borrowed(sketch), count, sum),
    }
}

fn histogram<'a>(
    family: &'static Family,
    bounds: &'a [f64],
    counts: &'a [u64],
    sum: f64,
    native: &'a [u64],
    exemplars: Vec<Option<Exemplar>>,
) -> Histogram<'a> {
    let of = |counts: &'a [u64]| {
        let first = native::Range::of(family.time_unit()).first();
        Native { schema: native::SCHEMA, first, counts: Cow::Borrowed(counts) }
    };
    let native = (!native.is_empty()).then(|| of(native));
    // Fewer bounds than it was compiled for: what stands behind the last is above all of them.
    let Some((below, above)) = counts.split_at_checked(bounds.len()).filter(|(_, above)| above.len() > 1) else {
        let (bounds, counts) = (Cow::Borrowed(bounds), Cow::Borrowed(counts));
        return Histogram { bounds, counts, sum, native, exemplars };
    };
    let above = above.iter().fold(0u64, |sum, count| sum.wrapping_add(*count));
    let counts = below.iter().copied().chain([above]).collect();
    Histogram { bounds: Cow::Borrowed(bounds), counts, sum, native, exemplars }
}

/// What writes one series adds up.
pub(super) fn add_to<'a>(
    series: &mut BTreeMap<Vec<(Text, Text)>, Piece<'a>>,
    labels: Vec<(Text, Text)>,
    piece: Piece<'a>,
) {
    let sum = match series.entry(labels) {
        Entry::Vacant(entry) => {
            entry.insert(piece);
            return;
        }
        Entry::Occupied(entry) => entry.into_mut(),
    };
    match (sum, piece) {
        (Piece::Number(sum), Piece::Number(more)) => {
            *sum = match (*sum, more) {
                (Number::Count(sum), Number::Count(more)) => Number::Count(sum.wrapping_add(more)),
                (Number::Level(sum), Number::Level(more)) => Number::Level(sum.wrapping_add(more)),
                (sum, more) => Number::Float(sum.float() + more.float()),
            };
        }
        (Piece::Histogram(sum), Piece::Histogram(more)) => {
            add_counts(sum.counts.to_mut(), &more.counts);
            sum.sum += more.sum;
            if sum.exemplars.is_empty() {
                sum.exemplars = more.exemplars;
            } else {
                // The later one of each bucket.
                for (exemplar, more) in sum.exemplars.iter_mut().zip(more.exemplars) {
                    let time = |exemplar: &Option<Exemplar>| exemplar.map(|exemplar| exemplar.time);
                    if time(&more) > time(exemplar) {
                        *exemplar = more;
                    }
                }
            }
            match (&mut sum.native, more.native) {
                (Some(sum), Some(more)) => add_counts(sum.counts.to_mut(), &more.counts),
                // Without all of them the buckets would not be those of the count.
                (native, _) => *native = None,
            }
        }
        (Piece::Summary(sketch, count, sum), Piece::Summary(more, more_count, more_sum)) => {
            sketch.to_mut().add(&more);
            *count = count.wrapping_add(more_count);
            *sum += more_sum;
        }
        // A family has one type, so its values are of one shape.
        _ => {}
    }
}

fn add_counts(sum: &mut [u64], more: &[u64]) {
    for (count, more) in sum.iter_mut().zip(more) {
        *count = count.wrapping_add(*more);
    }
}
