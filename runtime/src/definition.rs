//! What an attribute says of its families: constants, from which the compiler proves the budget and a scrape takes the
//! names.

use std::borrow::Cow;

use crate::family::{Family, Kind, Unit};
use crate::label::{self, Dimension, Message};
use crate::outcome::{Outcome as _, Status, Ways, Words};

/// The series that a family of a callsite may have if nobody says more, and who says so.
pub const DEFAULT_BUDGET: (usize, &str) = (10_000, "the default for a family of one callsite");

// Of most callsites. As constants, because the compiler makes those once.
const ALL: Ways = Status::WORDS.all();
const SURE: Ways = Status::WORDS.sure(false, false);

/// The most label sets of a callsite, whatever its budget.
pub(crate) const MOST_SETS: usize = 1_000_000;

/// The most fields of a span: what every version of tracing takes.
pub(crate) const MOST_FIELDS: usize = 32;

/// What an attribute says of the span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SaysSpan {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) module: &'static str,
    /// As the runtime's `span` numbers it: 0 if there is none.
    pub(crate) level: u8,
    /// Whether the labels are fields, the first ones.
    pub(crate) has_labels: bool,
    pub(crate) fields: &'static [&'static str],
}

/// What an attribute says: constants, written by the expansion.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub struct Definition {
    /// The labels, but for `status`.
    pub(crate) dimensions: &'static [Dimension],
    /// What is made of its cells.
    pub(crate) families: &'static [Family],
    /// What the same function has other cells for, with the same open-ended labels: the time inside polls.
    beside: &'static [Family],
    /// The values of the label `status`.
    pub(crate) words: &'static Words,
    /// Those that calls can have, as far as is known before they are built.
    pub(crate) at_most: Ways,
    /// Those that are sure before they are built: of a function that nobody has called, these are exposed.
    pub(crate) at_least: Ways,
    /// The first label that is known only when a call has returned; those behind it are such too.
    pub(crate) first_after: usize,
    /// How many label sets those have among themselves.
    pub(crate) sets_after: usize,
    /// How many open-ended labels come before them.
    pub(crate) opens_before: usize,
    /// The span of its calls.
    pub(crate) span: SaysSpan,
    /// Tells the end of a call to who listens.
    pub(crate) tell: Option<fn(&Ended)>,
    /// One call in so many is timed.
    sample: u32,
    /// The most series of a family, and who says so.
    pub(crate) budget: (usize, &'static str),
    /// File and line of the attribute.
    pub(crate) place: (&'static str, u32),
}

impl Definition {
    /// A callsite with these labels and these families.
    #[must_use]
    pub const fn new(
        dimensions: &'static [Dimension],
        families: &'static [Family],
        place: (&'static str, u32),
    ) -> Self {
        Definition {
            dimensions,
            families,
            beside: &[],
            words: &Status::WORDS,
            at_most: ALL,
            at_least: SURE,
            first_after: dimensions.len(),
            sets_after: 1,
            opens_before: 0,
            span: SaysSpan { name: "", target: "", module: "", level: 0, has_labels: false, fields: &[] },
            tell: None,
            sample: 1,
            budget: DEFAULT_BUDGET,
            place,
        }
    }

    /// A function, with the usual words: how its calls can end, and the name, the level and whether the labels are fields of its
    /// span. All at once, because every call costs the compiler something.
    ///
    /// # Panics
    ///
    /// While compiling, if the span would have more than 32 fields.
    #[must_use]
    #[track_caller]
    pub const fn of_calls(
        dimensions: &'static [Dimension],
        families: &'static [Family],
        (file, line, module): (&'static str, u32, &'static str),
        (can_fail, can_be_cancelled): (bool, bool),
        (name, level, has_labels): (&'static str, u8, bool),
    ) -> Self {
        let ways = Status::WORDS.sure(can_fail, can_be_cancelled);
        let says = Definition {
            at_most: ways,
            at_least: ways,
            span: SaysSpan { name, target: module, module, level, has_labels, fields: &[] },
            ..Definition::new(dimensions, families, (file, line))
        };
        if has_labels && dimensions.len() > MOST_FIELDS { says.fields(&[]) } else { says }
    }

    /// A field of a group, at the place of the caller.
    #[must_use]
    #[track_caller]
    pub const fn here(dimensions: &'static [Dimension], families: &'static [Family]) -> Self {
        let place = std::panic::Location::caller();
        Definition::new(dimensions, families, (place.file(), place.line()))
    }

    /// With other words for what becomes of a call.
    #[must_use]
    pub const fn words(mut self, words: &'static Words) -> Self {
        self.words = words;
        self.at_most = words.all();
        self.at_least = words.sure(false, false);
        self
    }

    /// Whose families may have so many series.
    #[must_use]
    pub const fn budget(mut self, budget: (usize, &'static str)) -> Self {
        self.budget = budget;
        self
    }

    /// How many label sets there is room for. One that is over its budget does not compile: it gets no room, so that
    /// the compiler has not to make it first.
    #[must_use]
    pub const fn room(&self) -> usize {
        let sets = label::sets(self.dimensions);
        if sets > self.budget.0 || sets > MOST_SETS { 1 } else { sets }
    }

    /// One of whose calls in so many is timed.
    #[must_use]
    pub const fn sampled(mut self, one_in: u32) -> Self {
        self.sample = one_in;
        self
    }

    /// See [`sampled`](Definition::sampled).
    #[cfg(feature = "metrics")]
    pub(crate) const fn sample(&self) -> u32 {
        self.sample
    }

    /// Whether its calls open a span.
    #[cfg_attr(feature = "metrics", allow(dead_code))]
    pub(crate) const fn has_span(&self) -> bool {
        self.span.level > 0
    }

    /// Whose span has another target.
    #[must_use]
    pub const fn target(mut self, target: &'static str) -> Self {
        self.span.target = target;
        self
    }

    /// Whose span has further fields.
    ///
    /// # Panics
    ///
    /// While compiling, if it would have more than 32.
    #[must_use]
    #[track_caller]
    pub const fn fields(mut self, fields: &'static [&'static str]) -> Self {
        let all = fields.len() + if self.span.has_labels { self.dimensions.len() } else { 0 };
        if all > MOST_FIELDS {
            let message = Message::new("the span would have ").number(all).text(" fields, and may have ");
            let message = message.number(MOST_FIELDS).text("; leave some out, or `skip` some parameters");
            panic!("{}", message.as_str());
        }
        self.span.fields = fields;
        self
    }

    /// The end of whose calls is told so.
    #[must_use]
    pub const fn tell(mut self, tell: fn(&Ended)) -> Self {
        self.tell = Some(tell);
        self
    }

    /// Whose calls can end in any way that there is a word for.
    #[must_use]
    pub const fn anyhow(mut self) -> Self {
        self.at_most = self.words.all();
        self
    }

    /// Whose calls can end as an error or be cancelled, or cannot.
    #[must_use]
    pub const fn at_most(mut self, can_fail: bool, can_be_cancelled: bool) -> Self {
        self.at_most = self.words.sure(can_fail, can_be_cancelled);
        self.at_least = self.at_most;
        self
    }

    /// Whose calls can surely end as an error or be cancelled, and perhaps otherwise too.
    #[must_use]
    pub const fn at_least(mut self, can_fail: bool, can_be_cancelled: bool) -> Self {
        self.at_least = self.words.sure(can_fail, can_be_cancelled);
        self
    }

    /// The ways of calls that can end as an error or be cancelled, or cannot.
    #[must_use]
    pub const fn sure(&self, can_fail: bool, can_be_cancelled: bool) -> Ways {
        self.words.sure(can_fail, can_be_cancelled)
    }

    /// With labels from this one on that are known only when a call has returned.
    #[must_use]
    pub const fn after(mut self, first: usize) -> Self {
        let (before, after) = self.dimensions.split_at(first);
        self.first_after = first;
        self.sets_after = label::sets(after);
        self.opens_before = label::open_len(before);
        self
    }

    /// Every way that its words allow, or that was said of it.
    #[must_use]
    pub const fn most(&self) -> Ways {
        self.at_most
    }

    /// How many cells its histogram has.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.bounds().len() + 1
    }

    /// The bounds of its histogram.
    pub(crate) const fn bounds(&self) -> &'static [f64] {
        match self.histogram_family() {
            Some(family) => family.bounds,
            None => &[],
        }
    }

    /// Its family of one type.
    const fn of_kind(&self, kind: Kind) -> Option<&'static Family> {
        let mut at = 0;
        while at < self.families.len() {
            if self.families[at].kind as u8 == kind as u8 {
                return Some(&self.families[at]);
            }
            at += 1;
        }
        None
    }

    /// Its histogram.
    pub(crate) const fn histogram_family(&self) -> Option<&'static Family> {
        self.of_kind(Kind::Histogram)
    }

    /// How many windows the summary of a callsite has.
    #[must_use]
    pub const fn windows_of_calls(&self) -> usize {
        match self.of_kind(Kind::Summary) {
            Some(_) if cfg!(feature = "metrics") => self.room() * self.statuses(),
            _ => 0,
        }
    }

    /// The unit of its summary.
    #[cfg_attr(not(feature = "metrics"), allow(dead_code))]
    pub(crate) const fn summary_unit(&self) -> Unit {
        match self.of_kind(Kind::Summary) {
            Some(family) => family.unit(),
            None => Unit::Seconds,
        }
    }

    /// The unit of its histogram.
    #[cfg_attr(not(feature = "metrics"), allow(dead_code))]
    pub(crate) const fn time_unit(&self) -> Unit {
        match self.histogram_family() {
            Some(family) => family.unit(),
            None => Unit::Seconds,
        }
    }

    /// One of its families.
    pub(crate) const fn family(&self, at: usize) -> Option<&'static Family> {
        if at < self.families.len() { Some(&self.families[at]) } else { None }
    }

    /// How many words it has.
    #[must_use]
    pub const fn statuses(&self) -> usize {
        self.words.len()
    }

    /// Its families, and the others of the same function.
    #[cfg(feature = "metrics")]
    pub(crate) fn together(&self) -> impl Iterator<Item = &'static Family> {
        self.families.iter().chain(self.beside)
    }

    /// With families of the same function that another place has the cells of.
    #[must_use]
    pub const fn beside(mut self, families: &'static [Family]) -> Self {
        self.beside = families;
        self
    }

    /// The other place: the labels and the ways of calls are the same.
    #[must_use]
    pub const fn of_polls(&self, families: &'static [Family]) -> Self {
        Definition { families, beside: &[], tell: None, sample: 1, ..*self }
    }

    /// The labels, but for `status`.
    #[must_use]
    pub const fn dimensions(&self) -> &'static [Dimension] {
        self.dimensions
    }
}

/// A call that has ended, for events.
pub struct Ended {
    pub(crate) of: &'static Definition,
    pub(crate) status: usize,
    pub(crate) nanos: u64,
}

impl Ended {
    /// How long it took.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        self.nanos
    }

    /// What became of it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.of.words.values.get(self.status)
    }

    /// What the label `function` says, or else the bare name.
    #[must_use]
    pub fn function(&self, name: &'static str) -> Cow<'static, str> {
        let path = self.of.dimensions.iter().find(|dimension| dimension.is_path());
        path.and_then(|path| path.text(0, None)).unwrap_or(Cow::Borrowed(name))
    }
}
