//! From what a configuration says to what it means.

use super::error::{ConfigError, Place, Problem};
use super::{AccessForm, Config, Limits, LogOutput};
use crate::health::{HealthBuilder, Threshold};
use crate::http::{Endpoint, Endpoints, Exposition};
use crate::logs::{File, Logging, To};
use crate::redact::Redaction;
use crate::requests::{AccessLog, RequestLayer, RequestMetrics};

impl Config {
    /// The logs that it asks for, before they begin.
    ///
    /// ```no_run
    /// # use tallied_service::config::Config;
    /// # let config = Config::production();
    /// let logs = config.logging().init()?;
    /// # Ok::<(), tallied_service::logs::LogsError>(())
    /// ```
    pub fn logging(&self) -> Logging {
        let log = &self.log;
        let to = match &log.output {
            LogOutput::Stderr => To::stderr(),
            LogOutput::Stdout => To::stdout(),
            LogOutput::File(path) => {
                let mut file = File::new(path).keep(log.keep);
                if let Some(every) = log.rotate {
                    file = file.every(every);
                }
                if let Some(most) = log.max_bytes {
                    file = file.at_bytes(most);
                }
                To::file(file).queue(log.queue)
            }
        };
        let redaction = log.redact.iter().fold(Redaction::default(), |redaction, name| redaction.and(name));
        let redaction = log.show.iter().fold(redaction, |redaction, name| redaction.allow(name));
        let mut logging = Logging::new().format(log.format).output(to).redaction(redaction);
        if log.lower_case_levels {
            logging = logging.lower_case_levels();
        }
        if let Some(level) = &log.level {
            logging = logging.filter(level);
        }
        self.levels.iter().fold(logging, |logging, (field, value, level)| logging.level_of(field, value, level))
    }

    /// What [`tallied::init_with`] is told.
    #[must_use]
    pub fn metrics(&self) -> tallied::Config {
        let config = tallied::Config::new().exposition(self.metrics.enabled);
        self.metrics.buckets.iter().fold(config, |config, (family, bounds)| config.bounds(family, bounds.clone()))
    }

    /// A health, with the limits and thresholds that are said of its checks.
    ///
    /// # Errors
    ///
    /// What is said of checks that there are not.
    pub fn health(&self, health: HealthBuilder) -> Result<HealthBuilder, ConfigError> {
        let known: Vec<String> = health.names().map(str::to_owned).collect();
        let unknown: Vec<_> = self.health.checks.keys().filter(|check| !known.contains(check)).collect();
        if !unknown.is_empty() {
            let why = |check: &&String| {
                let why = format!("there is no such check; there are {}", known.join(", "));
                Problem::new(Place::Code, &format!("health.checks.{check}"), None, why)
            };
            return Err(ConfigError::of(unknown.iter().map(why).collect()));
        }
        let mut health = health;
        if let Some(key) = &self.health.uptime_key {
            health = health.uptime_key(key);
        }
        for (name, check) in &self.health.checks {
            if let Some(limit) = check.limit {
                health = health.limit(name, limit);
            }
            for (figure, limits) in &check.thresholds {
                health = health.threshold(name, figure, limits.threshold());
            }
        }
        Ok(health)
    }

    /// The endpoints, with the exposition at its path and details for whom they are.
    #[must_use]
    pub fn endpoints(&self, endpoints: Endpoints) -> Endpoints {
        let endpoints = endpoints.details(self.health.details());
        if self.metrics.endpoint == "/metrics" {
            return endpoints;
        }
        let before = endpoints.paths().find(|(path, _)| *path == "/metrics").map(|(_, endpoint)| endpoint.clone());
        let exposition = before.unwrap_or_else(|| Endpoint::Metrics(Exposition::new()));
        endpoints.without("/metrics").at(&self.metrics.endpoint, exposition)
    }

    /// What it says of requests.
    #[must_use]
    pub fn requests<M: RequestMetrics>(&self, layer: RequestLayer<M>) -> RequestLayer<M> {
        let access = match self.requests.access_log {
            AccessForm::Off => AccessLog::Off,
            AccessForm::Fields => AccessLog::Fields,
            AccessForm::Combined => AccessLog::Combined,
        };
        let sampled = if self.tracing.enabled { self.tracing.sampling_rate } else { 0.0 };
        layer.slow(self.requests.slow).access_log(access).sampled(sampled)
    }

    /// Exposes the process, and the runtime that this runs in, if they are to be among the metrics.
    #[cfg(feature = "process")]
    pub fn expose_runtime(&self) {
        if !self.metrics.include_runtime {
            return;
        }
        crate::process::expose();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // A second call finds it exposed.
            let _ = crate::process::expose_runtime("main", &runtime);
        }
    }
}

impl Limits {
    fn threshold(&self) -> Threshold {
        let above = Threshold::above(self.degraded_above, self.unhealthy_above);
        above.or(Threshold::below(self.degraded_below, self.unhealthy_below))
    }
}
