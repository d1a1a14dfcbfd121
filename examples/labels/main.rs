//! Counts the requests of an access log by what is known of them beforehand: method, kind of page, class of the answer.
//!
//! `cargo run --example labels -- FILE` reads a log in the common format, `cargo run --example labels` the one beside this
//! file. Paths and addresses are open-ended, so they are no labels; what they are made into is.

use std::process::ExitCode;

use tallied::{Label, observed};

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

struct Entry<'a> {
    method: Method,
    path: &'a str,
    /// `None` for a number that is no status.
    class: Option<Class>,
    bytes: u64,
}

impl Entry<'_> {
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

/// One line of the log. Malformed ones are errors, and counted so.
#[observed(step_name)]
fn parse(line: &str) -> Result<Entry<'_>, String> {
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
    Ok(Entry { method, path, class, bytes: bytes.trim().parse().unwrap_or(0) })
}

/// 6 methods × 6 pages × 5 classes = 180 series: the compiler multiplied them, and would refuse 10,001.
#[observed(
    labels(method: Method = entry.method, page: Page = entry.page(), class: Option<Class> = entry.class),
    counter(name = "log_requests_total", help = "Requests in the log.", labels(method, page, class)),
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
    let mut bytes = 0;
    for line in text.lines() {
        match parse(line) {
            Ok(entry) => record(&entry, &mut bytes),
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
        let entry = parse(line).unwrap();
        assert_eq!(
            (entry.method, entry.class, entry.page()),
            (Method::Get, Some(Class::Redirect), Page::Asset(Asset::Image))
        );
        assert_eq!(entry.bytes, 17);
        assert!(parse("nothing of the kind").is_err());
        assert_eq!(parse(r#"- "BREW / HTCPCP" 999 -"#).unwrap().class, None);
    }

    #[test]
    fn the_series_are_the_product() {
        assert_eq!(Method::CARDINALITY * Page::CARDINALITY * Option::<Class>::CARDINALITY, 6 * 6 * 5);
    }
}
