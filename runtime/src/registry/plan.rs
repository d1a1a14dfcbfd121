//! What is the same in every scrape: which families there are, which places feed each, and where its labels come from. Made
//! once, and again only when a place or a configuration comes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::bounds;
use crate::catalogue::{self, Readable, Reading};
use crate::family::{self, Family, Shows};
use crate::label::{self, Digit};
use crate::snapshot::Text;

/// Something that can be read, and what was read of it last.
pub(super) struct Source {
    pub(super) site: &'static dyn Readable,
    pub(super) digits: Vec<Digit>,
    pub(super) reading: Reading,
}

/// A family that is made of what was read.
pub(super) struct Own {
    pub(super) first: &'static Family,
    /// The first that the user wrote, and where; else that of the first place.
    pub(super) help: &'static str,
    helped: Option<(&'static str, u32)>,
    pub(super) labels: Vec<&'static str>,
    pub(super) place: (&'static str, u32),
    /// Whether all of its places have native buckets.
    pub(super) is_native: bool,
    /// Whether no two of its places can write the same series, and none writes one twice.
    pub(super) is_distinct: bool,
    pub(super) parts: Vec<Part>,
}

/// What one source has of a family.
pub(super) struct Part {
    /// The number of the source.
    pub(super) source: usize,
    pub(super) family: &'static Family,
    /// Its bounds, if a configuration replaced them.
    pub(super) bounds: Option<std::sync::Arc<[f64]>>,
    /// For each label of the family, where its values come from.
    columns: Vec<Column>,
}

enum Column {
    /// One of the source's digits.
    Digit(usize),
    /// It has one value.
    Fixed(&'static str),
    Status,
}

/// What a label that is counted as `_other` stands for.
pub(super) struct Opened {
    pub(super) family: &'static str,
    pub(super) label: &'static str,
    /// Each source that has it, with the number of its digit.
    pub(super) digits: Vec<(usize, usize)>,
}

/// All that can be read, and what becomes of it.
pub(super) struct Plan {
    pub(super) sources: Vec<Source>,
    /// Those that can be exposed, in the order of their places.
    pub(super) own: Vec<Own>,
    /// The open-ended labels, by family and name.
    pub(super) opened: Vec<Opened>,
    /// How often families contradict each other, and what there is to tell of it.
    pub(super) conflicts: BTreeMap<Text, u64>,
    pub(super) notices: Vec<String>,
    /// What is exposed where nobody else has a family and ours are at peace, by name: the number of one of ours, or what went
    /// to `_other`; and whether its stem is another's.
    pub(super) alone: Option<Vec<(Option<usize>, bool)>>,
    /// Room for the labels of a series.
    pub(super) labels: Vec<(Text, Text)>,
    made_of: (usize, usize),
}

impl Plan {
    /// What a plan is made of now: where that is another number, it is made again.
    pub(super) fn of_now() -> (usize, usize) {
        (catalogue::len(), bounds::generation())
    }

    pub(super) fn is_of(&self, made_of: (usize, usize)) -> bool {
        self.made_of == made_of
    }

    pub(super) fn new(made_of: (usize, usize)) -> Self {
        let source = |site: &'static dyn Readable| {
            let digits = label::digits(site.definition().dimensions, site.opens());
            Source { site, digits, reading: Reading::default() }
        };
        let sources = catalogue::sites().into_iter().map(source).collect();
        let (conflicts, notices) = Default::default();
        let (own, alone, labels) = Default::default();
        let mut plan = Plan { sources, own, opened: Vec::new(), conflicts, notices, alone, labels, made_of };
        plan.own_families();
        for own in &mut plan.own {
            own.is_distinct = own.parts.iter().all(|part| part.is_whole(&plan.sources)) && is_told_apart(own);
        }
        plan.opened = opened(&plan.own, &plan.sources);
        plan
    }

    /// What is fed by callsites and groups, in the order of the places where they stand.
    fn own_families(&mut self) {
        let mut by_name: BTreeMap<&'static str, usize> = BTreeMap::new();
        let replaced = bounds::replaced().clone().unwrap_or_default();
        for (number, source) in self.sources.iter().enumerate() {
            let definition = source.site.definition();
            for family in definition.families {
                let of_family = || family.labels.iter().flat_map(|place| digits_at(&source.digits, *place));
                let mut labels: Vec<&'static str> =
                    of_family().map(|digit| source.digits[digit].dimension.label).collect();
                let mut columns: Vec<Column> = of_family().map(|digit| column(&source.digits, digit)).collect();
                if family.status {
                    labels.push("status");
                    columns.push(Column::Status);
                }
                let at = *by_name.entry(family.name).or_insert_with(|| {
                    let (labels, place) = (labels.clone(), definition.place);
                    let own = Own {
                        first: family,
                        help: family.help,
                        helped: None,
                        labels,
                        place,
                        is_native: true,
                        is_distinct: false,
                        parts: vec![],
                    };
                    self.own.push(own);
                    self.own.len() - 1
                });
                let own = &mut self.own[at];
                // The same labels in another order are the same: they are written in the order of the first comer.
                let order: Option<Vec<usize>> =
                    own.labels.iter().map(|label| labels.iter().position(|other| other == label)).collect();
                let order = order.filter(|order| order.len() == labels.len());
                if let Some(what) = family.differs_from(own.first, order.is_some(), own.helped.map(|_| own.help)) {
                    let (first, (here, at)) = (own.helped.filter(|_| what == "help"), definition.place);
                    let (file, line) = first.unwrap_or(own.place);
                    let lost = match what {
                        "help" => "its help is ignored",
                        _ if family::is_harmless(what) => "the family has none",
                        _ => "it is not exposed",
                    };
                    let (name, another) = (family.name, family::another(what));
                    self.notices.push(format!(
                        "the family `{name}` at {here}:{at} has {another} than at {file}:{line}, which comes first: {lost}; \
                         make them the same, or rename one of them"
                    ));
                    if !family::is_harmless(what) {
                        *self.conflicts.entry(name.into()).or_default() += 1;
                        continue;
                    }
                }
                if let (None, Some(help)) = (own.helped, family.given_help()) {
                    (own.help, own.helped) = (help, Some(definition.place));
                }
                own.is_native &= family.native;
                let mut columns: Vec<Option<Column>> = columns.into_iter().map(Some).collect();
                let columns = order.unwrap_or_default().into_iter().filter_map(|at| columns[at].take()).collect();
                let bounds = replaced.get(family.name).cloned();
                own.parts.push(Part { source: number, family, bounds, columns });
            }
        }
    }
}

/// The digits of a label, or of a set of them.
fn digits_at(digits: &[Digit], place: usize) -> impl Iterator<Item = usize> + '_ {
    digits.iter().enumerate().filter(move |(_, digit)| digit.place == place).map(|(at, _)| at)
}

fn column(digits: &[Digit], digit: usize) -> Column {
    let of = &digits[digit];
    if of.open.is_some() || of.dimension.len() > 1 {
        return Column::Digit(digit);
    }
    Column::Fixed(match of.text(0).unwrap_or_default() {
        Cow::Borrowed(text) => text,
        // A function's path: cut out of a type's name once, for each plan.
        Cow::Owned(path) => interned(path),
    })
}

/// The same text for the life of the program; there are as many as functions.
fn interned(text: String) -> &'static str {
    use std::sync::{Mutex, PoisonError};
    static ALL: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let all = all.get_or_insert_default();
    if let Some(known) = all.get(&*text) {
        return known;
    }
    let text: &'static str = text.leak();
    all.insert(text);
    text
}

impl Part {
    /// Whether it shows all labels of its source, so no two label sets are one series.
    fn is_whole(&self, sources: &[Source]) -> bool {
        let is_of_calls = matches!(self.family.shows, Shows::Calls | Shows::Durations);
        let has_all = sources[self.source].site.definition().dimensions.len() == self.family.labels.len();
        // What such a label has for calls that returned none is empty, and a returned value may be so too.
        let is_plain = |digit: &Digit| digit.open.is_none() || !digit.dimension.is_after();
        has_all && (self.family.status || !is_of_calls) && sources[self.source].digits.iter().all(is_plain)
    }

    /// The labels of one series, in the order of the family, into what is used again.
    pub(super) fn labels(
        &self,
        own: &Own,
        source: &Source,
        set: usize,
        status: Option<usize>,
        into: &mut Vec<(Text, Text)>,
    ) {
        into.clear();
        for (label, column) in own.labels.iter().zip(&self.columns) {
            let text = match column {
                Column::Fixed(text) => Cow::Borrowed(*text),
                Column::Digit(digit) => source.digits[*digit].text(set).unwrap_or_default(),
                Column::Status => {
                    let words = source.site.definition().words;
                    Cow::Borrowed(status.map_or("", |status| words.values.get(status)))
                }
            };
            into.push((Cow::Borrowed(*label), text));
        }
    }
}

/// Whether one label tells all places of a family apart: it has one value at each, and another one at each other.
fn is_told_apart(own: &Own) -> bool {
    let fixed = |column: usize| {
        let mut seen = HashSet::new();
        own.parts.iter().all(|part| matches!(part.columns[column], Column::Fixed(text) if seen.insert(text)))
    };
    own.parts.len() < 2 || (0..own.labels.len()).any(fixed)
}

fn opened(own: &[Own], sources: &[Source]) -> Vec<Opened> {
    let mut all: BTreeMap<(&'static str, &'static str), Vec<(usize, usize)>> = BTreeMap::new();
    for part in own.iter().flat_map(|own| &own.parts) {
        for (at, digit) in sources[part.source].digits.iter().enumerate() {
            if digit.open.is_some() && part.family.labels.contains(&digit.place) {
                all.entry((part.family.name, digit.dimension.label)).or_default().push((part.source, at));
            }
        }
    }
    let made = |((family, label), digits)| Opened { family, label, digits };
    all.into_iter().map(made).collect()
}
