//! Counts the requests of an access log by what is known of them beforehand: method, kind of page, class of the answer; and
//! by the first part of their path, of which nobody knows how many there are: five are kept, the rest is `_other`.
//!
//! `cargo run --example labels -- FILE` reads a log in the common format, `cargo run --example labels` the one beside this
//! file. Addresses are open-ended too, and are left out.

use std::process::ExitCode;

use tallied::{Classify, Label, LabelSet, Outcome, observed};

#[derive(Clone, Copy, Debug, PartialEq, Label)]
#[label(rename_all = "UPPERCASE")]
enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    #[label(rename = "other")]
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Asset {
    Image,
    Script,
    Style,
}

/// A page, or one of the kinds of `Asset`.
#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Page {
    Home,
    Api,
    Asset(Asset),
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Class {
    #[label(rename = "2xx")]
    Success,
    #[label(rename = "3xx")]
    Redirect,
    #[label(rename = "4xx")]
    Client,
    #[label(rename = "5xx")]
    Server,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Label, Outcome)]
enum Line {
    #[outcome(ok)]
    Read,
    Blank,
    #[outcome(error)]
    Malformed,
}

impl Classify<Result<Option<Entry<'_>>, String>> for Line {
    fn classify(returned: &Result<Option<Entry<'_>>, String>) -> Self {
        match returned {
            Ok(Some(_)) => Line::Read,
            Ok(None) => Line::Blank,
            Err(_) => Line::Malformed,
        }
    }
}

/// What the requests are counted by: 6 methods × 6 pages × 5 classes × 6 sites.
#[derive(Clone, Copy, Debug, PartialEq, LabelSet)]
struct Request<'a> {
    method: Method,
    page: Page,
    class: Option<Class>,
    #[label(max = 5)]
    site: &'a str,
}

struct Entry<'a> {
    method: Method,
    path: &'a str,
    /// `None` for a number that is no status.
    class: Option<Class>,
    bytes: u64,
}

impl<'a> Entry<'a> {
    fn request(&self) -> Request<'a> {
        let site = self.path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        Request { method: self.method, page: self.page(), class: self.class, site }
    }

    fn page(&self) -> Page {
        match self.path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("png" | "jpg" | "svg" | "ico") => Page::Asset(Asset::Image),
            Some("js") => Page::Asset(Asset::Script),
            Some("css") => Page::Asset(Asset::Style),
            _ if self.path == "/" => Page::Home,
            _ if self.path.starts_with("/api/") => Page::Api,
            _ => Page::Elsewhere,
        }
    }
}

fn has_body(entry: &Result<Option<Entry<'_>>, String>) -> bool {
    matches!(entry, Ok(Some(entry)) if entry.bytes > 0)
}

/// One line of the log, or `None` for a blank one.
#[observed(
    status = Line,
    after(has_body = has_body),
    counter(name = "log_lines_total", help = "Lines of the log.")
)]
fn parse(line: &str) -> Result<Option<Entry<'_>>, String> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || format!("not in the common log format: {line}");
    let (_, rest) = line.split_once('"').ok_or_else(wrong)?;
    let (request, rest) = rest.split_once('"').ok_or_else(wrong)?;
    let mut words = request.split(' ');
    let (method, path) = words.next().zip(words.next()).ok_or_else(wrong)?;
    let (status, bytes) = rest.trim().split_once(' ').ok_or_else(wrong)?;
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => Method::Other,
    };
    let class = match status.parse::<u16>().map_err(|_| wrong())? / 100 {
        2 => Some(Class::Success),
        3 => Some(Class::Redirect),
        4 => Some(Class::Client),
        5 => Some(Class::Server),
        _ => None,
    };
    // `-` is no body.
    Ok(Some(Entry { method, path, class, bytes: bytes.trim().parse().unwrap_or(0) }))
}

/// 1,080 series at most: the compiler multiplied them, and would refuse 10,001.
#[observed(
    labels(request(flatten): Request<'_> = entry.request()),
    counter(name = "log_requests_total", help = "Requests in the log.", labels(request)),
    span = false
)]
fn record(entry: &Entry<'_>, total: &mut u64) {
    *total += entry.bytes;
}

fn main() -> ExitCode {
    let text = match std::env::args_os().nth(1) {
        None => include_str!("access.log").to_owned(),
        Some(file) => match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("labels: cannot read `{}`: {error}", file.to_string_lossy());
                return ExitCode::FAILURE;
            }
        },
    };
    // What matters has its place, whatever else stands in the log.
    if let Err(full) = tallied::reserve("log_requests_total", "site", ["api", "img"]) {
        eprintln!("labels: {full}");
        return ExitCode::FAILURE;
    }
    let mut bytes = 0;
    for line in text.lines() {
        match parse(line) {
            Ok(Some(entry)) => record(&entry, &mut bytes),
            Ok(None) => {}
            Err(wrong) => eprintln!("{wrong}"),
        }
    }
    eprintln!("{} lines, {bytes} bytes", text.lines().count());
    for line in tallied::gather_metrics().lines().filter(|line| !line.ends_with(" 0")) {
        println!("{line}");
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_made_into_labels() {
        let line = r#"127.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET /img/logo.svg HTTP/1.1" 304 17"#;
        let entry = parse(line).unwrap().unwrap();
        assert_eq!(
            (entry.method, entry.class, entry.page()),
            (Method::Get, Some(Class::Redirect), Page::Asset(Asset::Image))
        );
        assert_eq!(entry.bytes, 17);
        assert_eq!(entry.request().site, "img");
        assert!(parse("nothing of the kind").is_err());
        assert!(parse("  ").unwrap().is_none());
        assert_eq!(parse(r#"- "BREW / HTCPCP" 999 -"#).unwrap().unwrap().class, None);
    }

    #[test]
    fn the_series_are_the_product() {
        assert_eq!(Request::CARDINALITY, 6 * 6 * 5 * 6);
    }

    #[test]
    fn the_whole_program_stays_under_two_thousand_series() {
        assert!(tallied::catalogue().series() <= 2_000, "{}", tallied::catalogue());
        // As the page about series says; without the feature there are none.
        #[cfg(feature = "metrics")]
        assert_eq!(tallied::catalogue().series(), 1_088);
    }
}
