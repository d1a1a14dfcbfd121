//! What a line says: the fields of an event, and of the spans round it, as they may be read.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tracing::field::{Field, Visit};

use crate::correlation::Correlation;
use crate::redact::{REDACTED, Redaction};
use crate::text;

/// A value as a line has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Signed(value) => value.fmt(f),
            Value::Unsigned(value) => value.fmt(f),
            Value::Float(value) => value.fmt(f),
            Value::Text(value) => value.fmt(f),
        }
    }
}

/// The field that names a span at run time, as exporters have it.
const NAME_OF_SPAN: &str = "otel.name";

/// Fields in the order in which they came; of one name the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) all: Vec<(&'static str, Value)>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.all.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.all.iter().position(|(known, _)| *known == name)?;
        Some(self.all.remove(at).1)
    }

    pub(super) fn set(&mut self, name: &'static str, value: Value) {
        match self.all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.all.push((name, value)),
        }
    }

    /// Takes values over, those that are secret as `[redacted]`.
    pub(super) fn record<'a>(&'a mut self, redaction: &'a Redaction) -> impl Visit + 'a {
        Recorder { fields: self, redaction }
    }

    /// The name that a span has at run time, if it has one.
    pub(super) fn name_of_span(&self) -> Option<&str> {
        match self.get(NAME_OF_SPAN) {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        }
    }

    /// The fields of a span but for its name.
    pub(super) fn of_span(&self) -> impl Iterator<Item = &(&'static str, Value)> {
        let is_named = self.name_of_span().is_some();
        self.all.iter().filter(move |(name, _)| !is_named || *name != NAME_OF_SPAN)
    }
}

/// What is kept of a span while it lives.
#[derive(Debug)]
pub(super) struct OfSpan {
    /// Shared with the lines that are being written.
    pub(super) fields: Arc<Fields>,
    /// Of what runs in it, wherever that is.
    pub(super) correlation: Option<Correlation>,
    pub(super) began: Instant,
    /// What has ended inside, if trees are drawn.
    pub(super) inside: Vec<super::tree::Node>,
    /// How many spans that shows.
    pub(super) shown: usize,
    /// How many had no room.
    pub(super) left_out: usize,
}

struct Recorder<'a> {
    fields: &'a mut Fields,
    redaction: &'a Redaction,
}

impl Recorder<'_> {
    fn keep(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        // The bridge from the crate `log` gives where a record stands as fields.
        if ["log.target", "log.module_path", "log.file", "log.line"].contains(&field.name()) {
            return;
        }
        let is_secret = self.redaction.is_secret_field(field.name());
        self.fields.set(field.name(), if is_secret { Value::Text(REDACTED.into()) } else { value() });
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, || Value::Float(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, || Value::Signed(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, || Value::Unsigned(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep(field, || i64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Signed));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep(field, || u64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Unsigned));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, || Value::Bool(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, || Value::Text(text::display(&value)));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        // With its causes, as far as that is sensible: some errors are their own.
        self.keep(field, || {
            let mut said = text::display(&value);
            let mut cause = cause_of(value);
            for _ in 0..16 {
                let Some(error) = cause else { break };
                let cause_said = text::display(&error);
                // Many errors say their cause themselves.
                if !said.ends_with(&cause_said) {
                    said = format!("{said}: {cause_said}");
                }
                cause = cause_of(error);
            }
            Value::Text(said)
        });
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, || Value::Text(text::debug(value)));
    }
}

/// The cause of an error; none, if that panics.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source())).map_err(std::mem::forget).ok().flatten()
}

/// One line before it is written.
pub(super) struct Record<'a> {
    pub(super) timestamp: jiff::Timestamp,
    pub(super) level: tracing::Level,
    pub(super) target: &'a str,
    pub(super) message: String,
    /// The fields of the event, then those of the spans from the innermost on; each name once.
    pub(super) fields: Vec<(Cow<'static, str>, Cow<'a, Value>)>,
    /// The names of the spans, the outermost first.
    pub(super) spans: Vec<Cow<'static, str>>,
}

/// What the line says of itself. Fields of these names are called `field_…`, so that they are there as well.
const OURS: [&str; 4] = ["timestamp", "level", "target", "message"];

impl<'a> Record<'a> {
    /// Has the fields of an event or a span, unless one of the name is there.
    pub(super) fn take(&mut self, fields: impl Iterator<Item = &'a (&'static str, Value)>) {
        for (name, value) in fields {
            let name = if OURS.contains(name) { Cow::Owned(format!("field_{name}")) } else { Cow::Borrowed(*name) };
            self.add(name, Cow::Borrowed(value));
        }
    }

    /// Says an id, unless somebody has said it.
    pub(super) fn correlate(&mut self, correlation: &Correlation) {
        let text = |text: String| Cow::Owned(Value::Text(text));
        self.add(Cow::Borrowed("correlation_id"), text(correlation.id().to_owned()));
        if let Some(trace) = correlation.trace() {
            // Both or none: the span of one trace is none of another's.
            if !self.fields.iter().any(|(name, _)| name == "trace_id" || name == "span_id") {
                self.add(Cow::Borrowed("trace_id"), text(trace.trace_id()));
                self.add(Cow::Borrowed("span_id"), text(trace.span_id()));
            }
        }
    }

    fn add(&mut self, name: Cow<'static, str>, value: Cow<'a, Value>) {
        if !self.fields.iter().any(|(known, _)| *known == name) {
            self.fields.push((name, value));
        }
    }
}
