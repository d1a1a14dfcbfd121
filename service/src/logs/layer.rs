//! The layer that makes lines: one for every format.

use std::sync::Arc;
use std::time::Instant;

use tracing::span::{Attributes, Id, Record as Values};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::format::{Format, Style};
use super::output::Output;
use super::record::{Fields, OfSpan, Record, Value};
use super::tree::{self, Node};
use crate::correlation::Correlation;
use crate::redact::Redaction;

pub(super) struct Lines {
    pub(super) redaction: Redaction,
    pub(super) style: Style,
    pub(super) output: Arc<Output>,
}

impl Lines {
    fn is_tree(&self) -> bool {
        self.style.format == Format::Tree
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields.record(&self.redaction));
        let (correlation, began) = (Correlation::current(), Instant::now());
        span.extensions_mut().replace(OfSpan { fields, correlation, began, inside: Vec::new(), shown: 0, left_out: 0 });
    }

    fn on_record(&self, id: &Id, values: &Values<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // What the values' own code logs comes back here: it is run before anything is held.
        let mut fields = Fields::default();
        values.record(&mut fields.record(&self.redaction));
        if let Some(of) = span.extensions_mut().get_mut::<OfSpan>() {
            for (name, value) in fields.all {
                of.fields.set(name, value);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
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
        record.take(fields.all.into_iter());
        let mut correlation = Correlation::current();
        for span in context.event_scope(event).into_iter().flatten() {
            record.spans.push(span.name());
            if let Some(of) = span.extensions().get::<OfSpan>() {
                record.take(of.fields.all.iter().map(|(name, value)| (*name, value.clone())));
                correlation = correlation.or_else(|| of.correlation.clone());
            }
        }
        record.spans.reverse();
        if let Some(correlation) = correlation {
            record.correlate(&correlation);
        }
        let mut line = Vec::with_capacity(256);
        self.style.write(&record, &mut line);
        self.output.write(&line);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if !self.is_tree() {
            return;
        }
        let Some(span) = context.span(&id) else { return };
        let Some(of) = span.extensions_mut().remove::<OfSpan>() else { return };
        let OfSpan { fields, began, inside, shown, left_out, .. } = of;
        let node = Node { name: span.name(), fields, took: began.elapsed(), inside, left_out };
        let shown = shown + 1;
        let Some(parent) = span.parent() else { return self.output.write(node.draw().as_bytes()) };
        if let Some(of) = parent.extensions_mut().get_mut::<OfSpan>() {
            if of.shown + shown <= tree::MOST {
                of.shown += shown;
                of.inside.push(node);
            } else {
                of.left_out += shown + node.left_out;
            }
        }
    }
}
