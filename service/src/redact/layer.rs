//! A layer of somebody else's that is shown no secret.

use std::any::TypeId;
use std::error::Error;
use std::fmt;

use tracing::field::{Field, Value, ValueSet, Visit, display};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::{REDACTED, Redaction};

/// A layer, which sees `[redacted]` in the place of every secret: an exporter of spans, a format of logs.
///
/// What has no secret field is passed on as it is.
///
/// ```
/// use tallied_service::Redaction;
/// use tallied_service::redact::Redacted;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let layer = Redacted::new(tracing_subscriber::fmt::layer(), Redaction::default());
/// let subscriber = tracing_subscriber::registry().with(layer);
/// # drop(subscriber);
/// ```
#[derive(Clone, Debug)]
pub struct Redacted<L> {
    layer: L,
    redaction: Redaction,
}

impl<L> Redacted<L> {
    /// Hides the secrets of this redaction from that layer.
    pub fn new(layer: L, redaction: Redaction) -> Self {
        Redacted { layer, redaction }
    }

    fn has_secrets(&self, metadata: &'static Metadata<'static>) -> bool {
        metadata.fields().iter().any(|field| self.redaction.is_secret_field(field.name()))
    }

    /// An event as it may be seen.
    fn shown<R>(&self, event: &Event<'_>, look: impl FnOnce(&Event<'_>) -> R) -> R {
        let metadata = event.metadata();
        if !self.has_secrets(metadata) {
            return look(event);
        }
        self.seen(|visit| event.record(visit)).values(metadata, |values| {
            look(&if let Some(parent) = event.parent() {
                Event::new_child_of(parent.clone(), metadata, values)
            } else if event.is_root() {
                Event::new_child_of(None, metadata, values)
            } else {
                Event::new(metadata, values)
            })
        })
    }

    /// What may be seen of these values.
    fn seen(&self, record: impl FnOnce(&mut dyn Visit)) -> Seen<'_> {
        let mut seen = Seen { redaction: &self.redaction, fields: Vec::new() };
        record(&mut seen);
        seen
    }
}

/// Values that may be seen.
struct Seen<'a> {
    redaction: &'a Redaction,
    fields: Vec<(Field, Box<dyn Value>)>,
}

impl Seen<'_> {
    fn keep(&mut self, field: &Field, value: impl FnOnce() -> Box<dyn Value>) {
        let value = if self.redaction.is_secret_field(field.name()) { Box::new(REDACTED) } else { value() };
        self.fields.push((field.clone(), value));
    }

    /// Gives `receive` the values in the form in which tracing has them: an array of some length. What is more than 256 is left
    /// out.
    fn values<R>(&self, metadata: &'static Metadata<'static>, receive: impl FnOnce(&ValueSet<'_>) -> R) -> R {
        match self.fields.len() {
            0..=32 => self.values_of::<32, R>(metadata, receive),
            33..=64 => self.values_of::<64, R>(metadata, receive),
            _ => self.values_of::<256, R>(metadata, receive),
        }
    }

    fn values_of<const MOST: usize, R>(
        &self,
        metadata: &'static Metadata<'static>,
        receive: impl FnOnce(&ValueSet<'_>) -> R,
    ) -> R {
        let Some((first, _)) = self.fields.first() else { return receive(&metadata.fields().value_set(&[])) };
        let values: [(&Field, Option<&dyn Value>); MOST] = std::array::from_fn(|at| {
            self.fields.get(at).map_or((first, None), |(field, value)| (field, Some(&**value)))
        });
        receive(&metadata.fields().value_set(&values))
    }
}

impl Visit for Seen<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, || Box::new(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, || Box::new(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, || Box::new(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep(field, || Box::new(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep(field, || Box::new(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, || Box::new(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, || Box::new(value.to_owned()));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.keep(field, || Box::new(display(crate::text::display(&value))));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, || Box::new(display(crate::text::debug(value))));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>, L: Layer<S>> Layer<S> for Redacted<L> {
    fn on_register_dispatch(&self, subscriber: &tracing::Dispatch) {
        self.layer.on_register_dispatch(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.layer.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.layer.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        self.layer.enabled(metadata, context)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if !self.has_secrets(metadata) {
            return self.layer.on_new_span(attributes, id, context);
        }
        self.seen(|visit| attributes.record(visit)).values(metadata, |values| {
            let attributes = if let Some(parent) = attributes.parent() {
                Attributes::child_of(parent.clone(), metadata, values)
            } else if attributes.is_root() {
                Attributes::new_root(metadata, values)
            } else {
                Attributes::new(metadata, values)
            };
            self.layer.on_new_span(&attributes, id, context);
        });
    }

    fn on_record(&self, span: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(metadata) = context.metadata(span).filter(|metadata| self.has_secrets(metadata)) else {
            return self.layer.on_record(span, record, context);
        };
        self.seen(|visit| record.record(visit)).values(metadata, |values| {
            self.layer.on_record(span, &Record::new(values), context);
        });
    }

    fn on_follows_from(&self, span: &Id, follows: &Id, context: Context<'_, S>) {
        self.layer.on_follows_from(span, follows, context);
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.layer.max_level_hint()
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        self.shown(event, |event| self.layer.event_enabled(event, context))
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.shown(event, |event| self.layer.on_event(event, context));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.layer.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.layer.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.layer.on_close(id, context);
    }

    fn on_id_change(&self, old: &Id, new: &Id, context: Context<'_, S>) {
        self.layer.on_id_change(old, new, context);
    }

    /// An exporter is found through it: by the extension traits of `tracing-opentelemetry`, say.
    #[doc(hidden)]
    #[allow(unsafe_code)]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller keeps what it must keep for ours, and so for the one in it, which lives as long.
        unsafe { self.layer.downcast_raw(id) }
    }
}
