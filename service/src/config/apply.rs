//! From what a configuration says to what it means.

use super::error::{ConfigError, Place, Problem};
use super::{AccessForm, Config, Limits, LogOutput};
use crate::correlation::TraceContext;
use crate::health::{HealthBuilder, Threshold};
use crate::http::{Endpoint, Endpoints, Exposition};
use crate::logs::{File, Logging, To};
use crate::redact::Redaction;
use crate::requests::{AccessLog, RequestLayer, RequestMetrics};

/// Where the exposition is unless somebody says otherwise.
const METRICS: &str = "/metrics";

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

    /// The endpoints, with the exposition at its path and details for whom they are. Of what is not said, the endpoints stay as
    /// they are.
    ///
    /// # Errors
    ///
    /// A path for the exposition at which something else is answered.
    pub fn endpoints(&self, endpoints: Endpoints) -> Result<Endpoints, ConfigError> {
        let endpoints = match self.health.details() {
            Some(details) => endpoints.details(details),
            None => endpoints,
        };
        let wanted = &self.metrics.endpoint;
        if wanted == METRICS {
            return Ok(endpoints);
        }
        let at = |path: &str| endpoints.paths().find(|(known, _)| *known == path).map(|(_, endpoint)| endpoint.clone());
        if at(wanted).is_some() {
            let why = "something else is answered there; name another path";
            return Err(ConfigError::one(Problem::new(
                Place::Code,
                "metrics.endpoint",
                Some(format!("{wanted:?}")),
                why,
            )));
        }
        let exposition = at(METRICS).unwrap_or_else(|| Endpoint::Metrics(Exposition::new()));
        Ok(endpoints.without(METRICS).at(wanted, exposition))
    }

    /// What it says of requests. Of what is not said, the layer stays as it is.
    #[must_use]
    pub fn requests<M: RequestMetrics>(&self, mut layer: RequestLayer<M>) -> RequestLayer<M> {
        if let Some(form) = self.requests.access_log {
            layer = layer.access_log(match form {
                AccessForm::Off => AccessLog::Off,
                AccessForm::Fields => AccessLog::Fields,
                AccessForm::Combined => AccessLog::Combined,
            });
        }
        if let Some(slow) = self.requests.slow {
            layer = layer.slow(slow);
        }
        if let Some(share) = self.tracing.sampling_rate {
            layer = layer.sampled(share);
        }
        // After the rate: nothing is recorded then.
        match self.tracing.enabled {
            Some(is_on) => layer.recorded(is_on),
            None => layer,
        }
    }

    /// A trace that begins here, recorded or not as the configuration says: for work that no request brings.
    #[must_use]
    pub fn trace(&self) -> TraceContext {
        let is_on = self.tracing.enabled.unwrap_or(true);
        TraceContext::sampled(if is_on { self.tracing.sampling_rate.unwrap_or(1.0) } else { 0.0 })
    }

    /// Exposes the process, and the runtime that this runs in under the name `main`, if they are to be among the metrics. Outside of a
    /// runtime, the process alone.
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
