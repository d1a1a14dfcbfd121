//! What families of ours say about those of the program.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Own, Scrape};
use crate::catalogue::{self, SetReading, SetShows};
use crate::family::{self, Family};
use crate::label;
use crate::snapshot::{self, Number, Text, Value};

/// Counts what went to `_other`, and says what an operator must know of open-ended labels.
pub(super) fn about_labels(scrape: &Scrape, own: &[Own], notices: &mut Vec<String>) -> Option<snapshot::Family> {
    let mut overflow: BTreeMap<(&'static str, &'static str), u64> = BTreeMap::new();
    for part in own.iter().flat_map(|own| &own.parts) {
        let source = &scrape.sources[part.source];
        let (here, line) = source.site.definition().place;
        for digit in source.digits.iter().filter(|digit| part.family.labels.contains(&digit.place)) {
            let Some(open) = digit.open else { continue };
            let (name, label, most) = (part.family.name, digit.dimension.label, open.most());
            let sum = overflow.entry((name, label)).or_default();
            // Nobody has used it yet.
            let Some(table) = open.table() else { continue };
            let others = source.reading.sets.iter().filter(|set| digit.is_other(set.set));
            // A gauge does not say how often it was set: there, that it was is all that is counted.
            let lost = match others.map(uses).try_fold(0u64, |sum, uses| Some(sum.wrapping_add(uses?))) {
                Some(lost) => lost,
                None => u64::from(table.has_overflowed()),
            };
            *sum = sum.wrapping_add(lost);
            // Neither names a family: one label is told once, however many families have it.
            let (file, at) = table.place;
            if lost > 0 {
                notices.push(format!(
                    "the label `{label}` at {file}:{at} keeps {} values, none above {} bytes, and there were others: they are \
                     counted as `_other`, and by family in `tallied_label_overflow_total`; raise its `max`, or reserve the \
                     values that matter",
                    table.most,
                    label::LONGEST
                ));
            }
            if table.most != most {
                notices.push(format!(
                    "the label `{label}` keeps {most} values at {here}:{line} and {} at {file}:{at}, for the same family or \
                     one that is fed together with it; the smaller holds; make them the same",
                    table.most
                ));
            }
        }
    }
    let rows = overflow.into_iter().map(|((family, label), count)| (vec![family.into(), label.into()], count));
    counted(&family::OVERFLOW, &["family", "label"], rows)
}

/// How often a label set was used, if its cells tell.
fn uses(set: &SetReading) -> Option<u64> {
    match &set.shows {
        SetShows::Calls { statuses, .. } => Some(statuses.iter().fold(0, |sum, calls| sum.wrapping_add(calls.count()))),
        SetShows::Field { value: catalogue::Value::Count(count), .. }
        | SetShows::Field { value: catalogue::Value::Summary { count, .. }, .. } => Some(*count),
        SetShows::Field { value: catalogue::Value::Histogram { counts, .. }, .. } => Some(counts.iter().sum()),
        SetShows::Field { .. } => None,
    }
}

/// Counts the numbers that families refused, and says which could not be asked.
pub(super) fn about_rejected(scrape: &Scrape, own: &[Own], notices: &mut Vec<String>) -> Option<snapshot::Family> {
    let mut rejected: BTreeMap<Text, u64> = BTreeMap::new();
    for part in own.iter().flat_map(|own| &own.parts) {
        let (name, source) = (part.family.name, &scrape.sources[part.source]);
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
