//! The formats of the exposition.

#[cfg(feature = "metrics")]
mod number;
#[cfg(feature = "metrics")]
mod text;

/// A format of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    Text,
}

impl Format {
    /// The value of the HTTP header `Content-Type`. Prometheus 3 refuses a scrape without it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Appends one scrape of every family to `out`.
///
/// Cost is linear in the number of series. Scrapes may run side by side, and no observed call ever waits for one. A
/// family that cannot be exposed is left out, and said once as a `tracing` warning with the target `tallied`. Does not
/// panic unless the program's own `tracing` subscriber does. Without the feature `metrics` nothing is appended.
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, clippy::ptr_arg))]
pub fn encode(format: Format, out: &mut Vec<u8>) {
    #[cfg(feature = "metrics")]
    match format {
        Format::Text => text::write(&crate::registry::gather(), out),
    }
}

/// One scrape of every family as Prometheus text, version 0.0.4: [`encode`] into a `String`.
///
/// Empty while nothing was called and nothing is in the registry, and always without the feature `metrics`.
#[must_use]
pub fn gather_metrics() -> String {
    let mut out = Vec::new();
    encode(Format::Text, &mut out);
    // The encoder writes whole `str`s and ASCII, so nothing is ever lost here.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
