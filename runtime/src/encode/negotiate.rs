//! Which format a header asks for.
//!
//! Source: RFC 9110, section 12.5.1, as far as servers use it: types, `q`, and the parameters that tell our formats apart.

use super::Format;

pub(super) fn negotiate(accept: &str) -> Format {
    let mut best = (0, Format::Text);
    for range in accept.split(',') {
        if let Some((format, q)) = wanted(range) {
            if q > best.0 {
                best = (q, format);
            }
        }
    }
    best.1
}

/// One of the types that are accepted, if it is one of ours, with its `q` in thousandths.
fn wanted(range: &str) -> Option<(Format, u32)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let (mut q, mut version, mut proto, mut encoding) = (1000, None, None, None);
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => q = thousandths(value)?,
            "version" => version = Some(value),
            "proto" => proto = Some(value),
            "encoding" => encoding = Some(value),
            _ => {}
        }
    }
    let format = match media.as_str() {
        "text/plain" if matches!(version, None | Some("0.0.4")) => Format::Text,
        "*/*" | "text/*" => Format::Text,
        "application/openmetrics-text" if matches!(version, None | Some("1.0.0")) => Format::OpenMetrics,
        "application/vnd.google.protobuf"
            if proto == Some("io.prometheus.client.MetricFamily") && encoding == Some("delimited") =>
        {
            Format::Protobuf
        }
        "application/json" => Format::Json,
        _ => return None,
    };
    Some((format, q))
}

/// `0.75` is 750. Up to three digits count; what is no number from 0 to 1 is nonsense.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) || whole.len() > 1 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let all = whole * 1000 + fraction.parse::<u32>().ok()?;
    (all <= 1000).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What real servers send, and who else may come.
    const HEADERS: [(&str, Format); 31] = [
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            Format::OpenMetrics,
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            Format::Protobuf,
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            Format::OpenMetrics,
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            Format::OpenMetrics,
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2",
            Format::Protobuf,
        ),
        ("", Format::Text),
        ("*/*", Format::Text),
        ("text/plain", Format::Text),
        ("text/*;q=0.3", Format::Text),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", Format::Text),
        ("application/json", Format::Json),
        ("APPLICATION/JSON ; Q=1", Format::Json),
        ("application/json;q=0", Format::Text),
        ("application/json;q=0.000,application/openmetrics-text;q=0.001", Format::OpenMetrics),
        ("text/plain;q=0.5,application/json;q=0.5", Format::Text),
        ("application/json;q=0.5,text/plain;q=0.5", Format::Json),
        ("application/json;q=0.5,text/plain;q=0.51", Format::Text),
        ("application/json;q=2,application/openmetrics-text;q=0.1", Format::OpenMetrics),
        ("application/json;q=nonsense,application/openmetrics-text;q=0.1", Format::OpenMetrics),
        ("application/json;q=-1,application/openmetrics-text;q=0.1", Format::OpenMetrics),
        ("application/openmetrics-text;version=2.0.0", Format::Text),
        ("application/openmetrics-text;version=\"1.0.0\"", Format::OpenMetrics),
        ("application/openmetrics-text", Format::OpenMetrics),
        ("text/plain;version=1.0.0,application/json;q=0.1", Format::Json),
        ("application/vnd.google.protobuf", Format::Text),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", Format::Text),
        ("application/vnd.google.protobuf;proto=other;encoding=delimited", Format::Text),
        (",,;;==,q=1;q", Format::Text),
        ("application/json;;;", Format::Json),
        ("application/*", Format::Text),
        ("text/html, application/json;q=1.0000", Format::Json),
    ];

    #[test]
    fn each_header_gets_what_it_prefers() {
        for (header, expected) in HEADERS {
            assert_eq!(negotiate(header), expected, "{header}");
        }
    }
}
