//! All families of the program, with what they can grow to.

#[cfg(feature = "metrics")]
use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "metrics")]
use super::sites;
#[cfg(feature = "metrics")]
use crate::definition::Definition;
#[cfg(feature = "metrics")]
use crate::family::{Family, OVERFLOW};
#[cfg(feature = "metrics")]
use crate::label::{self, Digit};

/// Lists the families of all observed functions of the program, called or not, by name.
///
/// The number of series of the whole program stays under a bound by a test of one line:
///
/// ```
/// assert!(tallied::catalogue().series() <= 50_000, "{}", tallied::catalogue());
/// ```
///
/// The list is made by the linker, of every crate of the program. On a target for which the crate `linkme` does not
/// know how (WebAssembly, say), a family is known from its first call on. Of a Rust `dylib` the list has what is in the
/// same shared object as `tallied`. A crate whose functions the program never
/// names may not be linked at all: put the test where the whole program is, or name its crates there (`use shop as
/// _;`). Without the feature `metrics` it is empty.
#[must_use]
pub fn catalogue() -> Catalogue {
    #[cfg(feature = "metrics")]
    {
        let mut drafts: BTreeMap<&'static str, Draft> = BTreeMap::new();
        let mut open: BTreeMap<(&'static str, &'static str), (&'static str, u32)> = BTreeMap::new();
        for site in sites() {
            let definition = site.definition();
            let digits = label::digits(definition.dimensions, site.opens());
            for (kind, family) in [
                ("counter", &definition.counter),
                ("histogram", &definition.histogram),
                ("gauge", &definition.in_flight),
            ] {
                if let Some(family) = family {
                    let draft = drafts.entry(family.name).or_insert_with(|| Draft::new(kind, family, definition));
                    draft.add(kind, family, definition, &digits);
                    let of_family = digits.iter().filter(|digit| family.labels.contains(&digit.place));
                    let is_open = of_family.filter(|digit| digit.open.is_some());
                    open.extend(is_open.map(|digit| ((family.name, digit.dimension.label), definition.place)));
                }
            }
        }
        let mut families: Vec<CataloguedFamily> = drafts.into_values().map(Draft::finish).collect();
        families.extend(of_overflow(&open));
        families.sort_by_key(|family| family.name);
        Catalogue { families }
    }
    #[cfg(not(feature = "metrics"))]
    Catalogue { families: Vec::new() }
}

/// The families of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    families: Vec<CataloguedFamily>,
}

impl Catalogue {
    /// The most series that all observed functions of the program can have: an upper bound. Collectors in
    /// `registry` are not counted; nobody knows their number.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families.iter().fold(0, |sum, family| sum.saturating_add(family.series))
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
    kind: &'static str,
    help: &'static str,
    labels: Vec<(&'static str, usize)>,
    series: usize,
    place: (&'static str, u32),
}

impl CataloguedFamily {
    /// The name on the exposition.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type: `counter`, `gauge` or `histogram`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The HELP text.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.help
    }

    /// The labels, each with the most values that it can have over all callsites.
    #[must_use]
    pub fn labels(&self) -> &[(&'static str, usize)] {
        &self.labels
    }

    /// The most series that it can have, or more where `status` names words of your own, all of which are counted:
    /// label sets × the series of one; a histogram's has one for each bound, `+Inf`, sum and count.
    #[must_use]
    pub fn series(&self) -> usize {
        self.series
    }

    /// File and line of a callsite that has it.
    #[must_use]
    pub fn place(&self) -> (&'static str, u32) {
        self.place
    }
}

/// What counts the overflow of open-ended labels, if there are such.
#[cfg(feature = "metrics")]
fn of_overflow(open: &BTreeMap<(&'static str, &'static str), (&'static str, u32)>) -> Option<CataloguedFamily> {
    let (families, labels): (BTreeSet<_>, BTreeSet<_>) = open.keys().copied().unzip();
    open.values().next().map(|place| CataloguedFamily {
        name: OVERFLOW.name,
        kind: "counter",
        help: OVERFLOW.help,
        labels: vec![("family", families.len()), ("label", labels.len())],
        series: open.len(),
        place: *place,
    })
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
}

#[cfg(feature = "metrics")]
impl Draft {
    fn new(kind: &'static str, family: &Family, definition: &Definition) -> Self {
        let (name, help, place) = (family.name, family.help, definition.place);
        let family = CataloguedFamily { name, kind, help, labels: Vec::new(), series: 0, place };
        Draft { family, values: BTreeMap::new(), child: 1, sets: 0 }
    }

    fn add(&mut self, kind: &str, family: &Family, definition: &Definition, digits: &[Digit]) {
        // Of which kind and with which bounds it is exposed in the end, the first call says.
        if kind == "histogram" {
            self.child = self.child.max(definition.bounds.len() + 3);
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
