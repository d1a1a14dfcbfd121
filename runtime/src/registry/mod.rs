//! One scrape: what was counted becomes families, other people's collectors join them, and what cannot stand together is
//! left out.
//!
//! Holds a lock: it guards the set of notices already given, so each is told once. Scrapes take it when they have
//! something to tell, and nobody else does.
//!
//! The invariant: whatever leaves here can be written. Names follow the grammar, a sample's name belongs to one family,
//! a label set stands once.

mod about;
mod pieces;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::bounds::{self, Replaced};
use crate::catalogue::{self, Readable, Reading};
use crate::family::{self, Family, Kind, Shows};
use crate::foreign;
use crate::label::{self, Digit};
use crate::recording::Recorded;
use crate::snapshot::{self, Head, Sink, Text};

use about::{about_labels, about_rejected, counted};
use pieces::{Piece, add_to};

/// Whether nothing is exposed.
static IS_OFF: AtomicBool = AtomicBool::new(false);

/// Whether all know how long a tick is. The first scrape asks.
static IS_SCALED: AtomicBool = AtomicBool::new(false);

/// Switches the exposition on or off.
pub(crate) fn switch(is_on: bool) {
    IS_OFF.store(!is_on, Relaxed);
}

/// So many notices are told, and so many families counted: what has other names at each scrape does not fill the memory.
const MOST_TOLD: usize = 1_000;

static TOLD: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Shows every family that can be exposed, by name.
pub(crate) fn visit(sink: &mut dyn Sink) {
    if IS_OFF.load(Relaxed) {
        return;
    }
    visit_always(sink);
}

/// The same, though the exposition is off.
pub(crate) fn visit_always(sink: &mut dyn Sink) {
    let mut notices = Vec::new();
    let others = foreign::families(&mut notices);
    tell(show(&Scrape::new(None), others, sink, notices));
}

/// Shows what was counted in a recording.
pub(crate) fn visit_recorded(recorded: &Recorded, sink: &mut dyn Sink) {
    // What there is to tell, a scrape tells: a test that looks at its events shall see none of ours.
    let _ = show(&Scrape::new(Some(recorded)), Vec::new(), sink, Vec::new());
}

/// Shows the families that are fed by callsites and groups, and no others.
pub(crate) fn visit_own(sink: &mut dyn Sink) {
    if IS_OFF.load(Relaxed) {
        return;
    }
    tell(show(&Scrape::new(None), Vec::new(), sink, Vec::new()));
}

/// Shows all that can stand together; gives what there is to tell of the rest.
fn show(scrape: &Scrape, others: Vec<snapshot::Family>, sink: &mut dyn Sink, mut notices: Vec<String>) -> Vec<String> {
    let mut conflicts = BTreeMap::new();
    let own = own_families(scrape, &mut conflicts, &mut notices);
    let made = [about_labels(scrape, &own, &mut notices), about_rejected(scrape, &own, &mut notices)];
    let all = own.into_iter().map(Shown::Own);
    let all = all.chain(made.into_iter().flatten().chain(others).map(Shown::Plain));
    let mut admitted = admit(all.collect(), &mut conflicts, &mut notices);
    let conflicts = ever(conflicts).into_iter().map(|(family, count)| (vec![family], count));
    if let Some(conflicts) = counted(&family::CONFLICTS, &["family"], conflicts) {
        admitted.entry(conflicts.name.clone()).or_insert(Shown::Plain(conflicts));
    }
    let stems = stems(&admitted);
    for (name, family) in &admitted {
        family.show(scrape, !stems.contains(name), sink);
    }
    notices
}

/// The most that each family ever had: one that comes and goes is counted on.
fn ever(now: BTreeMap<Text, u64>) -> BTreeMap<Text, u64> {
    static EVER: Mutex<BTreeMap<Text, u64>> = Mutex::new(BTreeMap::new());
    let mut ever = EVER.lock().unwrap_or_else(PoisonError::into_inner);
    for (family, count) in now {
        if ever.len() < MOST_TOLD || ever.contains_key(&family) {
            let most = ever.entry(family).or_default();
            *most = count.max(*most);
        }
    }
    ever.clone()
}

/// Says each notice once in the life of the process.
fn tell(notices: Vec<String>) {
    if notices.is_empty() {
        return;
    }
    let fresh: Vec<String> = {
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.get_or_insert_default();
        let mut is_fresh = |notice: &String| told.len() < MOST_TOLD && told.insert(notice.clone());
        notices.into_iter().filter(|notice| is_fresh(notice)).collect()
    };
    // Not under the lock: a subscriber may scrape.
    for notice in fresh {
        tracing::warn!(target: "tallied", "{notice}");
    }
}

/// All that can be read, each read once: so what is made of one reading agrees.
struct Scrape {
    sources: Vec<Source>,
    /// Bounds that a configuration replaced.
    bounds: Replaced,
}

struct Source {
    site: &'static dyn Readable,
    reading: Reading,
    digits: Vec<Digit>,
}

impl Scrape {
    fn new(recorded: Option<&Recorded>) -> Self {
        let source = |site: &'static dyn Readable| {
            let reading = site.read(recorded);
            // After the reading, which may be the first to see a value.
            Source { site, reading, digits: label::digits(site.definition().dimensions, site.opens()) }
        };
        let bounds = bounds::replaced().clone().unwrap_or_default();
        let sites = catalogue::sites();
        if !IS_SCALED.swap(true, Relaxed) {
            for site in &sites {
                site.scale();
            }
        }
        Scrape { sources: sites.into_iter().map(source).collect(), bounds }
    }
}

/// A family that is made of what was read.
struct Own {
    first: &'static Family,
    labels: Vec<&'static str>,
    place: (&'static str, u32),
    /// Whether all of its places have native buckets.
    is_native: bool,
    parts: Vec<Part>,
}

/// What one source has of a family.
struct Part {
    /// The number of the source.
    source: usize,
    family: &'static Family,
    /// For each label of the family, its place among those of the part.
    order: Vec<usize>,
}

/// A family that may be exposed.
enum Shown {
    Own(Own),
    Plain(snapshot::Family),
}

impl Shown {
    fn name(&self) -> Text {
        match self {
            Shown::Own(own) => own.first.name.into(),
            Shown::Plain(family) => family.name.clone(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Shown::Own(own) => own.first.kind,
            Shown::Plain(family) => family.kind,
        }
    }

    /// What OpenMetrics calls it, if that is not its whole name.
    fn stem(&self) -> Option<String> {
        let suffix = match self.kind() {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram | Kind::Summary => return None,
        };
        self.name().strip_suffix(suffix).filter(|stem| !stem.is_empty()).map(str::to_owned)
    }

    fn show(&self, scrape: &Scrape, is_stem_taken: bool, sink: &mut dyn Sink) {
        let is_own = matches!(self, Shown::Own(_));
        let (name, help, unit) = match self {
            Shown::Own(own) => (own.first.name, own.first.help, own.first.unit_text()),
            Shown::Plain(family) => (&*family.name, &*family.help, family::unit_text(&family.name, family.kind)),
        };
        sink.family(&Head { name, help, kind: self.kind(), unit, is_stem_taken, is_own });
        match self {
            Shown::Own(own) => own.show(scrape, sink),
            Shown::Plain(family) => {
                for series in &family.series {
                    sink.series(&series.labels, &series.value, series.timestamp_ms);
                }
            }
        }
    }
}

/// Keeps the families that can stand together on one exposition, by name. The first comer wins.
fn admit(
    families: Vec<Shown>,
    conflicts: &mut BTreeMap<Text, u64>,
    notices: &mut Vec<String>,
) -> BTreeMap<Text, Shown> {
    let mut owners: BTreeMap<String, Text> = BTreeMap::new();
    let mut admitted: BTreeMap<Text, Shown> = BTreeMap::new();
    for family in families {
        let name = family.name();
        let samples = || family.kind().suffixes().iter().map(|suffix| format!("{name}{suffix}"));
        if let Some((sample, owner)) = samples().find_map(|s| owners.get(&s).map(|owner| (s.clone(), owner))) {
            notices.push(format!(
                "the family `{name}` is not exposed: its sample `{sample}` belongs to the family `{owner}`; rename one of them"
            ));
            *conflicts.entry(name).or_default() += 1;
            continue;
        }
        owners.extend(samples().map(|sample| (sample, name.clone())));
        admitted.insert(name, family);
    }
    admitted
}

/// The families that OpenMetrics can call by their stem: nobody else's sample is called so, or as the time that belongs
/// to it.
fn stems(admitted: &BTreeMap<Text, Shown>) -> HashSet<Text> {
    let samples = |(name, family): (&Text, &Shown)| {
        let name = name.clone();
        family.kind().suffixes().iter().map(move |suffix| format!("{name}{suffix}")).collect::<Vec<_>>()
    };
    let mut taken: HashSet<String> = admitted.iter().flat_map(samples).collect();
    let mut stems = HashSet::new();
    for (name, family) in admitted {
        let Some(stem) = family.stem() else { continue };
        let created = format!("{stem}_created");
        if !taken.contains(&stem) && !taken.contains(&created) {
            taken.extend([stem, created]);
            stems.insert(name.clone());
        }
    }
    stems
}

/// What is fed by callsites and groups, in the order of the places where they stand.
fn own_families(scrape: &Scrape, conflicts: &mut BTreeMap<Text, u64>, notices: &mut Vec<String>) -> Vec<Own> {
    let (mut all, mut by_name): (Vec<Own>, BTreeMap<&'static str, usize>) = Default::default();
    for (number, source) in scrape.sources.iter().enumerate() {
        let definition = source.site.definition();
        for family in definition.families() {
            let of_family =
                family.labels.iter().flat_map(|place| source.digits.iter().filter(move |digit| digit.place == *place));
            let mut labels: Vec<&'static str> = of_family.map(|digit| digit.dimension.label).collect();
            if family.status {
                labels.push("status");
            }
            let at = *by_name.entry(family.name).or_insert_with(|| {
                let (labels, place) = (labels.clone(), definition.place);
                all.push(Own { first: family, labels, place, is_native: true, parts: Vec::new() });
                all.len() - 1
            });
            let own = &mut all[at];
            // The same labels in another order are the same: they are written in the order of the first comer.
            let order: Option<Vec<usize>> =
                own.labels.iter().map(|label| labels.iter().position(|other| other == label)).collect();
            let order = order.filter(|order| order.len() == labels.len());
            if let Some(what) = family.differs_from(own.first, order.is_some()) {
                let ((file, line), (here, at)) = (own.place, definition.place);
                let lost = match what {
                    "help" => "its help is ignored",
                    _ if family::is_harmless(what) => "the family has none",
                    _ => "it is not exposed",
                };
                let (name, another) = (family.name, family::another(what));
                notices.push(format!(
                    "the family `{name}` at {here}:{at} has {another} than at {file}:{line}, which comes first: {lost}; make \
                     them the same, or rename one of them"
                ));
                if !family::is_harmless(what) {
                    *conflicts.entry(name.into()).or_default() += 1;
                    continue;
                }
            }
            own.is_native &= family.native;
            own.parts.push(Part { source: number, family, order: order.unwrap_or_default() });
        }
    }
    all
}

impl Own {
    fn show(&self, scrape: &Scrape, sink: &mut dyn Sink) {
        // What has all labels of its only source needs not be added up.
        if let [part] = &self.parts[..] {
            let source = &scrape.sources[part.source];
            let has_all = source.site.definition().dimensions.len() == part.family.labels.len();
            let has_status = part.family.status || !matches!(part.family.shows, Shows::Calls | Shows::Durations);
            if has_all && has_status {
                let mut labels = Vec::new();
                part.visit(scrape, |set, status, piece| {
                    labels.clear();
                    labels.extend(self.labels(part, source, set, status));
                    sink.series(&labels, &piece.told(self), None);
                });
                return;
            }
        }
        let mut sums: BTreeMap<Vec<(Text, Text)>, Piece<'_>> = BTreeMap::new();
        for part in &self.parts {
            let source = &scrape.sources[part.source];
            part.visit(scrape, |set, status, piece| {
                add_to(&mut sums, self.labels(part, source, set, status).collect(), piece);
            });
        }
        for (labels, piece) in sums {
            sink.series(&labels, &piece.told(self), None);
        }
    }

    /// The labels of one series, in the order of the family.
    fn labels(
        &self,
        part: &Part,
        source: &Source,
        set: usize,
        status: Option<usize>,
    ) -> impl Iterator<Item = (Text, Text)> {
        let digits = part.family.labels.iter();
        let digits = digits.flat_map(|place| source.digits.iter().filter(move |digit| digit.place == *place));
        let mut texts: Vec<Text> = digits.map(|digit| digit.text(set).unwrap_or_default()).collect();
        if part.family.status {
            texts.extend(status.map(|status| Text::from(source.site.definition().words.values.get(status))));
        }
        let label =
            |(label, at): (&&'static str, &usize)| (Cow::Borrowed(*label), texts.get(*at).cloned().unwrap_or_default());
        self.labels.iter().zip(&part.order).map(label).collect::<Vec<_>>().into_iter()
    }
}
