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
mod plan;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::family::{self, Family, Kind};
use crate::foreign;
use crate::recording::Recorded;
use crate::snapshot::{self, Head, Sink, Text};

use about::{about_labels, about_rejected, counted, show_overflow};
use pieces::{Piece, add_to};
use plan::{Own, Plan};

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
    tell(with_plan(None, |plan| show(plan, others, sink, notices)));
}

/// Shows what was counted in a recording.
pub(crate) fn visit_recorded(recorded: &Recorded, sink: &mut dyn Sink) {
    // What there is to tell, a scrape tells: a test that looks at its events shall see none of ours.
    with_plan(Some(recorded), |plan| _ = show(plan, Vec::new(), sink, Vec::new()));
}

/// Shows the families that are fed by callsites and groups, and no others.
pub(crate) fn visit_own(sink: &mut dyn Sink) {
    if IS_OFF.load(Relaxed) {
        return;
    }
    tell(with_plan(None, |plan| show(plan, Vec::new(), sink, Vec::new())));
}

/// Two scrapes at once are usual; what more there are make a plan of their own.
const MOST_KEPT: usize = 2;

/// Reads all that can be read, each once: so what is made of one reading agrees. The plan is kept for the next scrape, with
/// the room that this one took.
fn with_plan<R>(recorded: Option<&Recorded>, scrape: impl FnOnce(&mut Plan) -> R) -> R {
    static KEPT: Mutex<Vec<Plan>> = Mutex::new(Vec::new());
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Plan::of_now();
    let before = kept().pop().filter(|plan| plan.is_of(now));
    let mut plan = before.unwrap_or_else(|| planned(now));
    if !IS_SCALED.swap(true, Relaxed) {
        for source in &plan.sources {
            source.site.scale();
        }
    }
    // Not under the lock: callbacks may scrape.
    for source in &mut plan.sources {
        source.site.read(recorded, &source.digits, &mut source.reading);
    }
    let scraped = scrape(&mut plan);
    let mut kept = kept();
    if kept.len() < MOST_KEPT {
        kept.push(plan);
    }
    scraped
}

/// A plan, with what is exposed where nobody else has a family.
fn planned(now: (usize, usize)) -> Plan {
    let mut plan = Plan::new(now);
    let mut conflicts = BTreeMap::new();
    let admitted = admit(own(&plan).collect(), &mut conflicts, &mut Vec::new());
    let stems = stems(&admitted);
    let of_ours = |shown: &Shown<'_>| match shown {
        Shown::Own(own) => plan.own.iter().position(|other| std::ptr::eq(*own, other)),
        Shown::Overflow | Shown::Plain(_) => None,
    };
    let alone = admitted.iter().map(|(name, shown)| (of_ours(shown), !stems.contains(name))).collect();
    drop(admitted);
    plan.alone = Some(alone).filter(|_| conflicts.is_empty() && plan.conflicts.is_empty());
    plan
}

/// What is of ours.
fn own(plan: &Plan) -> impl Iterator<Item = Shown<'_>> {
    plan.own.iter().map(Shown::Own).chain((!plan.opened.is_empty()).then_some(Shown::Overflow))
}

/// Shows all that can stand together; gives what there is to tell of the rest.
fn show(plan: &mut Plan, others: Vec<snapshot::Family>, sink: &mut dyn Sink, mut notices: Vec<String>) -> Vec<String> {
    let mut labels = std::mem::take(&mut plan.labels);
    notices.extend_from_slice(&plan.notices);
    about_labels(plan, &mut notices);
    let rejected = about_rejected(plan, &mut notices);
    let is_alone = others.is_empty() && rejected.is_none() && ever(&plan.conflicts).is_empty();
    if let Some(alone) = plan.alone.as_ref().filter(|_| is_alone) {
        for (of_ours, is_stem_taken) in alone {
            let shown = of_ours.map_or(Shown::Overflow, |at| Shown::Own(&plan.own[at]));
            shown.show(plan, *is_stem_taken, &mut labels, sink);
        }
    } else {
        let (mut conflicts, all) = (plan.conflicts.clone(), own(plan));
        let all = all.chain(rejected.into_iter().chain(others).map(Shown::Plain));
        let mut admitted = admit(all.collect(), &mut conflicts, &mut notices);
        let conflicts = ever(&conflicts).into_iter().map(|(family, count)| (vec![family], count));
        if let Some(conflicts) = counted(&family::CONFLICTS, &["family"], conflicts) {
            admitted.entry(conflicts.name.clone()).or_insert(Shown::Plain(conflicts));
        }
        let stems = stems(&admitted);
        for (name, family) in &admitted {
            family.show(plan, !stems.contains(name), &mut labels, sink);
        }
    }
    plan.labels = labels;
    notices
}

/// The most that each family ever had: one that comes and goes is counted on.
fn ever(now: &BTreeMap<Text, u64>) -> BTreeMap<Text, u64> {
    static EVER: Mutex<BTreeMap<Text, u64>> = Mutex::new(BTreeMap::new());
    let mut ever = EVER.lock().unwrap_or_else(PoisonError::into_inner);
    for (family, count) in now {
        if ever.len() < MOST_TOLD || ever.contains_key(family) {
            let most = ever.entry(family.clone()).or_default();
            *most = *count.max(most);
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

/// A family that may be exposed.
enum Shown<'a> {
    Own(&'a Own),
    /// What went to `_other`.
    Overflow,
    Plain(snapshot::Family),
}

impl Shown<'_> {
    fn name(&self) -> Text {
        match self {
            Shown::Own(own) => own.first.name.into(),
            Shown::Overflow => family::OVERFLOW.name.into(),
            Shown::Plain(family) => family.name.clone(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Shown::Own(own) => own.first.kind,
            Shown::Overflow => family::OVERFLOW.kind,
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

    fn show(&self, plan: &Plan, is_stem_taken: bool, labels: &mut Vec<(Text, Text)>, sink: &mut dyn Sink) {
        let of = |of: &Family| (of.name, of.help, of.unit_text());
        let (name, help, unit) = match self {
            Shown::Own(own) => (own.first.name, own.help, own.first.unit_text()),
            Shown::Overflow => of(&family::OVERFLOW),
            Shown::Plain(family) => (&*family.name, &*family.help, family::unit_text(&family.name, family.kind)),
        };
        let is_own = matches!(self, Shown::Own(_));
        sink.family(&Head { name, help, kind: self.kind(), unit, is_stem_taken, is_own });
        match self {
            Shown::Own(own) => own.show(plan, labels, sink),
            Shown::Overflow => show_overflow(plan, labels, sink),
            Shown::Plain(family) => {
                for series in &family.series {
                    sink.series(&series.labels, &series.value, series.timestamp_ms);
                }
            }
        }
    }
}

/// Keeps the families that can stand together on one exposition, by name. The first comer wins.
fn admit<'a>(
    families: Vec<Shown<'a>>,
    conflicts: &mut BTreeMap<Text, u64>,
    notices: &mut Vec<String>,
) -> BTreeMap<Text, Shown<'a>> {
    let mut owners: BTreeMap<String, Text> = BTreeMap::new();
    let mut admitted: BTreeMap<Text, Shown<'a>> = BTreeMap::new();
    for family in families {
        let name = family.name();
        let samples = || family.kind().suffixes().iter().map(|suffix| format!("{name}{suffix}"));
        if let Some((sample, owner)) = samples().find_map(|s| owners.get(&s).map(|owner| (s.clone(), owner))) {
            notices.push(if *owner == name {
                format!(
                    "the family `{name}` is there twice, and one of a collector in `tallied::registry()` is not exposed: rename \
                     one of them"
                )
            } else {
                format!(
                    "the family `{name}` is not exposed: its sample `{sample}` belongs to the family `{owner}`; rename one of \
                     them"
                )
            });
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
fn stems(admitted: &BTreeMap<Text, Shown<'_>>) -> HashSet<Text> {
    let samples = |(name, family): (&Text, &Shown<'_>)| {
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

impl Own {
    fn show(&self, plan: &Plan, labels: &mut Vec<(Text, Text)>, sink: &mut dyn Sink) {
        // What is distinct needs not be added up.
        if self.is_distinct {
            for part in &self.parts {
                let source = &plan.sources[part.source];
                part.visit(source, &mut |set, status, piece| {
                    part.labels(self, source, set, status, labels);
                    sink.series(labels, &piece.told(self), None);
                });
            }
            return;
        }
        let mut sums: BTreeMap<Vec<(Text, Text)>, Piece<'_>> = BTreeMap::new();
        for part in &self.parts {
            let source = &plan.sources[part.source];
            part.visit(source, &mut |set, status, piece| {
                part.labels(self, source, set, status, labels);
                add_to(&mut sums, labels.clone(), piece);
            });
        }
        for (labels, piece) in sums {
            sink.series(&labels, &piece.told(self), None);
        }
    }
}
