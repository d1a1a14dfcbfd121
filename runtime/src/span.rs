//! The span of a call: opened and entered where somebody listens, and next to nothing where nobody does.
//!
//! What stands in the user's function is a comparison of levels. The rest, which tracing's own macro writes out at each
//! callsite, is here once.

use std::array::from_fn;
use std::borrow::Cow;
use std::sync::OnceLock;

use tracing::callsite::{DefaultCallsite, Identifier};
use tracing::field::{Empty, Field, FieldSet, Value, ValueSet};
use tracing::metadata::Kind;
use tracing::span::{EnteredSpan, Id};
use tracing::subscriber::Interest;
use tracing::{Callsite as OfTracing, Level, Metadata, Span};

#[cfg(feature = "metrics")]
use once_cell::race::OnceRef as Once;

use crate::definition::Definition;
use crate::label::{self, Dimension, Open};

/// The level of the span that a function may have, as [`number_of`] has it; 0 is none. Without a size, so that the level is a
/// constant to the compiler, and a future holds nothing for it.
#[derive(Clone, Copy, Default)]
pub struct At<const LEVEL: u8>;

/// See [`At`].
pub trait Spanned: Copy + Default {
    /// The level, if there is a span.
    const LEVEL: Option<Level>;
}

impl<const LEVEL: u8> Spanned for At<LEVEL> {
    const LEVEL: Option<Level> = if LEVEL == 0 { None } else { Some(level_of(LEVEL)) };
}

/// The level of such a number.
const fn level_of(number: u8) -> Level {
    match number {
        1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        _ => Level::TRACE,
    }
}

/// The number of a level.
#[must_use]
pub const fn number_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// What may have a span.
pub trait Speaks: 'static {
    /// What the span needs.
    fn spoken(&'static self) -> Spoken;
}

/// What a span needs of its callsite.
#[derive(Clone, Copy)]
pub struct Spoken {
    pub(crate) says: &'static Definition,
    pub(crate) opens: &'static [Open],
    pub(crate) made: &'static MadeSpan,
}

#[cfg(not(feature = "metrics"))]
type Once<'a, T> = OnceLock<&'a T>;

/// Where the span of a callsite is kept when somebody listened for the first time. All zeros until then, where cells are.
pub struct MadeSpan(Once<'static, SpanSite>);

impl MadeSpan {
    pub(crate) const fn new() -> Self {
        MadeSpan(Once::new())
    }
}

/// The span of a callsite as tracing knows it. Its first fields are the labels, in their order.
///
/// It is made when somebody listens for the first time, and stays: as a constant it would cost the compiler more than all the
/// rest of a callsite.
struct SpanSite {
    metadata: &'static Metadata<'static>,
    /// Registered with tracing: keeps what the subscribers think of it.
    callsite: &'static DefaultCallsite,
    labels: &'static [Dimension],
    opens: &'static [Open],
    /// The path of the function, if that is a label: it is cut out of the name of a type, once.
    path: &'static str,
    values: Values,
}

/// The values of most spans are the same in all calls.
enum Values {
    None,
    Text(Field, &'static str),
    Other,
}

/// What tells its fields from those of another span. Both are made after it, and have it in them.
#[derive(Default)]
struct Identity(OnceLock<(&'static Metadata<'static>, &'static DefaultCallsite)>);

impl OfTracing for Identity {
    fn set_interest(&self, interest: Interest) {
        if let Some((_, callsite)) = self.0.get() {
            callsite.set_interest(interest);
        }
    }

    fn metadata(&self) -> &Metadata<'_> {
        /// Nobody asks before it is complete.
        static NOBODY: Identity = Identity(OnceLock::new());
        static NONE: Metadata<'static> = Metadata::new(
            "",
            "tallied",
            Level::TRACE,
            None,
            None,
            None,
            FieldSet::new(&[], Identifier(&NOBODY)),
            Kind::SPAN,
        );
        self.0.get().map_or(&NONE, |(metadata, _)| metadata)
    }
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

impl Spoken {
    /// Its span. Of threads that race for the first one, all use the same.
    fn site(self) -> &'static SpanSite {
        self.made.0.get_or_init(|| self.make())
    }

    /// Whether somebody wants to see it now.
    #[cold]
    #[inline(never)]
    fn ready(self) -> Option<Ready> {
        self.site().ready()
    }

    /// The same, and opens it with these labels.
    #[cold]
    #[inline(never)]
    fn opened(self, set: usize) -> Span {
        self.site().ready().map_or_else(Span::none, |ready| ready.alone(set))
    }

    /// The same, and enters it.
    #[cold]
    #[inline(never)]
    pub(crate) fn entered(self, set: usize) -> Option<EnteredSpan> {
        // No `Option<Span>` on the way: to move one costs more than to open it.
        self.site().ready().map(|ready| ready.alone(set).entered())
    }

    #[cold]
    fn make(self) -> &'static SpanSite {
        let Spoken { says, opens, .. } = self;
        let (span, (file, line)) = (says.span, says.place);
        let labels = if span.has_labels { says.dimensions } else { &[] };
        let names: Vec<_> = labels.iter().map(|label| label.label).chain(span.fields.iter().copied()).collect();
        let identity = leaked(Identity::default());
        let fields = FieldSet::new(Vec::leak(names), Identifier(identity));
        let (file, line, module) = (Some(file), Some(line), Some(span.module));
        let metadata =
            Metadata::new(span.name, span.target, level_of(span.level), file, line, module, fields, Kind::SPAN);
        let metadata = leaked(metadata);
        let callsite = leaked(DefaultCallsite::new(metadata));
        let _ = identity.0.set((metadata, callsite));
        let fixed = |label: &'static Dimension| -> &'static str {
            match label.text(0, None).unwrap_or_default() {
                Cow::Borrowed(text) => text,
                Cow::Owned(path) => String::leak(path),
            }
        };
        let path = labels.iter().find(|label| label.is_path()).map_or("", fixed);
        let values = match (labels, metadata.fields().iter().next()) {
            (_, None) => Values::None,
            ([label], Some(field)) if label.is_fixed() && metadata.fields().len() == 1 => {
                Values::Text(field, if label.is_path() { path } else { fixed(label) })
            }
            _ => Values::Other,
        };
        leaked(SpanSite { metadata, callsite, labels, opens, path, values })
    }
}

impl SpanSite {
    /// Whether somebody wants to see it now.
    fn ready(&'static self) -> Option<Ready> {
        let interest = self.callsite.interest();
        let is_enabled = || tracing::dispatcher::get_default(|default| default.enabled(self.metadata));
        if !interest.is_never() && (interest.is_always() || is_enabled()) {
            return Some(Ready { site: self, is_logged: false });
        }
        // With tracing's feature `log`, and no subscriber, a span is told to the loggers of the crate `log`.
        tracing::if_log_enabled! { *self.metadata.level(), { Some(Ready { site: self, is_logged: true }) } else { None } }
    }

    /// The text of a label, if it is known before the call has returned.
    fn text(&'static self, at: usize, set: usize) -> Option<Cow<'static, str>> {
        let label = self.labels.get(at)?;
        if label.is_path() {
            return Some(Cow::Borrowed(self.path));
        }
        (!label.is_after()).then(|| label::text_in_set(self.labels, self.opens, at, set))
    }
}

/// Compares levels: the one thing that is done where the call is.
#[inline]
pub(crate) fn is_on(level: Level) -> bool {
    tracing::level_enabled!(level) || tracing::if_log_enabled! { level, { true } else { false } }
}

/// Whether somebody may want to see it, as far as its level goes.
#[inline]
pub(crate) fn may_be_seen<S: Spanned>() -> bool {
    S::LEVEL.is_some_and(is_on)
}

/// The span of a call with these labels, open if somebody wants to see it.
#[inline]
pub(crate) fn open<S: Spanned, K: Speaks>(site: &'static K, set: usize) -> Span {
    /// Once for each type of callsite: less is said at each.
    #[cold]
    #[inline(never)]
    fn opened<K: Speaks>(site: &'static K, set: usize) -> Span {
        site.spoken().opened(set)
    }

    if may_be_seen::<S>() { opened(site, set) } else { Span::none() }
}

/// The same, entered.
#[inline]
pub fn enter<S: Spanned, K: Speaks>(site: &'static K, set: usize, _: S) -> Option<EnteredSpan> {
    #[cold]
    #[inline(never)]
    fn entered<K: Speaks>(site: &'static K, set: usize) -> Option<EnteredSpan> {
        site.spoken().entered(set)
    }

    if may_be_seen::<S>() { entered(site, set) } else { None }
}

/// Enters a span that is open.
#[inline]
#[must_use]
pub fn entered(span: Option<Span>) -> Option<EnteredSpan> {
    span.map(Span::entered)
}

/// The same, before it is open: its values are evaluated only if somebody wants to see them.
#[inline]
pub fn ready<S: Spanned, K: Speaks>(site: &'static K, _: S) -> Option<Ready> {
    #[cold]
    #[inline(never)]
    fn ready<K: Speaks>(site: &'static K) -> Option<Ready> {
        site.spoken().ready()
    }

    if may_be_seen::<S>() { ready(site) } else { None }
}

/// A span that somebody wants to see.
#[derive(Clone, Copy)]
pub struct Ready {
    site: &'static SpanSite,
    is_logged: bool,
}

impl Ready {
    /// Opens it with these labels alone.
    #[inline]
    fn alone(self, set: usize) -> Span {
        let SpanSite { metadata, values, .. } = self.site;
        match values {
            Values::Text(field, text) if !self.is_logged => {
                Span::new(metadata, &metadata.fields().value_set(&[(field, Some(text as &dyn Value))]))
            }
            Values::None if !self.is_logged => {
                let none: [(&Field, Option<&dyn Value>); 0] = [];
                Span::new(metadata, &metadata.fields().value_set(&none))
            }
            _ => self.open(set, &[]),
        }
    }

    /// Opens it, with the labels of this set and with further values.
    #[must_use]
    pub fn open(self, set: usize, values: &[Option<&dyn Value>]) -> Span {
        self.with_values(set, values, |values| Span::new(self.site.metadata, values))
    }

    /// Opens it below another, or below none.
    #[must_use]
    pub fn child_of(self, parent: Option<Id>, set: usize, values: &[Option<&dyn Value>]) -> Span {
        self.with_values(set, values, |values| Span::child_of(parent, self.site.metadata, values))
    }

    fn with_values(self, set: usize, values: &[Option<&dyn Value>], open: impl FnOnce(&ValueSet<'_>) -> Span) -> Span {
        let fields = self.site.metadata.fields();
        let open = |values: &ValueSet<'_>| {
            if self.is_logged {
                let span = Span::new_disabled(self.site.metadata);
                span.record_all(values);
                return span;
            }
            open(values)
        };
        let Some(first) = fields.iter().next() else {
            let none: [(&Field, Option<&dyn Value>); 0] = [];
            return open(&fields.value_set(&none));
        };
        // Old versions of tracing take arrays of literal lengths only. A field that is said twice, once without a value,
        // has its value.
        macro_rules! with_room_for {
            ($room:literal) => {{
                let mut all = fields.iter();
                let names: [Field; $room] = from_fn(|_| all.next().unwrap_or_else(|| first.clone()));
                let texts: [Option<Cow<'static, str>>; $room] = from_fn(|at| self.site.text(at, set));
                let texts: [Option<&str>; $room] = from_fn(|at| texts[at].as_deref());
                let value = |at: usize| match at.checked_sub(self.site.labels.len()) {
                    None => texts[at].as_ref().map(|text| text as &dyn Value),
                    // What the body will record is empty; behind the last field there is nothing.
                    Some(at) => match values.get(at) {
                        Some(value) => *value,
                        None => (at + self.site.labels.len() < fields.len()).then_some(&Empty as &dyn Value),
                    },
                };
                let values: [(&Field, Option<&dyn Value>); $room] = from_fn(|at| (&names[at], value(at)));
                open(&fields.value_set(&values))
            }};
        }
        match fields.len() {
            0..=1 => with_room_for!(1),
            2..=4 => with_room_for!(4),
            5..=12 => with_room_for!(12),
            _ => with_room_for!(32),
        }
    }
}
