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
use tracing::{Level, Metadata, Span};

use crate::label::{self, Dimension, Message, Open};

/// The most fields of a span: what every version of tracing takes.
const MOST_FIELDS: usize = 32;

/// The span of a callsite as tracing knows it. Its first fields are the labels, in their order.
pub struct SpanSite {
    callsite: DefaultCallsite,
    metadata: Metadata<'static>,
    labels: &'static [Dimension],
    opens: &'static [Open],
    /// The path of the function, if that is a label: it is cut out of the name of a type, once.
    path: OnceLock<Cow<'static, str>>,
}

/// The span that a function may have, and its level: a closure without a size, so that the level is a constant to the
/// compiler, and a future holds nothing for it.
pub trait Spanned: Fn() -> Option<(&'static SpanSite, Level)> {}

impl<F: Fn() -> Option<(&'static SpanSite, Level)>> Spanned for F {}

impl SpanSite {
    /// The span of a callsite that was never called. `me` is the static that it initialises, `place` the file, the line
    /// and the module, and `fields` the names of all fields, those of the labels first.
    ///
    /// # Panics
    ///
    /// While compiling, if there are more than 32 fields.
    #[must_use]
    #[track_caller]
    pub const fn new(
        me: &'static SpanSite,
        (name, target, level): (&'static str, &'static str, Level),
        (file, line, module): (&'static str, u32, &'static str),
        fields: &'static [&'static str],
        (labels, opens): (&'static [Dimension], &'static [Open]),
    ) -> Self {
        if fields.len() > MOST_FIELDS {
            let message = Message::new("the span would have ").number(fields.len()).text(" fields, and may have ");
            let message = message.number(MOST_FIELDS).text("; leave some out, or `skip` some parameters");
            panic!("{}", message.as_str());
        }
        let fields = FieldSet::new(fields, Identifier(&me.callsite));
        SpanSite {
            callsite: DefaultCallsite::new(&me.metadata),
            metadata: Metadata::new(name, target, level, Some(file), Some(line), Some(module), fields, Kind::SPAN),
            labels,
            opens,
            path: OnceLock::new(),
        }
    }

    pub(crate) fn level(&self) -> Level {
        *self.metadata.level()
    }

    /// Whether somebody wants to see it now.
    #[cold]
    #[inline(never)]
    fn ready(&'static self) -> Option<Ready> {
        let interest = self.callsite.interest();
        let is_enabled = || tracing::dispatcher::get_default(|default| default.enabled(&self.metadata));
        if !interest.is_never() && (interest.is_always() || is_enabled()) {
            return Some(Ready { site: self, is_logged: false });
        }
        // With tracing's feature `log`, and no subscriber, a span is told to the loggers of the crate `log`.
        tracing::if_log_enabled! { *self.metadata.level(), { Some(Ready { site: self, is_logged: true }) } else { None } }
    }

    /// The same, and opens it.
    #[cold]
    #[inline(never)]
    fn opened(&'static self, set: usize) -> Span {
        self.ready().map_or_else(Span::none, |ready| ready.open(set, &[]))
    }

    /// The same, and enters it.
    #[cold]
    #[inline(never)]
    fn entered(&'static self, set: usize) -> Option<EnteredSpan> {
        self.ready().map(|ready| ready.open(set, &[]).entered())
    }

    /// The text of a label, if it is known before the call has returned.
    fn text(&'static self, at: usize, set: usize) -> Option<Cow<'static, str>> {
        let label = self.labels.get(at)?;
        if label.is_path() {
            let path = self.path.get_or_init(|| label.text(0, None).unwrap_or_default());
            return Some(Cow::Borrowed(path));
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
pub(crate) fn may_be_seen(span: &impl Spanned) -> bool {
    span().is_some_and(|(_, level)| is_on(level))
}

/// The span of a call with these labels, open if somebody wants to see it.
#[inline]
pub fn open(span: &impl Spanned, set: usize) -> Span {
    match span() {
        Some((site, level)) if is_on(level) => site.opened(set),
        _ => Span::none(),
    }
}

/// The same, entered.
#[inline]
pub fn enter(span: &impl Spanned, set: usize) -> Option<EnteredSpan> {
    match span() {
        Some((site, level)) if is_on(level) => site.entered(set),
        _ => None,
    }
}

/// Enters a span that is open.
#[inline]
#[must_use]
pub fn entered(span: Option<Span>) -> Option<EnteredSpan> {
    span.map(Span::entered)
}

/// The same, before it is open: its values are evaluated only if somebody wants to see them.
#[inline]
pub fn ready(span: &impl Spanned) -> Option<Ready> {
    match span() {
        Some((site, level)) if is_on(level) => site.ready(),
        _ => None,
    }
}

/// A span that somebody wants to see.
#[derive(Clone, Copy)]
pub struct Ready {
    site: &'static SpanSite,
    is_logged: bool,
}

impl Ready {
    /// Opens it, with the labels of this set and with further values.
    #[must_use]
    pub fn open(self, set: usize, values: &[Option<&dyn Value>]) -> Span {
        self.with_values(set, values, |values| Span::new(&self.site.metadata, values))
    }

    /// Opens it below another, or below none.
    #[must_use]
    pub fn child_of(self, parent: Option<Id>, set: usize, values: &[Option<&dyn Value>]) -> Span {
        self.with_values(set, values, |values| Span::child_of(parent, &self.site.metadata, values))
    }

    fn with_values(self, set: usize, values: &[Option<&dyn Value>], open: impl FnOnce(&ValueSet<'_>) -> Span) -> Span {
        let fields = self.site.metadata.fields();
        let open = |values: &ValueSet<'_>| {
            if self.is_logged {
                let span = Span::new_disabled(&self.site.metadata);
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
        // Most spans have one label and nothing else.
        if let (1, Some(text)) = (fields.len(), self.site.text(0, set)) {
            let text: &str = &text;
            return open(&fields.value_set(&[(&first, Some(&text as &dyn Value))]));
        }
        match fields.len() {
            0..=1 => with_room_for!(1),
            2..=4 => with_room_for!(4),
            5..=12 => with_room_for!(12),
            _ => with_room_for!(32),
        }
    }
}
