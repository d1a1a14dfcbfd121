//! What cannot stand together, found at the start and not at the first scrape.

use std::error::Error;
use std::fmt;

#[cfg(feature = "metrics")]
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[cfg(feature = "metrics")]
use super::sites;
#[cfg(feature = "metrics")]
use crate::definition::Definition;
#[cfg(feature = "metrics")]
use crate::family::Family;
use crate::family::another;
#[cfg(feature = "metrics")]
use crate::family::is_harmless;
#[cfg(feature = "metrics")]
use crate::label;

/// A file and a line.
type Place = (&'static str, u32);

/// Two places of the program, functions or fields of groups, that do not go together; or what a configuration cannot do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Conflict {
    /// Two say other things of one family. The first by file and line wins; of helps, the first that was written.
    Differs {
        /// The family.
        family: &'static str,
        /// What differs: `type`, `label names`, `unit`, `buckets`, `quantiles`, `native buckets` or `help`.
        what: &'static str,
        /// Where both stand.
        places: [Place; 2],
    },
    /// A sample of one family has the name of a sample of another. The first by file and line wins.
    Clash {
        /// Both families.
        families: [&'static str; 2],
        /// The sample.
        sample: String,
        /// Where both stand.
        places: [Place; 2],
    },
    /// A configuration gives a family bounds that it cannot have: they are not taken.
    Bounds {
        /// The family.
        family: String,
        /// What it was to have.
        bounds: Vec<f64>,
        /// Why not.
        why: String,
    },
    /// Two attributes, or two groups, write the same series, which add up.
    SameSeries {
        /// The family.
        family: &'static str,
        /// Where both stand.
        places: [Place; 2],
    },
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |[(first, line), (second, other)]: &[Place; 2]| format!("{first}:{line} and at {second}:{other}");
        match self {
            Conflict::Differs { family, what: "help", places } => write!(
                f,
                "the family `{family}` has another help at {}; that of the second is not exposed: make them the same",
                at(places)
            ),
            Conflict::Differs { family, what: "native buckets", places } => {
                write!(
                    f,
                    "the family `{family}` has native buckets at one of {} alone, so it has none: make them the same",
                    at(places)
                )
            }
            Conflict::Differs { family, what, places } => write!(
                f,
                "the family `{family}` has {} at {}; the second is not exposed: make them the same, or rename one",
                another(what),
                at(places)
            ),
            Conflict::Clash { families: [first, second], sample, places } => write!(
                f,
                "the families `{first}` and `{second}` have a sample `{sample}` each, at {}; the second is not exposed: \
                 rename one",
                at(places)
            ),
            Conflict::Bounds { family, bounds, why } => {
                write!(
                    f,
                    "the family `{family}` cannot have the bounds {bounds:?}: {why}; its bounds are what they were"
                )
            }
            Conflict::SameSeries { family, places } => write!(
                f,
                "the family `{family}` gets the same series at {}; they add up: a label with one value tells them apart, such \
                 as `labels(step = \"load\")`",
                at(places)
            ),
        }
    }
}

/// The conflicts of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct InitError {
    conflicts: Vec<Conflict>,
}

impl InitError {
    pub(crate) fn of(conflicts: Vec<Conflict>) -> Self {
        InitError { conflicts }
    }

    /// All that were found, by family and place.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }
}

/// A line for each.
impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.conflicts.iter().map(Conflict::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Error for InitError {}

/// Looks at all observed functions and metric groups of the program for what cannot stand together, before the first of
/// them is used.
///
/// Meant for the start of a program and for a test. Nothing depends on it: without it the first of two that conflict is
/// exposed, by file and line, a warning at a scrape tells of the other, and `tallied_conflicts_total{family}` counts it. It
/// takes no lock, and as long as a look at each callsite.
///
/// ```
/// if let Err(conflicts) = tallied::init() {
///     eprintln!("{conflicts}");
/// }
/// ```
///
/// # Errors
///
/// Every conflict, with both places: families of one name that differ in type, label names, unit, buckets, quantiles or
/// help; samples of one name in two families; and two attributes, or two groups, that write the same series, which add
/// up. (An attribute and a group may: the group counts what no call is.) On a target without a list of
/// callsites by the linker (see [`catalogue`](crate::catalogue())) a callsite is known from its first call on. Without
/// the feature `metrics` there are none.
pub fn init() -> Result<(), InitError> {
    #[cfg(feature = "metrics")]
    {
        let conflicts = conflicts();
        if !conflicts.is_empty() {
            return Err(InitError { conflicts });
        }
    }
    Ok(())
}

/// A family at one callsite.
#[cfg(feature = "metrics")]
struct Part {
    family: &'static Family,
    definition: &'static Definition,
    /// Of each label the texts that are known.
    labels: BTreeMap<&'static str, BTreeSet<String>>,
    /// Whether more may come.
    is_open: bool,
}

#[cfg(feature = "metrics")]
impl Part {
    fn place(&self) -> Place {
        self.definition.place
    }

    /// What another one says otherwise.
    fn differs_from(&self, other: &Part, help: Option<&str>) -> Option<&'static str> {
        self.family.differs_from(other.family, self.labels.keys().eq(other.labels.keys()), help)
    }

    /// The one label set that it has, if it has no more.
    fn only(&self) -> Option<Vec<&String>> {
        let is_one = |texts: &&BTreeSet<String>| texts.len() == 1;
        (!self.is_open && self.labels.values().all(|texts| is_one(&texts)))
            .then(|| self.labels.values().flatten().collect())
    }

    fn shares_a_series_with(&self, other: &Part) -> bool {
        // What a group counts beside an attribute is counted by hand, where it is missing otherwise.
        if self.family.is_field() != other.family.is_field() {
            return false;
        }
        let mut pairs = self.labels.values().zip(other.labels.values());
        // An open-ended label may have any value.
        pairs.all(|(mine, others)| mine.is_empty() || others.is_empty() || !mine.is_disjoint(others))
    }
}

#[cfg(feature = "metrics")]
fn conflicts() -> Vec<Conflict> {
    let mut parts: BTreeMap<&'static str, Vec<Part>> = BTreeMap::new();
    for site in sites() {
        let definition = site.definition();
        let digits = label::digits(definition.dimensions, site.opens());
        for family in definition.families {
            let of_family = || digits.iter().filter(|digit| family.labels.contains(&digit.place));
            let texts = |digit: &label::Digit| -> BTreeSet<String> {
                if digit.open.is_some() {
                    return BTreeSet::new();
                }
                let all = 0..digit.dimension.len();
                all.filter_map(|at| digit.dimension.text(at, None)).map(Into::into).collect()
            };
            let words = (0..definition.words.len()).filter(|word| definition.at_most.contains(*word));
            let words = words.map(|word| definition.words.values.get(word).to_owned()).collect();
            let status = family.status.then_some(("status", words));
            let labels = of_family().map(|digit| (digit.dimension.label, texts(digit))).chain(status).collect();
            let is_open = of_family().any(|digit| digit.open.is_some());
            parts.entry(family.name).or_default().push(Part { family, definition, labels, is_open });
        }
    }
    let mut found = Vec::new();
    for (family, parts) in &mut parts {
        parts.sort_by_key(Part::place);
        of_family(family, parts, &mut found);
    }
    clashes(&parts, &mut found);
    found
}

/// What the callsites of one family say otherwise than the first, and which of them write the same series.
#[cfg(feature = "metrics")]
fn of_family(family: &'static str, parts: &[Part], found: &mut Vec<Conflict>) {
    let Some(first) = parts.first() else { return };
    let mut several: Vec<&Part> = Vec::new();
    let mut only: HashMap<(bool, Vec<&String>), &Part> = HashMap::new();
    // The first that says a help, of those that are exposed.
    let says_help =
        |part: &&Part| part.family.given_help().is_some() && part.differs_from(first, None).is_none_or(is_harmless);
    let helped = parts.iter().find(says_help);
    let help = helped.and_then(|helped| helped.family.given_help());
    for part in parts {
        let differs = part.differs_from(first, help);
        if let Some(what) = differs {
            let other = helped.filter(|_| what == "help").unwrap_or(first);
            found.push(Conflict::Differs { family, what, places: [other.place(), part.place()] });
        }
        if differs.is_some_and(|what| !is_harmless(what)) {
            continue;
        }
        let mut others: Vec<&Part> = several.iter().copied().filter(|other| part.shares_a_series_with(other)).collect();
        // Most have one label set: so this takes no longer than there are callsites.
        if let Some(set) = part.only() {
            // An attribute and a group may write one series.
            let key = (part.family.is_field(), set);
            others.extend(only.get(&key));
            only.entry(key).or_insert(part);
        } else {
            others.extend(only.values().filter(|other| part.shares_a_series_with(other)));
            several.push(part);
        }
        others.sort_by_key(|other| other.place());
        found.extend(others.iter().map(|other| Conflict::SameSeries { family, places: [other.place(), part.place()] }));
    }
}

/// Families whose samples have names of others'.
#[cfg(feature = "metrics")]
fn clashes(parts: &BTreeMap<&'static str, Vec<Part>>, found: &mut Vec<Conflict>) {
    for first in parts.values().filter_map(|parts| parts.first()) {
        for suffix in first.family.kind.suffixes().iter().filter(|suffix| !suffix.is_empty()) {
            let sample = format!("{}{suffix}", first.family.name);
            if let Some(other) = parts.get(sample.as_str()).and_then(|parts| parts.first()) {
                // The second of them is not exposed.
                let [one, two] = if first.place() <= other.place() { [first, other] } else { [other, first] };
                let families = [one.family.name, two.family.name];
                found.push(Conflict::Clash { families, sample, places: [one.place(), two.place()] });
            }
        }
    }
}

/// The families of which something is not exposed, each with a place.
#[cfg(feature = "metrics")]
pub(super) fn contradicted() -> impl Iterator<Item = (&'static str, Place)> {
    conflicts().into_iter().filter_map(|conflict| match conflict {
        Conflict::SameSeries { .. } | Conflict::Bounds { .. } => None,
        Conflict::Differs { what, .. } if is_harmless(what) => None,
        Conflict::Differs { family, places, .. } => Some((family, places[1])),
        Conflict::Clash { families, places, .. } => Some((families[1], places[1])),
    })
}
