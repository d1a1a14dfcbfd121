//! What all checks together say, and its JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Finding, Status};

/// How an application within a service is: a word, and perhaps a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppStatus {
    word: Cow<'static, str>,
    version: Option<String>,
    is_failed: bool,
}

impl AppStatus {
    /// `running`.
    #[must_use]
    pub fn running() -> Self {
        AppStatus::other("running")
    }

    /// `failed`: the service is degraded by it.
    #[must_use]
    pub fn failed() -> Self {
        AppStatus { is_failed: true, ..AppStatus::other("failed") }
    }

    /// Any other word, such as `starting` or `stopped`; the service is well all the same.
    #[must_use]
    pub fn other(word: impl Into<Cow<'static, str>>) -> Self {
        AppStatus { word: word.into(), version: None, is_failed: false }
    }

    /// What runs there.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

impl Serialize for AppStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &self.word)?;
        if let Some(version) = &self.version {
            map.serialize_entry("version", version)?;
        }
        map.end()
    }
}

/// What was found when somebody asked. As JSON (`serde_json::to_string`):
///
/// ```json
/// {"status": "healthy", "version": "0.5.0", "uptime_seconds": 86400,
///  "checks": {"database": {"status": "healthy", "connections_active": 5}},
///  "apps": {"marketing": {"status": "running", "version": "abc1234"}}}
/// ```
///
/// A check that is not healthy says why as `error`, if it knows; a service that starts or shuts down says so as `reason`. `version` and
/// `apps` are there if there are any.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    status: Status,
    reason: Option<&'static str>,
    version: Option<String>,
    uptime_key: String,
    uptime: Duration,
    checks: Vec<(String, Finding)>,
    apps: BTreeMap<String, AppStatus>,
}

impl Report {
    pub(super) fn new<'a>(
        found: impl Iterator<Item = (&'a str, bool, Finding)>,
        apps: BTreeMap<String, AppStatus>,
        reason: Option<&'static str>,
        (version, uptime_key, uptime): (Option<String>, String, Duration),
    ) -> Self {
        let mut status = if reason.is_some() { Status::Unhealthy } else { Status::Healthy };
        if apps.values().any(|app| app.is_failed) {
            status = status.max(Status::Degraded);
        }
        let mut checks = Vec::new();
        for (name, is_critical, finding) in found {
            status = status.max(if is_critical { finding.status } else { finding.status.min(Status::Degraded) });
            checks.push((name.to_owned(), finding));
        }
        Report { status, reason, version, uptime_key, uptime, checks, apps }
    }

    /// Whether a key is one of the report's own: the uptime cannot be called so.
    #[must_use]
    pub fn has_key(key: &str) -> bool {
        ["status", "reason", "version", "checks", "apps"].contains(&key)
    }

    /// The worst of it: a critical check counts as it is, an optional one makes the service degraded at most.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether it should be sent requests: it is not unhealthy.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.status != Status::Unhealthy
    }

    /// Why it is unhealthy though no check says so.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason
    }

    /// What each check found, in the order in which they were given.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &Finding)> {
        self.checks.iter().map(|(name, finding)| (&**name, finding))
    }

    /// What one check found.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Finding> {
        self.checks().find(|(known, _)| *known == name).map(|(_, finding)| finding)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", self.status.as_str())?;
        if let Some(reason) = self.reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Some(version) = &self.version {
            map.serialize_entry("version", version)?;
        }
        // No key stands twice.
        let uptime_key = if Report::has_key(&self.uptime_key) { UPTIME } else { &self.uptime_key };
        map.serialize_entry(uptime_key, &self.uptime.as_secs())?;
        map.serialize_entry("checks", &Checks(&self.checks))?;
        if !self.apps.is_empty() {
            map.serialize_entry("apps", &self.apps)?;
        }
        map.end()
    }
}

/// What the uptime is called unless somebody says otherwise.
pub(super) const UPTIME: &str = "uptime_seconds";

struct Checks<'a>(&'a [(String, Finding)]);

impl Serialize for Checks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, finding)| (name, finding)))
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", self.status.as_str())?;
        if let Some(why) = &self.why {
            map.serialize_entry("error", why)?;
        }
        for (name, value) in self.figures.iter().filter(|(name, _)| name != "status" && name != "error") {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
