//! The layer that makes lines: one for every format.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::span::{Attributes, Id, Record as Values};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan};

use super::bridge;
use super::depth::Depth;
use super::format::{Format, Style};
use super::levels::Levels;
use super::output::{LINES, Output, Reason};
use super::record::{Fields, OfSpan, Record, Value};
use super::tree::{self, Node};
use crate::correlation::Correlation;
use crate::redact::Redaction;

pub(super) struct Lines {
    /// Tells it from others of one subscriber, which keep values with the same spans.
    id: u64,
    redaction: Redaction,
    style: Style,
    output: Arc<Output>,
    levels: Arc<Levels>,
}

/// What is kept of a span, by whose it is.
struct OfAll(Vec<(u64, OfSpan)>);

impl OfAll {
    fn get(&self, id: u64) -> Option<&OfSpan> {
        self.0.iter().find(|(of, _)| *of == id).map(|(_, span)| span)
    }
}

impl Lines {
    pub(super) fn new(redaction: Redaction, style: Style, output: Arc<Output>, levels: Arc<Levels>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Lines { id: NEXT.fetch_add(1, Ordering::Relaxed), redaction, style, output, levels }
    }

    /// What this keeps of a span.
    fn of<'a>(&self, extensions: &'a mut ExtensionsMut<'_>) -> Option<&'a mut OfSpan> {
        extensions.get_mut::<OfAll>()?.0.iter_mut().find(|(of, _)| *of == self.id).map(|(_, span)| span)
    }

    /// Too deep in values that log themselves.
    fn lost() {
        LINES.drop_one(Reason::Nested);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.levels.belong_to(dispatch);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        if let Some(_depth) = Depth::enter() {
            attributes.record(&mut fields.record(&self.redaction));
        }
        let (correlation, began) = (Correlation::current(), Instant::now());
        let of = OfSpan { fields: Arc::new(fields), correlation, began, inside: Vec::new(), shown: 0, left_out: 0 };
        bridge::told(attributes.metadata());
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<OfAll>() {
            Some(all) => all.0.push((self.id, of)),
            None => extensions.insert(OfAll(vec![(self.id, of)])),
        }
    }

    fn on_record(&self, id: &Id, values: &Values<'_>, context: Context<'_, S>) {
        let (Some(span), Some(_depth)) = (context.span(id), Depth::enter()) else { return };
        // What the values' own code logs comes back here: it is run before anything is held.
        let mut fields = Fields::default();
        values.record(&mut fields.record(&self.redaction));
        bridge::told(span.metadata());
        if let Some(of) = self.of(&mut span.extensions_mut()) {
            let kept = Arc::make_mut(&mut of.fields);
            for (name, value) in fields.all {
                kept.set(name, value);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(_depth) = Depth::enter() else { return Lines::lost() };
        let mut fields = Fields::default();
        event.record(&mut fields.record(&self.redaction));
        let message = match fields.take("message") {
            Some(Value::Text(message)) => message,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        // Of what comes by the crate `log`, this is where it stands.
        let normalized = tracing_log::NormalizeEvent::normalized_metadata(event);
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let mut record = Record {
            timestamp: jiff::Timestamp::now(),
            level: *metadata.level(),
            target: metadata.target(),
            message,
            fields: Vec::with_capacity(fields.all.len() + 4),
            spans: Vec::new(),
        };
        let mut correlation = Correlation::current();
        let mut round = Vec::new();
        for span in context.event_scope(event).into_iter().flatten() {
            let mut name = Cow::Borrowed(span.name());
            if let Some(of) = span.extensions().get::<OfAll>().and_then(|all| all.get(self.id)) {
                if let Some(own) = of.fields.name_of_span() {
                    name = Cow::Owned(own.to_owned());
                }
                round.push(of.fields.clone());
                correlation = correlation.or_else(|| of.correlation.clone());
            }
            record.spans.push(name);
        }
        record.spans.reverse();
        record.take(fields.all.iter());
        for fields in &round {
            record.take(fields.of_span());
        }
        if let Some(correlation) = correlation {
            record.correlate(&correlation);
        }
        let mut line = Vec::with_capacity(256);
        self.style.write(&record, &mut line);
        self.output.write(&line);
        bridge::told(event.metadata());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if self.style.format != Format::Tree {
            return;
        }
        let Some(span) = context.span(&id) else { return };
        let of = {
            let mut extensions = span.extensions_mut();
            let Some(OfAll(all)) = extensions.get_mut() else { return };
            let Some(at) = all.iter().position(|(of, _)| *of == self.id) else { return };
            all.remove(at).1
        };
        let OfSpan { fields, began, inside, shown, left_out, .. } = of;
        let mut node = Node { name: span.name(), fields, took: began.elapsed(), inside, left_out };
        let Some(parent) = span.parent() else { return self.output.write(node.draw().as_bytes()) };
        let mut extensions = parent.extensions_mut();
        let Some(of) = self.of(&mut extensions) else { return };
        if of.shown + 1 + shown > tree::MOST {
            // Itself, if there is room for that, without what is in it.
            node.left_out += shown;
            node.inside.clear();
        }
        let shown = if node.inside.is_empty() { 1 } else { 1 + shown };
        if of.shown + shown > tree::MOST {
            of.left_out += 1 + node.left_out;
        } else {
            of.shown += shown;
            of.inside.push(node);
        }
    }
}
