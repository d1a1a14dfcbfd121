//! What families of ours say about those of the program.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::plan::{Plan, Source};
use crate::catalogue::{self, Shown};
use crate::family::{self, Family};
use crate::label::{self, Digit};
use crate::snapshot::{self, Number, Sink, Text, Value};

/// Counts what went to `_other`, of every open-ended label.
pub(super) fn show_overflow(plan: &Plan, labels: &mut Vec<(Text, Text)>, sink: &mut dyn Sink) {
    for opened in &plan.opened {
        let lost = opened.digits.iter().map(|(source, digit)| {
            let source = &plan.sources[*source];
            others(source, &source.digits[*digit])
        });
        labels.clear();
        let named = |label, text| (Cow::Borrowed(label), Cow::Borrowed(text));
        labels.extend([named("family", opened.family), named("label", opened.label)]);
        let lost = lost.fold(0u64, u64::wrapping_add);
        sink.series(labels, &Value::Number(Number::Count(lost)), None);
    }
}

/// Says what an operator must know of open-ended labels.
pub(super) fn about_labels(plan: &Plan, notices: &mut Vec<String>) {
    for (number, at) in plan.opened.iter().flat_map(|opened| &opened.digits) {
        let source = &plan.sources[*number];
        let digit = &source.digits[*at];
        // Nobody has used it yet.
        let Some((open, table)) = digit.open.and_then(|open| Some((open, open.table()?))) else { continue };
        let (most, label) = (open.most(), digit.dimension.label);
        let (here, line) = source.site.definition().place;
        // Neither names a family: one label is told once, however many families have it.
        let (file, at) = table.place;
        if others(source, digit) > 0 {
            notices.push(format!(
                "the label `{label}` at {file}:{at} keeps {}, none above {} bytes, and there were others: they are \
                 counted as `_other`, and by family in `tallied_label_overflow_total`; raise its `max`, or reserve the \
                 values that matter",
                values(table.most),
                label::LONGEST
            ));
        }
        if table.most != most {
            notices.push(format!(
                "the label `{label}` keeps {} at {here}:{line} and {} at {file}:{at}, for the same family or \
                 one that is fed together with it; the smaller holds; make them the same",
                values(most),
                table.most
            ));
        }
    }
}

fn values(most: usize) -> String {
    if most == 1 { "1 value".to_owned() } else { format!("{most} values") }
}

/// How often an open-ended label had a value that is not kept.
fn others(source: &Source, digit: &Digit) -> u64 {
    let has_overflowed = digit.open.and_then(label::Open::table).is_some_and(label::Table::has_overflowed);
    if !has_overflowed {
        return 0;
    }
    let (mut lost, mut is_told) = (0u64, true);
    source.site.tell(&source.digits, &source.reading, &mut |set, shown| {
        if digit.is_other(set) {
            match shown {
                Shown::Calls(calls) => lost = lost.wrapping_add(calls.count),
                Shown::Field(catalogue::Value::Count(count) | catalogue::Value::Summary { count, .. }, _) => {
                    lost = lost.wrapping_add(count);
                }
                Shown::Field(catalogue::Value::Histogram { counts, .. }, _) => {
                    lost = counts.iter().fold(lost, |sum, count| sum.wrapping_add(*count));
                }
                Shown::Running(..) => {}
                // A gauge does not say how often it was set.
                Shown::Field(..) => is_told = false,
            }
        }
    });
    // There, that it was is all that is counted.
    if is_told { lost } else { 1 }
}

/// Counts the numbers that families refused, and says which could not be asked.
pub(super) fn about_rejected(plan: &Plan, notices: &mut Vec<String>) -> Option<snapshot::Family> {
    let mut rejected: BTreeMap<Text, u64> = BTreeMap::new();
    for part in plan.own.iter().flat_map(|own| &own.parts) {
        let (name, source) = (part.family.name, &plan.sources[part.source]);
        let (file, line) = source.site.definition().place;
        if source.reading.failed {
            notices.push(format!(
                "the family `{name}` at {file}:{line} is without a series whose `read_from` panicked, or scraped; it is asked \
                 again at the next scrape"
            ));
        }
        if source.reading.rejected > 0 {
            *rejected.entry(name.into()).or_default() += source.reading.rejected;
            notices.push(format!(
                "the family `{name}` at {file}:{line} was given a number that is not finite, or below zero for a counter; such \
                 are counted in `tallied_rejected_total`, and change nothing"
            ));
        }
    }
    counted(&family::REJECTED, &["family"], rejected.into_iter().map(|(family, count)| (vec![family], count)))
}

/// A counter of ours about others, if there is something to count.
pub(super) fn counted(
    of: &'static Family,
    labels: &[&'static str],
    rows: impl Iterator<Item = (Vec<Text>, u64)>,
) -> Option<snapshot::Family> {
    let series = |(values, count): (Vec<Text>, u64)| snapshot::Series {
        labels: labels.iter().map(|label| Cow::Borrowed(*label)).zip(values).collect(),
        value: Value::Number(Number::Count(count)),
        timestamp_ms: None,
    };
    let series: Vec<snapshot::Series> = rows.map(series).collect();
    (!series.is_empty()).then(|| snapshot::Family { name: of.name.into(), help: of.help.into(), kind: of.kind, series })
}
