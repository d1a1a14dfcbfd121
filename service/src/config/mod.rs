//! What a service's configuration says of its observability: in code, from TOML, from the environment; whatever comes later
//! wins.
//!
//! ```
//! use tallied_service::config::Config;
//!
//! let config = Config::production()
//!     .merge_toml(
//!         r#"
//!             [log]
//!             level = "info"
//!             [apps.api]
//!             log_level = "debug"
//!             [requests]
//!             slow = "250ms"
//!         "#,
//!         "shop.toml",
//!     )?
//!     .merge_env("SHOP")?; // SHOP_LOG_LEVEL, SHOP_METRICS_ENABLED, …
//! assert_eq!(config.requests.slow, Some(Some(std::time::Duration::from_millis(250))));
//! # Ok::<(), tallied_service::config::ConfigError>(())
//! ```
//!
//! What it says has an effect where it is handed on: [`Config::logging`], [`Config::metrics`], [`Config::health`],
//! [`Config::endpoints`], [`Config::requests`], [`Config::trace`], [`Config::expose_runtime`].
//!
//! # Keys
//!
//! | key | value | unless it is said |
//! |---|---|---|
//! | `log.level` | directives: `info`, `shop=debug,info` | `RUST_LOG`, and `info` without that |
//! | `log.format` | `text`, `json`, `tree` | `text`; in production `json` |
//! | `log.lower_case_levels` | `true`, `false` | `false` |
//! | `log.output` | `stderr`, `stdout`, or the path of a file | `stderr` |
//! | `log.rotate` | `minute`, `hour`, `day`, `never`; for a file | `never` |
//! | `log.max_bytes` | a number of bytes at which the file is put aside | none |
//! | `log.keep` | how many that were put aside are kept | 10 |
//! | `log.queue` | how many lines wait for the file | 16,384 |
//! | `log.redact`, `log.show` | names of fields that are secret, or not, besides the usual ones | none |
//! | `apps.NAME.log_level`, `domains.NAME.log_level` | the level of what belongs to it | that of all |
//! | `metrics.enabled` | whether there is an exposition | `true` |
//! | `metrics.endpoint` | its path | `/metrics` |
//! | `metrics.include_runtime` | whether the process and tokio are among the metrics | `true` |
//! | `metrics.buckets.FAMILY` | bounds in the place of a histogram's own, at most as many | |
//! | `tracing.enabled` | whether traces are recorded, those of requests that come in so, too | `true` |
//! | `tracing.sampling_rate` | how much of the traces that begin here is recorded | 1; in production 0.1 |
//! | `requests.slow` | from how long on a request is told as slow: `100ms`, or `off` | `100ms` |
//! | `requests.access_log` | `off`, `fields`, `combined` | `off`; in production `fields` |
//! | `health.details` | `always`, `never` | `always`; in production `never` |
//! | `health.token` | whoever sends this bearer token sees details; goes before `health.details` | none |
//! | `health.uptime_key` | what the uptime is called | `uptime_seconds` |
//! | `health.checks.CHECK.limit` | how long a check may take: `500ms` | its own |
//! | `health.checks.CHECK.FIGURE.degraded_above`, `…unhealthy_above`, `…_below` | a threshold for a figure | its own |
//!
//! Of what is not said, the default stands, or what the program says in its code.
//!
//! Production's `health.details = "never"` goes before what the program says of [details](crate::http::Endpoints::details); a token
//! goes before both. In the environment a key is `PREFIX_` and its words in capitals, with `_` between them: `SHOP_LOG_LEVEL`; one that is empty says nothing. Keys with a name in
//! them are for TOML alone.

mod apply;
mod error;
mod keys;
mod value;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub use error::{ConfigError, Place, Problem};

use crate::http::Details;
use crate::logs::{Every, Format};
use crate::redact::Sensitive;
use value::Value;

/// All of it: see [the module](self) for the keys.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// What begins with `log`.
    pub log: Log,
    /// What begins with `metrics`.
    pub metrics: Metrics,
    /// What begins with `tracing`.
    pub tracing: Tracing,
    /// What begins with `requests`.
    pub requests: Requests,
    /// What begins with `health`.
    pub health: Health,
    /// Field (`app`, `domain`), value, level.
    pub levels: Vec<(String, String, String)>,
}

/// Logs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Log {
    /// Directives; `None` is `RUST_LOG`.
    pub level: Option<String>,
    /// How lines are written.
    pub format: Format,
    /// Levels in lower case.
    pub lower_case_levels: bool,
    /// Where lines go.
    pub output: LogOutput,
    /// When a file is put aside.
    pub rotate: Option<Every>,
    /// At how many bytes a file is put aside.
    pub max_bytes: Option<u64>,
    /// How many that were put aside are kept.
    pub keep: usize,
    /// How many lines wait for the file.
    pub queue: usize,
    /// Names of fields that are secret.
    pub redact: Vec<String>,
    /// Names of fields that are not.
    pub show: Vec<String>,
}

impl Default for Log {
    fn default() -> Self {
        Log {
            level: None,
            format: Format::Text,
            lower_case_levels: false,
            output: LogOutput::Stderr,
            rotate: None,
            max_bytes: None,
            keep: 10,
            queue: 16 * 1024,
            redact: Vec::new(),
            show: Vec::new(),
        }
    }
}

/// Where lines go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LogOutput {
    /// To standard error.
    #[default]
    Stderr,
    /// To standard output.
    Stdout,
    /// To a file.
    File(std::path::PathBuf),
}

/// Metrics.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// Whether there is an exposition.
    pub enabled: bool,
    /// Its path.
    pub endpoint: String,
    /// Whether the process and tokio are among them.
    pub include_runtime: bool,
    /// Bounds by family.
    pub buckets: BTreeMap<String, Vec<f64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { enabled: true, endpoint: "/metrics".into(), include_runtime: true, buckets: BTreeMap::new() }
    }
}

/// Traces.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tracing {
    /// Whether there are any that are recorded; `None` is what the layer says.
    pub enabled: Option<bool>,
    /// How much of those that begin here is recorded, from 0 to 1; `None` is what the layer says.
    pub sampling_rate: Option<f64>,
}

/// Requests.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Requests {
    /// From how long on one is told as slow, if any is; `None` is what the layer says.
    pub slow: Option<Option<Duration>>,
    /// The form of the access log; `None` is what the layer says.
    pub access_log: Option<AccessForm>,
}

/// The form of the access log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // as the keys have it
pub enum AccessForm {
    #[default]
    Off,
    Fields,
    Combined,
}

/// Health.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Health {
    /// Whether strangers see no details; `None` is what the endpoints say.
    pub hides_details: Option<bool>,
    /// Who shows this sees them.
    pub token: Option<Sensitive<String>>,
    /// What the uptime is called.
    pub uptime_key: Option<String>,
    /// What is said of checks, by name.
    pub checks: BTreeMap<String, Check>,
}

/// A check.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// How long it may take.
    pub limit: Option<Duration>,
    /// Thresholds, by figure.
    pub thresholds: BTreeMap<String, Limits>,
}

/// The thresholds of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)] // as the keys have it
pub struct Limits {
    pub degraded_above: Option<f64>,
    pub unhealthy_above: Option<f64>,
    pub degraded_below: Option<f64>,
    pub unhealthy_below: Option<f64>,
}

impl Health {
    fn details(&self) -> Option<Details> {
        match (&self.token, self.hides_details) {
            (Some(token), _) => Some(Details::Bearer(token.clone())),
            (None, Some(true)) => Some(Details::Never),
            (None, Some(false)) => Some(Details::Always),
            (None, None) => None,
        }
    }
}

impl Config {
    /// For a developer's machine: text, everything is told.
    #[must_use]
    pub fn new() -> Self {
        Config::default()
    }

    /// For machines: JSON, a line for each request, a tenth of the traces, details of health hidden from strangers.
    #[must_use]
    pub fn production() -> Self {
        let mut config = Config::default();
        config.log.format = Format::Json;
        config.requests.access_log = Some(AccessForm::Fields);
        config.tracing.sampling_rate = Some(0.1);
        config.health.hides_details = Some(true);
        config
    }

    /// With what a TOML text says. `file` is how errors call it.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, each with its key, its value and its line: keys that there are not, values that are none,
    /// and what is no TOML.
    pub fn merge_toml(self, text: &str, file: &str) -> Result<Self, ConfigError> {
        self.merge(value::of_toml(text, file)?)
    }

    /// With what one table of a TOML text says, `observability` say: for a file that has other things in it. A text without it
    /// says nothing.
    ///
    /// # Errors
    ///
    /// As [`merge_toml`](Self::merge_toml).
    pub fn merge_toml_table(self, text: &str, table: &str, file: &str) -> Result<Self, ConfigError> {
        let all = value::of_toml(text, file)?;
        if let Some((key, value)) = all.iter().find(|(key, _)| **key == [table]) {
            return Err(ConfigError::one(value.problem(&[&key[0]], "expected a table".into())));
        }
        let inside = |(mut key, value): (Vec<String>, Value)| {
            (key.len() > 1 && key[0] == table).then(|| (key.drain(1..).collect::<Vec<_>>(), value))
        };
        self.merge(all.into_iter().filter_map(inside).collect())
    }

    /// With what a TOML file says.
    ///
    /// # Errors
    ///
    /// As [`merge_toml`](Self::merge_toml), and a file that cannot be read.
    pub fn merge_file(self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let file = path.as_ref().display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => self.merge_toml(&text, &file),
            Err(why) => {
                Err(ConfigError::one(Problem::new(Place::File(file, None), "", None, format!("cannot be read: {why}"))))
            }
        }
    }

    /// With what the environment says by variables that begin with this prefix and `_`. Others that begin so are somebody
    /// else's, unless they are nearly one of ours.
    ///
    /// # Errors
    ///
    /// Values that are none, and variables that are nearly one of ours.
    pub fn merge_env(self, prefix: &str) -> Result<Self, ConfigError> {
        // What is no Unicode cannot be ours.
        self.merge_variables(
            prefix,
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        )
    }

    /// The same, with these variables.
    ///
    /// # Errors
    ///
    /// As [`merge_env`](Self::merge_env).
    pub fn merge_variables(
        self,
        prefix: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (mut said, mut problems) = (Vec::new(), Vec::new());
        for (name, text) in variables {
            // Whoever starts programs exports what is not set as empty.
            if text.trim().is_empty() {
                continue;
            }
            let Some(key) = name.strip_prefix(prefix.trim_end_matches('_')).and_then(|rest| rest.strip_prefix('_'))
            else {
                continue;
            };
            match keys::of_variable(key) {
                Ok(Some(key)) => said.push((key, Value::of_variable(text, &name))),
                Ok(None) => {}
                Err(nearly) => {
                    let why = format!("there is no such variable; did you mean `{prefix}_{nearly}`?");
                    problems.push(Problem::new(Place::Environment, &name, None, why));
                }
            }
        }
        // In one order, whatever the environment's.
        said.sort_by(|one, other| one.0.cmp(&other.0));
        match (self.merge(said), problems.is_empty()) {
            (config, true) => config,
            (Ok(_), false) => Err(ConfigError::of(problems)),
            (Err(more), false) => Err(more.and(problems)),
        }
    }

    fn merge(mut self, said: Vec<(Vec<String>, Value)>) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        for (key, value) in said {
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            if let Err(why) = keys::set(&mut self, &key, &value) {
                problems.push(value.problem(&key, why));
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(ConfigError::of(problems)) }
    }
}
