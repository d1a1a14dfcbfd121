//! Pushing to a Pushgateway, for jobs that end before anybody scrapes them.
//!
//! ```no_run
//! use tallied::push::Push;
//!
//! Push::to("http://127.0.0.1:9091").job("nightly").grouping("instance", "db 1").replace()?;
//! # Ok::<(), tallied::push::PushError>(())
//! ```

use std::error::Error;
use std::fmt::{self, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::encode::{Format, encode};

/// Where and under which labels something is pushed: see [`Push::to`].
#[derive(Clone)]
#[must_use = "nothing is pushed before `replace` or `add`"]
pub struct Push {
    gateway: String,
    job: String,
    grouping: Vec<(String, String)>,
    timeout: Duration,
}

impl Push {
    /// To the Pushgateway at this address, such as `http://127.0.0.1:9091`, as the job `job`. `https` is not spoken. The proxy that
    /// the environment names (`HTTP_PROXY`) is asked.
    pub fn to(gateway: impl Into<String>) -> Self {
        Push { gateway: gateway.into(), job: "job".to_owned(), grouping: Vec::new(), timeout: Duration::from_secs(10) }
    }

    /// As this job, the first label of the group.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = job.into();
        self
    }

    /// With one more label of the group, which is on every series of the push, in the place of one of that name that the
    /// series has. What is pushed with the same group later
    /// takes its place.
    pub fn grouping(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.grouping.push((label.into(), value.into()));
        self
    }

    /// How long a push may take at most, 10 seconds if nobody says more, and a day at most.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(Duration::from_secs(86_400));
        self
    }

    /// Pushes every family, in the place of all that the group has.
    ///
    /// Blocks until the gateway has answered: in `async` code, do it in a thread where that is allowed.
    ///
    /// # Errors
    ///
    /// The address or a label is none, the gateway is away or takes too long, or it refuses: see [`PushError`].
    pub fn replace(&self) -> Result<(), PushError> {
        self.send("PUT")
    }

    /// Pushes every family, in the place of those families that the group has; others of it stay.
    ///
    /// # Errors
    ///
    /// As [`replace`](Push::replace).
    pub fn add(&self) -> Result<(), PushError> {
        self.send("POST")
    }

    /// Deletes all that the group has.
    ///
    /// # Errors
    ///
    /// As [`replace`](Push::replace).
    pub fn delete(&self) -> Result<(), PushError> {
        self.send("DELETE")
    }

    fn send(&self, method: &str) -> Result<(), PushError> {
        let url = self.url()?;
        let mut body = Vec::new();
        if method != "DELETE" {
            encode(Format::Text, &mut body);
            // It would take the place of what is there.
            if body.is_empty() {
                return Err(PushError::Nothing { url: shown(&self.gateway) });
            }
        }
        let config = ureq::Agent::config_builder().timeout_global(Some(self.timeout)).http_status_as_error(false);
        // An answer from elsewhere is not the gateway's.
        let config = config.max_redirects(0).max_redirects_will_error(false).build();
        let request = ureq::http::Request::builder().method(method).uri(&url);
        let request = request.header("Content-Type", Format::Text.content_type()).body(body);
        let unreachable = |why: String| PushError::Unreachable { url: shown(&url), why };
        let request = request.map_err(|error| PushError::Address { url: shown(&url), why: error.to_string() })?;
        let answer = ureq::Agent::new_with_config(config).run(request);
        let mut answer = answer.map_err(|error| unreachable(error.to_string()))?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(());
        }
        // What it says is told, but not a whole page of a proxy.
        let said = answer.body_mut().with_config().limit(64 * 1024).read_to_string().unwrap_or_default();
        Err(PushError::Refused { url: shown(&url), status, said: said.trim().chars().take(500).collect() })
    }

    /// Source: <https://github.com/prometheus/pushgateway#url>.
    fn url(&self) -> Result<String, PushError> {
        let gateway = self.gateway.trim_end_matches('/');
        let wrong = |why: &str| Err(PushError::Address { url: shown(&self.gateway), why: why.to_owned() });
        if !gateway.starts_with("http://") || gateway.len() == "http://".len() {
            return wrong("it must begin with `http://` and name a host");
        }
        if gateway.contains(['?', '#']) {
            return wrong("it has a query or a fragment, and the group stands at its end");
        }
        if self.job.is_empty() {
            return wrong("the job has no name");
        }
        let mut url = format!("{gateway}/metrics");
        let job = [("job".to_owned(), self.job.clone())];
        for (at, (label, value)) in job.iter().chain(&self.grouping).enumerate() {
            let mut letters = label.chars();
            let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
            if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') || label.starts_with("__") {
                return wrong(&format!("`{label}` is no name of a label"));
            }
            if label == "le" || label == "quantile" {
                return wrong(&format!("the label `{label}` belongs to the format"));
            }
            if job.iter().chain(&self.grouping).take(at).any(|(earlier, _)| earlier == label) {
                return wrong(&format!("the label `{label}` stands twice"));
            }
            // Base64 takes any text; one sign of equality is the empty one.
            let _ = write!(
                url,
                "/{label}@base64/{}",
                if value.is_empty() { "=".to_owned() } else { URL_SAFE_NO_PAD.encode(value) }
            );
        }
        Ok(url)
    }
}

/// Without the name and the password that may stand in it.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.find('/').unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://…@{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Push { gateway, job, grouping, timeout } = self;
        let mut debug = f.debug_struct("Push");
        debug.field("gateway", &shown(gateway)).field("job", job).field("grouping", grouping);
        debug.field("timeout", timeout).finish()
    }
}

/// Why nothing was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The address is none, or a label of the group.
    Address {
        /// The address.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// There is nothing to push: the exposition is switched off, or the program has no family.
    Nothing {
        /// The address.
        url: String,
    },
    /// Nobody answered in time.
    Unreachable {
        /// What was asked.
        url: String,
        /// What the connection said.
        why: String,
    },
    /// The gateway did not take it.
    Refused {
        /// What was asked.
        url: String,
        /// The status of HTTP: 400 where what is pushed contradicts what is there.
        status: u16,
        /// What it said.
        said: String,
    },
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::Address { url, why } => write!(f, "cannot push to `{url}`: {why}"),
            PushError::Nothing { url } => {
                write!(f, "nothing to push to `{url}`: the exposition is switched off, or there is no family")
            }
            PushError::Unreachable { url, why } => {
                write!(f, "no Pushgateway answered at `{url}` ({why}); is it running, and is the address right?")
            }
            PushError::Refused { url, status, said } => {
                write!(f, "the Pushgateway at `{url}` refused the push with {status}: {said}")
            }
        }
    }
}

impl Error for PushError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stands_in_the_address_whatever_its_values_are() {
        let url = |push: Push| push.url().unwrap();
        assert_eq!(url(Push::to("http://h:9091/").job("a/b")), "http://h:9091/metrics/job@base64/YS9i");
        let push = Push::to("http://h/sub").job("j").grouping("instance", "").grouping("path", "/var/tmp");
        // The example of the documentation.
        assert_eq!(url(push), "http://h/sub/metrics/job@base64/ag/instance@base64/=/path@base64/L3Zhci90bXA");
        assert_eq!(url(Push::to("http://h").job("größe??>")), "http://h/metrics/job@base64/Z3LDtsOfZT8_Pg");
        assert_eq!(shown("http://u:secret@h:1/metrics/a@b"), "http://…@h:1/metrics/a@b");
        assert!(!format!("{:?}", Push::to("http://u:secret@h")).contains("secret"));
        for (gateway, job, label) in [
            ("h:9091", "j", "a"),
            ("http://", "j", "a"),
            ("http://h", "", "a"),
            ("http://h", "j", "a-b"),
            ("https://h", "j", "a"),
            ("http://h?x=1", "j", "a"),
            ("http://h#x", "j", "a"),
            ("http://h", "j", "le"),
            ("http://h", "j", "job"),
        ] {
            let wrong = Push::to(gateway).job(job).grouping(label, "x").url();
            assert!(matches!(wrong, Err(PushError::Address { .. })), "{gateway} {job} {label}");
        }
    }
}
