//! One scrape: callsites become families, other people's collectors join them, and what cannot stand together is left
//! out.
//!
//! Holds a lock: it guards the set of notices already given, so each is told once. Scrapes take it when they have
//! something to tell, and nobody else does.
//!
//! The invariant: whatever leaves here can be written. Names follow the grammar, a sample's name belongs to one family,
//! a label set stands once.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::catalogue::{self, Readable, Reading};
use crate::family;
use crate::foreign;
use crate::label::{self, Digit};
use crate::snapshot::{Family, Kind, Number, Series, Text, Value};

static TOLD: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Every family that can be exposed, by name.
pub(crate) fn gather() -> Vec<Family> {
    let mut notices = Vec::new();
    let mut families = own_families(&mut notices);
    families.extend(foreign::families(&mut notices));
    let families = admit(families, &mut notices);
    tell(notices);
    families
}

/// The families of our callsites alone.
pub(crate) fn gather_own() -> Vec<Family> {
    let mut notices = Vec::new();
    let families = own_families(&mut notices);
    let families = admit(families, &mut notices);
    tell(notices);
    families
}

/// Says each notice once in the life of the process.
fn tell(notices: Vec<String>) {
    if notices.is_empty() {
        return;
    }
    let fresh: Vec<String> = {
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.get_or_insert_default();
        notices.into_iter().filter(|notice| told.insert(notice.clone())).collect()
    };
    // Not under the lock: a subscriber may scrape.
    for notice in fresh {
        tracing::warn!(target: "tallied", "{notice}");
    }
}

/// Keeps the families that can stand together on one exposition, sorted by name. The first comer wins.
fn admit(families: Vec<Family>, notices: &mut Vec<String>) -> Vec<Family> {
    let mut owners: BTreeMap<String, Text> = BTreeMap::new();
    let mut admitted: BTreeMap<Text, Family> = BTreeMap::new();
    for family in families {
        let samples = || family.kind.suffixes().iter().map(|suffix| format!("{}{suffix}", family.name));
        if let Some((sample, owner)) = samples().find_map(|s| owners.get(&s).map(|owner| (s.clone(), owner))) {
            notices.push(format!(
                "the family `{}` is not exposed: its sample `{sample}` belongs to the family `{owner}`; rename one of them",
                family.name
            ));
            continue;
        }
        owners.extend(samples().map(|sample| (sample, family.name.clone())));
        admitted.insert(family.name.clone(), family);
    }
    admitted.into_values().collect()
}

/// The families so far, in the order of their first callsites.
#[derive(Default)]
struct Sums {
    all: Vec<Sum>,
    by_name: HashMap<&'static str, usize>,
}

/// A family while its callsites are added up.
struct Sum {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    bounds: &'static [f64],
    labels: Vec<&'static str>,
    place: (&'static str, u32),
    /// By label values.
    series: BTreeMap<Vec<Text>, Value>,
}

/// In the order of the first calls: so what was exposed once is not displaced by what comes later.
fn own_families(notices: &mut Vec<String>) -> Vec<Family> {
    let (mut sums, mut overflow) = (Sums::default(), Overflow::new());
    for site in catalogue::callsites() {
        let (definition, reading) = (site.definition(), site.read());
        for (kind, family) in [
            (Kind::Counter, &definition.counter),
            (Kind::Histogram, &definition.histogram),
            (Kind::Gauge, &definition.in_flight),
        ] {
            if let Some(family) = family {
                let is_exposed = add(&mut sums, kind, family, site, &reading, notices);
                if is_exposed {
                    open_labels(&mut overflow, family, site, &reading, notices);
                }
            }
        }
    }
    let named = |sum: Sum| {
        let series = sum.series.into_iter().map(|(values, value)| Series {
            labels: sum.labels.iter().map(|label| Cow::Borrowed(*label)).zip(values).collect(),
            value,
            timestamp_ms: None,
        });
        Family { name: sum.name.into(), help: sum.help.into(), kind: sum.kind, series: series.collect() }
    };
    let mut families: Vec<Family> = sums.all.into_iter().map(named).collect();
    families.extend(overflow_family(overflow));
    families
}

/// Calls by family and label whose value was one too many.
type Overflow = BTreeMap<(&'static str, &'static str), u64>;

/// Counts what went to `_other`, and says what an operator must know of a family's open-ended labels.
fn open_labels(
    overflow: &mut Overflow,
    family: &'static family::Family,
    site: &'static dyn Readable,
    reading: &Reading,
    notices: &mut Vec<String>,
) {
    let definition = site.definition();
    let (here, line) = definition.place;
    let digits = label::digits(definition.dimensions, site.opens());
    for digit in digits.iter().filter(|digit| family.labels.contains(&digit.place)) {
        let Some((open, table)) = digit.open.and_then(|open| Some((open, open.table()?))) else { continue };
        let (name, label, most) = (family.name, digit.dimension.label, open.most());
        let calls = reading.sets.iter().filter(|set| digit.is_other(set.set)).flat_map(|set| &set.statuses);
        let lost = calls.fold(0u64, |sum, calls| sum.wrapping_add(calls.count()));
        let sum = overflow.entry((name, label)).or_default();
        *sum = sum.wrapping_add(lost);
        // Neither names a family: one label is told once, however many families have it.
        let (file, at) = table.place;
        if lost > 0 {
            notices.push(format!(
                "the label `{label}` at {file}:{at} keeps {} values, none above {} bytes, and there were others: they are counted \
                 as `_other`, and by family in `tallied_label_overflow_total`; raise its `max`, or reserve the values that matter",
                table.most,
                label::LONGEST
            ));
        }
        if table.most != most {
            notices.push(format!(
                "the label `{label}` keeps {most} values at {here}:{line} and {} at {file}:{at}, for the same family or one that is \
                 fed together with it; the smaller holds; make them the same",
                table.most
            ));
        }
    }
}

fn overflow_family(overflow: Overflow) -> Option<Family> {
    let series = |((family, label), count)| Series {
        labels: vec![("family".into(), Cow::Borrowed(family)), ("label".into(), Cow::Borrowed(label))],
        value: Value::Number(Number::Count(count)),
        timestamp_ms: None,
    };
    (!overflow.is_empty()).then(|| Family {
        name: family::OVERFLOW.name.into(),
        help: family::OVERFLOW.help.into(),
        kind: Kind::Counter,
        series: overflow.into_iter().map(series).collect(),
    })
}

/// Adds what a callsite counted to a family, if it fits.
fn add(
    sums: &mut Sums,
    kind: Kind,
    family: &'static family::Family,
    site: &'static dyn Readable,
    reading: &Reading,
    notices: &mut Vec<String>,
) -> bool {
    let definition = site.definition();
    let digits: Vec<Digit> = label::digits(definition.dimensions, site.opens());
    let digits: Vec<&Digit> =
        family.labels.iter().flat_map(|place| digits.iter().filter(move |digit| digit.place == *place)).collect();
    let mut labels: Vec<&'static str> = digits.iter().map(|digit| digit.dimension.label).collect();
    if family.status {
        labels.push("status");
    }
    let bounds = if kind == Kind::Histogram { definition.bounds } else { &[] };
    let at = *sums.by_name.entry(family.name).or_insert_with(|| {
        let (name, help, place) = (family.name, family.help, definition.place);
        sums.all.push(Sum { name, kind, help, bounds, labels: labels.clone(), place, series: BTreeMap::new() });
        sums.all.len() - 1
    });
    let sum = &mut sums.all[at];
    // The same labels in another order are the same: they are written in the order of the first comer.
    let order: Option<Vec<usize>> =
        sum.labels.iter().map(|label| labels.iter().position(|other| other == label)).collect();
    let order = order.filter(|order| order.len() == labels.len());
    let differs = [
        (sum.kind != kind, "another type"),
        (order.is_none(), "other label names"),
        (sum.bounds != bounds, "other buckets"),
        (sum.help != family.help, "another help"),
    ];
    if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
        let ((file, line), (here, at)) = (sum.place, definition.place);
        // A help text is no reason to lose a number.
        let lost = if what == "another help" { "its help is ignored" } else { "it is not exposed" };
        notices.push(format!(
            "the family `{}` at {here}:{at} has {what} than at {file}:{line}, which came first: {lost}; make them the same, or \
             rename one of them",
            family.name
        ));
        if what != "another help" {
            return false;
        }
    }
    for set in &reading.sets {
        // A family that leaves a label out adds up over its values.
        let values = |status: Option<usize>| {
            let texts = digits.iter().map(|digit| digit.text(set.set).unwrap_or_default());
            let words = definition.words.values;
            let texts = texts.chain(status.filter(|_| family.status).map(|status| words.get(status).into()));
            let texts: Vec<Text> = texts.collect();
            order.iter().flatten().map(|at| texts[*at].clone()).collect()
        };
        if kind == Kind::Gauge {
            add_to(&mut sum.series, values(None), Value::Number(Number::Level(set.running)));
            continue;
        }
        for calls in &set.statuses {
            let count = calls.count();
            if kind == Kind::Counter {
                add_to(&mut sum.series, values(Some(calls.status)), Value::Number(Number::Count(count)));
            } else if count > 0 {
                #[allow(clippy::cast_precision_loss)] // past 104 days of nanoseconds, the last digit is a rounding
                let seconds = calls.nanos as f64 / 1e9;
                let counts = calls.counts.clone();
                let value = Value::Histogram { bounds: Cow::Borrowed(bounds), counts, sum: seconds };
                add_to(&mut sum.series, values(Some(calls.status)), value);
            }
        }
    }
    true
}

/// Callsites that write one series add up.
fn add_to(series: &mut BTreeMap<Vec<Text>, Value>, labels: Vec<Text>, value: Value) {
    match series.entry(labels) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => match (entry.get_mut(), value) {
            (Value::Number(Number::Count(sum)), Value::Number(Number::Count(more))) => *sum = sum.wrapping_add(more),
            (Value::Number(Number::Level(sum)), Value::Number(Number::Level(more))) => *sum = sum.wrapping_add(more),
            (Value::Histogram { counts, sum, .. }, Value::Histogram { counts: more, sum: seconds, .. }) => {
                for (count, more) in counts.iter_mut().zip(more) {
                    *count = count.wrapping_add(more);
                }
                *sum += seconds;
            }
            // A family has one type, so its values are of one shape.
            _ => {}
        },
    }
}
