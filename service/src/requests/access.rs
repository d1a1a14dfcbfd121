//! A line for each request.

use std::fmt::Write as _;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Version, header};

use super::Ended;

/// The form of the access log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum AccessLog {
    /// None.
    #[default]
    Off,
    /// An event with the target `access` at `INFO`, whose fields are those of the request: one JSON object where logs are JSON.
    Fields,
    /// The same, but its message is a line of the combined form of web servers.
    Combined,
    /// Lines of the combined form, and nothing else, where these [opened](AccessFile::open) lines go.
    #[cfg(feature = "logs")]
    File(AccessFile),
}

/// Where an access log goes that is apart from the other logs. Cheap to clone; when the last clone is dropped, what waits is
/// written.
#[cfg(feature = "logs")]
#[derive(Clone)]
pub struct AccessFile(std::sync::Arc<Opened>);

#[cfg(feature = "logs")]
struct Opened(crate::logs::output::Output);

#[cfg(feature = "logs")]
impl Drop for Opened {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(feature = "logs")]
impl AccessFile {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// What cannot be written: see [`OutputError`](crate::logs::OutputError).
    pub fn open(to: crate::logs::To) -> Result<Self, crate::logs::OutputError> {
        to.open().map(|output| AccessFile(std::sync::Arc::new(Opened(output))))
    }

    /// Comes back when every line before it is written.
    pub fn flush(&self) {
        self.0.0.flush();
    }
}

#[cfg(feature = "logs")]
impl std::fmt::Debug for AccessFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessFile").finish_non_exhaustive()
    }
}

/// What a line says of the request's head.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    version: Version,
    referer: Option<String>,
    user_agent: Option<String>,
    pub(super) remote: Option<String>,
}

impl Head {
    pub(super) fn of(request: &Parts, remote: Option<String>) -> Self {
        let header = |headers: &HeaderMap, name| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(512).collect::<String>())
        };
        Head {
            // Anybody can make one up.
            method: request.method.as_str().chars().take(32).collect(),
            // What is asked behind it may be anybody's secret.
            path: request.uri.path().chars().take(2048).collect(),
            version: request.version,
            referer: header(&request.headers, header::REFERER).map(|referer| without_query(&referer)),
            user_agent: header(&request.headers, header::USER_AGENT),
            remote,
        }
    }
}

/// Without what is asked there, and without a name and a password before the host.
fn without_query(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

impl AccessLog {
    /// Says it. In the span and the scope of the request.
    pub(super) fn tell(&self, head: &Head, ended: &Ended<'_>, user: Option<&str>) {
        match self {
            AccessLog::Off => {}
            AccessLog::Fields => tracing::info!(
                target: "access",
                method = head.method,
                path = head.path,
                route = ended.route(),
                status = Said(ended).code(),
                outcome = Said(ended).outcome(),
                duration_ms = millis(ended.elapsed()),
                request_bytes = ended.request_bytes(),
                response_bytes = ended.response_bytes(),
                remote = head.remote,
                user_id = user,
                user_agent = head.user_agent,
                "request completed"
            ),
            AccessLog::Combined => tracing::info!(target: "access", "{}", combined(head, ended, user)),
            #[cfg(feature = "logs")]
            AccessLog::File(file) => file.0.0.write((combined(head, ended, user) + "\n").as_bytes()),
        }
    }
}

struct Said<'a>(&'a Ended<'a>);

impl Said<'_> {
    fn code(&self) -> Option<u16> {
        if let super::Outcome::Answered(status) = self.0.outcome() { Some(status.as_u16()) } else { None }
    }

    /// Why there is no code.
    fn outcome(&self) -> Option<&str> {
        self.code().is_none().then(|| self.0.status())
    }
}

/// Milliseconds with two digits behind the point: no more of them is true.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}

/// `203.0.113.9 - ada [22/Nov/2026:04:28:57 +0000] "GET /about HTTP/1.1" 200 5316 "https://example.org/" "curl/8"`, as Apache
/// describes it (<https://httpd.apache.org/docs/current/logs.html#combined>). A request without an answer has the status 499
/// if its client went away, and 500 if not: the form has a number there.
fn combined(head: &Head, ended: &Ended<'_>, user: Option<&str>) -> String {
    let status = match ended.outcome() {
        super::Outcome::Answered(status) => status.as_u16(),
        super::Outcome::Cancelled => 499,
        super::Outcome::Failed | super::Outcome::Panicked => 500,
    };
    let at = jiff::Timestamp::now().strftime("%d/%b/%Y:%H:%M:%S +0000");
    let mut line = String::with_capacity(160);
    bare(head.remote.as_deref(), &mut line);
    line.push_str(" - ");
    bare(user, &mut line);
    let _ = write!(line, " [{at}] \"");
    quoted(&head.method, &mut line);
    line.push(' ');
    quoted(&head.path, &mut line);
    let _ = write!(line, " {:?}\" {status} ", head.version);
    match ended.response_bytes() {
        0 => line.push('-'),
        bytes => _ = write!(line, "{bytes}"),
    }
    for header in [&head.referer, &head.user_agent] {
        line.push_str(" \"");
        quoted(header.as_deref().unwrap_or("-"), &mut line);
        line.push('"');
    }
    line
}

/// A word: what would end it is escaped.
fn bare(word: Option<&str>, line: &mut String) {
    match word {
        None | Some("") => line.push('-'),
        Some(word) => word.chars().for_each(|c| if c.is_whitespace() { line.push('_') } else { escaped(c, line) }),
    }
}

fn quoted(text: &str, line: &mut String) {
    text.chars().for_each(|c| escaped(c, line));
}

/// As Apache escapes what comes from outside.
fn escaped(c: char, line: &mut String) {
    match c {
        '"' | '\\' => line.extend(['\\', c]),
        '\n' => line.push_str("\\n"),
        '\r' => line.push_str("\\r"),
        '\t' => line.push_str("\\t"),
        c if c.is_control() => {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
        c => line.push(c),
    }
}
