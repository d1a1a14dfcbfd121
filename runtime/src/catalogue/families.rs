//! All families of the program, with what they can grow to.

#[cfg(feature = "metrics")]
use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "metrics")]
use super::sites;
#[cfg(feature = "metrics")]
use crate::definition::Definition;
#[cfg(feature = "metrics")]
use crate::family::{CONFLICTS, Family, Kind, Numbers, OVERFLOW, REJECTED, Shows};
#[cfg(feature = "metrics")]
use crate::label::{self, Digit};

/// Lists the families of all observed functions and metric groups of the program, used or not, by name.
///
/// The number of series of the whole program stays under a bound by a test of one line:
///
/// ```
/// assert!(tallied::catalogue().series() <= 50_000, "{}", tallied::catalogue());
/// ```
///
/// The list is made by the linker, of every crate of the program. On a target whose linker makes none
/// (WebAssembly, say), a family is known from its first call on. Of a Rust `dylib` the list has what is in the
/// same shared object as `tallied`. A crate whose functions the program never
/// names may not be linked at all: put the test where the whole program is, or name its crates there (`use shop as
/// _;`). Without the feature `metrics` it is empty.
#[must_use]
pub fn catalogue() -> Catalogue {
    #[cfg(feature = "metrics")]
    {
        let mut drafts: BTreeMap<&'static str, Draft> = BTreeMap::new();
        let mut about = About::default();
        let mut bytes = 0usize;
        for site in sites() {
            let (definition, of_site) = (site.definition(), site.bytes());
            let digits = label::digits(definition.dimensions, site.opens());
            bytes = bytes.saturating_add(of_site);
            for family in definition.families {
                let draft = drafts.entry(family.name).or_insert_with(|| Draft::new(family, definition));
                draft.add(family, definition, &digits);
                draft.family.bytes = draft.family.bytes.saturating_add(of_site);
                about.add(family, definition, &digits);
            }
        }
        let mut families: Vec<CataloguedFamily> = drafts.into_values().map(Draft::finish).collect();
        families.extend(about.families());
        families.sort_by_key(|family| family.name);
        Catalogue { families, bytes }
    }
    #[cfg(not(feature = "metrics"))]
    Catalogue { families: Vec::new(), bytes: 0 }
}

/// The families of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    families: Vec<CataloguedFamily>,
    bytes: usize,
}

impl Catalogue {
    /// The most series that all observed functions and groups of the program can have: an upper bound. Collectors in
    /// `registry` are not counted; nobody knows their number.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families.iter().fold(0, |sum, family| sum.saturating_add(family.series))
    }

    /// The most bytes that their cells can take: statics, of which a system keeps only the pages that are used, and the
    /// sketches of summaries. The values of labels with `max` come on top: each at most 1 KiB.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The families, by name.
    #[must_use]
    pub fn families(&self) -> &[CataloguedFamily] {
        &self.families
    }
}

/// A line for each family, the largest first.
impl std::fmt::Display for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut families: Vec<&CataloguedFamily> = self.families.iter().collect();
        families.sort_by_key(|family| std::cmp::Reverse(family.series));
        writeln!(f, "at most {} series", self.series())?;
        for family in families {
            let labels: Vec<String> = family.labels.iter().map(|(label, len)| format!("{label}: {len}")).collect();
            let (file, line) = family.place;
            writeln!(
                f,
                "{:>8}  {} {} {{{}}} {file}:{line}",
                family.series,
                family.kind,
                family.name,
                labels.join(", ")
            )?;
        }
        Ok(())
    }
}

/// A family of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CataloguedFamily {
    name: &'static str,
    written: &'static str,
    kind: &'static str,
    help: &'static str,
    unit: Option<&'static str>,
    labels: Vec<(&'static str, usize)>,
    series: usize,
    bytes: usize,
    place: (&'static str, u32),
}

impl CataloguedFamily {
    /// The name on the exposition.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name as it stands in the source: `tasker.tasks.created` where the exposition has `tasker_tasks_created_total`.
    #[must_use]
    pub fn written(&self) -> &'static str {
        self.written
    }

    /// The type: `counter`, `gauge`, `histogram`, `summary` or `info`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The HELP text.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.help
    }

    /// The unit that its name ends in: `seconds`, `bytes`, `ms`.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        self.unit
    }

    /// The labels, each with the most values that it can have over all callsites.
    #[must_use]
    pub fn labels(&self) -> &[(&'static str, usize)] {
        &self.labels
    }

    /// The most series that it can have, or more where `status` names words of your own, all of which are counted:
    /// label sets × the series of one; a histogram's has one for each bound, `+Inf`, sum and count, a summary's one for
    /// each quantile, sum and count.
    #[must_use]
    pub fn series(&self) -> usize {
        self.series
    }

    /// The most bytes that its cells can take. Families of one function have the same cells, and each tells them all:
    /// [`Catalogue::bytes`] counts them once.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// File and line of the first function or field that has it.
    #[must_use]
    pub fn place(&self) -> (&'static str, u32) {
        self.place
    }
}

/// What families of ours say about those of the program.
#[cfg(feature = "metrics")]
#[derive(Default)]
struct About {
    /// Families with their open-ended labels.
    open: BTreeSet<(&'static str, &'static str)>,
    /// Families that may be given a number that they cannot take.
    refusing: BTreeSet<&'static str>,
    first_open: Option<(&'static str, u32)>,
    first_refusing: Option<(&'static str, u32)>,
}

#[cfg(feature = "metrics")]
impl About {
    fn add(&mut self, family: &Family, definition: &Definition, digits: &[Digit]) {
        let of_family = digits.iter().filter(|digit| family.labels.contains(&digit.place));
        for digit in of_family.filter(|digit| digit.open.is_some()) {
            self.open.insert((family.name, digit.dimension.label));
            self.first_open.get_or_insert(definition.place);
        }
        let is_float = matches!(family.shows, Shows::Field(Numbers::Float));
        if is_float && family.kind != Kind::Info {
            self.refusing.insert(family.name);
            self.first_refusing.get_or_insert(definition.place);
        }
    }

    fn families(self) -> impl Iterator<Item = CataloguedFamily> {
        let made = |of: &Family, labels, series, place| CataloguedFamily {
            name: of.name,
            written: of.name,
            kind: of.kind.text(),
            help: of.help,
            unit: None,
            labels,
            series,
            bytes: 0,
            place,
        };
        let (families, labels): (BTreeSet<_>, BTreeSet<_>) = self.open.iter().copied().unzip();
        let labels = vec![("family", families.len()), ("label", labels.len())];
        let overflow = self.first_open.map(|place| made(&OVERFLOW, labels, self.open.len(), place));
        let refusing = self.refusing.len();
        let rejected = self.first_refusing.map(|place| made(&REJECTED, vec![("family", refusing)], refusing, place));
        let contradicted: BTreeMap<_, _> = super::conflicts::contradicted().collect();
        let first = contradicted.values().next().copied();
        let len = contradicted.len();
        let conflicts = first.map(|place| made(&CONFLICTS, vec![("family", len)], len, place));
        overflow.into_iter().chain(rejected).chain(conflicts)
    }
}

/// A family while its callsites are put together.
#[cfg(feature = "metrics")]
struct Draft {
    family: CataloguedFamily,
    /// Of each label the texts that are known, and how many more may come.
    values: BTreeMap<&'static str, (BTreeSet<String>, usize)>,
    /// The series of one label set, at the callsite that has the most.
    child: usize,
    sets: usize,
    /// Whether its help is one that the user wrote.
    is_helped: bool,
}

#[cfg(feature = "metrics")]
impl Draft {
    fn new(of: &Family, definition: &Definition) -> Self {
        let family = CataloguedFamily {
            name: of.name,
            written: if of.written.is_empty() { of.name } else { of.written },
            kind: of.kind.text(),
            help: of.help,
            unit: of.unit_text(),
            labels: Vec::new(),
            series: 0,
            bytes: 0,
            place: definition.place,
        };
        Draft { family, values: BTreeMap::new(), child: 1, sets: 0, is_helped: of.is_help_given }
    }

    fn add(&mut self, family: &Family, definition: &Definition, digits: &[Digit]) {
        // Which of them is exposed where they contradict each other, is no matter: this is the most.
        self.child = self.child.max(family.child());
        if let Some(help) = family.given_help().filter(|_| !self.is_helped && family.kind.text() == self.family.kind) {
            (self.family.help, self.is_helped) = (help, true);
        }
        // Label sets of calls that returned, and of those that did not.
        let (mut returned, mut unwound) = (1usize, 1usize);
        for digit in digits.iter().filter(|digit| family.labels.contains(&digit.place)) {
            let len = digit.dimension.len();
            let possible = |returned| (0..len).filter(|at| digit.dimension.is_possible(*at, returned)).count();
            returned = returned.saturating_mul(possible(true));
            unwound = unwound.saturating_mul(possible(false));
            let texts = (0..len).map_while(|at| digit.dimension.text(at, None)).map(Into::into);
            self.label(digit.dimension.label, len, texts);
        }
        let has_after = digits.iter().any(|digit| family.labels.contains(&digit.place) && digit.dimension.is_after());
        let words = || (0..definition.words.len()).filter(|word| definition.at_most.contains(*word));
        let sets = if family.status {
            let texts: Vec<String> = words().map(|word| definition.words.values.get(word).to_owned()).collect();
            let all = texts.len();
            self.label("status", all, texts.into_iter());
            if has_after {
                let unwinding = words().filter(|word| definition.words.is_unwinding(*word)).count();
                // A value may say by hand what a dropped future does.
                returned.saturating_mul(all).saturating_add(unwound.saturating_mul(unwinding))
            } else {
                returned.saturating_mul(all)
            }
        } else if has_after {
            returned.saturating_add(unwound)
        } else {
            returned
        };
        self.sets = self.sets.saturating_add(sets);
    }

    fn label(&mut self, label: &'static str, len: usize, texts: impl Iterator<Item = String>) {
        if !self.values.contains_key(label) {
            self.family.labels.push((label, 0));
        }
        let (known, more) = self.values.entry(label).or_default();
        let texts: BTreeSet<String> = texts.collect();
        // Callsites of one family share what an open-ended label keeps.
        *more = (*more).max(len - texts.len());
        known.extend(texts);
    }

    /// Callsites of one family may write the same series: then there are no more than their labels allow together.
    fn finish(mut self) -> CataloguedFamily {
        let mut all = 1usize;
        for (label, len) in &mut self.family.labels {
            let (known, more) = &self.values[label];
            *len = known.len() + more;
            all = all.saturating_mul(*len);
        }
        self.family.series = self.sets.min(all).saturating_mul(self.child);
        self.family
    }
}
