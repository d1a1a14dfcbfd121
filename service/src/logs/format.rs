//! How a line is written: JSON for programs, text for people.

use std::fmt::Write as _;

use super::record::{Record, Value};

/// The formats of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `2026-01-19T10:30:00.123Z  INFO shop::cart: paid total=12 correlation_id=…`, for people. What would begin a new line
    /// is indented; other control characters are escaped.
    #[default]
    Text,
    /// One JSON object a line, in which no key stands twice: `timestamp`, `level`, `target`, `message`, the fields of the
    /// event, the fields of the spans round it (the innermost wins), `correlation_id`, `trace_id`, `span_id`. A field of a
    /// user's that is called as one of the first four is `field_level` and so on.
    Json,
    /// Text, and when a span ends that is in no other, a tree of it and what was inside with their times.
    Tree,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub(super) format: Format,
    pub(super) is_lower: bool,
    pub(super) is_coloured: bool,
}

impl Style {
    /// Appends the line, with its end.
    pub(super) fn write(self, record: &Record<'_>, out: &mut Vec<u8>) {
        match self.format {
            Format::Json => self.json(record, out),
            Format::Text | Format::Tree => out.extend_from_slice(self.text(record).as_bytes()),
        }
        out.push(b'\n');
    }

    fn level(self, record: &Record<'_>) -> String {
        let level = record.level.as_str();
        if self.is_lower { level.to_ascii_lowercase() } else { level.to_owned() }
    }

    fn json(self, record: &Record<'_>, out: &mut Vec<u8>) {
        let mut comma = b'{';
        let mut key = |name: &str, out: &mut Vec<u8>| {
            out.push(comma);
            comma = b',';
            string(name, out);
            out.push(b':');
        };
        key("timestamp", out);
        string(&format!("{:.3}", record.timestamp), out);
        key("level", out);
        string(&self.level(record), out);
        key("target", out);
        string(record.target, out);
        key("message", out);
        string(&record.message, out);
        for (name, value) in &record.fields {
            key(name, out);
            match &**value {
                Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
                Value::Signed(value) => out.extend_from_slice(value.to_string().as_bytes()),
                Value::Unsigned(value) => out.extend_from_slice(value.to_string().as_bytes()),
                Value::Float(value) if value.is_finite() => {
                    // The shortest digits that are the same number.
                    let _ = serde_json::to_writer(&mut *out, value);
                }
                Value::Float(value) => string(&value.to_string(), out),
                Value::Text(value) => string(value, out),
            }
        }
        out.push(b'}');
    }

    fn text(self, record: &Record<'_>) -> String {
        let mut line = format!("{:.3} ", record.timestamp);
        let level = self.level(record);
        if self.is_coloured {
            let colour = match record.level {
                tracing::Level::ERROR => 31,
                tracing::Level::WARN => 33,
                tracing::Level::INFO => 32,
                tracing::Level::DEBUG => 34,
                tracing::Level::TRACE => 35,
            };
            let _ = write!(line, "\x1b[{colour}m{level:>5}\x1b[0m ");
        } else {
            let _ = write!(line, "{level:>5} ");
        }
        for (at, span) in record.spans.iter().enumerate() {
            line.push_str(if at > 0 { ">" } else { "" });
            plain(span, &mut line);
        }
        if !record.spans.is_empty() {
            line.push(' ');
        }
        plain(record.target, &mut line);
        line.push(':');
        if !record.message.is_empty() {
            line.push(' ');
            plain(&record.message, &mut line);
        }
        for (name, value) in &record.fields {
            line.push(' ');
            field(name, value, &mut line);
        }
        line
    }
}

/// `name=value`, in quotes where one could not see where it ends.
pub(super) fn field(name: &str, value: &Value, line: &mut String) {
    plain(name, line);
    line.push('=');
    match value {
        Value::Text(text) if needs_quotes(text) => {
            let _ = write!(line, "{text:?}");
        }
        Value::Text(text) => line.push_str(text),
        value => {
            let _ = write!(line, "{value}");
        }
    }
}

/// Whether one could not see where a text ends, or it would do more than stand there.
fn needs_quotes(text: &str) -> bool {
    let is_plain_ascii = |byte: u8| matches!(byte, b'!'..=b'~') && byte != b'"' && byte != b'=';
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "\"=".contains(c);
    text.is_empty() || !text.bytes().all(is_plain_ascii) && text.contains(is_odd)
}

/// As it is, but no control character does what it would: a text from outside begins no line, and moves no cursor.
pub(super) fn plain(text: &str, line: &mut String) {
    // Most texts have none: the last is how those begin that are not of ASCII.
    if !text.bytes().any(|byte| byte < b' ' || byte == 0x7f || byte == 0xc2) {
        return line.push_str(text);
    }
    for c in text.chars() {
        match c {
            '\n' => line.push_str("\n    "),
            '\t' => line.push(c),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing into a `Vec` does not fail.
    let _ = serde_json::to_writer(out, text);
}
