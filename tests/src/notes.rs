//! What a subscriber sees: every span and every event, in order.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Writes down what happens, a line each.
#[derive(Clone, Default)]
pub struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
    /// Whether the fields of events are written too.
    in_full: bool,
}

/// ` name=value` of each.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let _ = write!(self.0, " {}={value}u64", field.name());
    }

    // How long something took differs each time.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_ms" {
            let _ = write!(self.0, " elapsed_ms{}", if value >= 0.0 { "" } else { "<0" });
        } else {
            self.record_debug(field, &value);
        }
    }
}

impl Notes {
    /// What is noted while something runs: of events the level and the span they are in.
    pub fn during(body: impl FnOnce()) -> Vec<String> {
        Notes::default().take_during(body)
    }

    /// The same, with the target and the fields of events.
    pub fn in_full(body: impl FnOnce()) -> Vec<String> {
        Notes { in_full: true, ..Notes::default() }.take_during(body)
    }

    fn take_during(self, body: impl FnOnce()) -> Vec<String> {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(self.clone()), body);
        std::mem::take(&mut *self.lines.lock().unwrap())
    }

    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        let parent = context.span(id).unwrap().parent().map_or("", |parent| parent.name());
        let (level, target, name) = (metadata.level(), metadata.target(), metadata.name());
        self.note(format!("new {level} {target} {name}{} in [{parent}]", fields.0));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.note(format!("record {}{}", context.span(id).unwrap().name(), fields.0));
    }

    fn on_follows_from(&self, id: &Id, cause: &Id, context: Context<'_, S>) {
        let name = |id| context.span(id).unwrap().name();
        self.note(format!("{} follows from {}", name(id), name(cause)));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.note(format!("enter {}", context.span(id).unwrap().name()));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.note(format!("exit {}", context.span(id).unwrap().name()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.note(format!("close {}", context.span(&id).unwrap().name()));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let inside = context.lookup_current().map_or("none", |span| span.name());
        let metadata = event.metadata();
        if !self.in_full {
            return self.note(format!("event {} in {inside}", metadata.level()));
        }
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.note(format!("event {} {}{} in {inside}", metadata.level(), metadata.target(), fields.0));
    }
}
