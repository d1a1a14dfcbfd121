//! Logs that say where they belong.
//!
//! [`init_tracing`] at the top of `main` is enough for a start; [`init_tracing_with_config`] makes them JSON; [`Logging`] has
//! everything else: files, levels for each application, a tree for each request, names of secrets.
//!
//! ```
//! use tallied_service::logs::{TracingConfig, init_tracing_with_config};
//!
//! init_tracing_with_config(TracingConfig { env_filter: Some("shop=info,warn".to_string()), json_format: true })?;
//! tracing::info!(items = 3, "cart paid");
//! # Ok::<(), tallied_service::logs::LogsError>(())
//! ```
//!
//! One layer makes all lines, so all formats have the same fields, ids and redaction. Fields with a secret name are written as
//! `[redacted]` (see [`Redaction`]); of what a message says nothing is known, so say secrets in fields, or not at all.

mod bridge;
mod depth;
mod format;
mod layer;
mod levels;
pub(crate) mod output;
mod record;
mod tree;

use std::fmt;
use std::sync::Arc;

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

pub use format::Format;
pub use output::{Every, File, OutputError, To};

use crate::redact::Redaction;
use layer::Lines;
use levels::{Levels, Wanted};
use output::Output;

/// What [`init_tracing_with_config`] is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracingConfig {
    /// Directives, as `zart=debug,info`; the variable `RUST_LOG` of the environment if `None`, and `info` without that. See
    /// `tracing_subscriber::EnvFilter`.
    pub env_filter: Option<String>,
    /// One JSON object a line; else text.
    pub json_format: bool,
}

/// Text on standard error, what `RUST_LOG` asks for and else `info`. Once, at the top of `main`.
///
/// Each line is written before the call that logs it goes on, so there is nothing to flush at the end.
///
/// # Errors
///
/// Directives that are none, and a second call: see [`LogsError`].
pub fn init_tracing() -> Result<(), LogsError> {
    init_tracing_with_config(TracingConfig::default())
}

/// The same, with a filter and a format.
///
/// # Errors
///
/// As [`init_tracing`].
#[allow(clippy::needless_pass_by_value)] // it reads as a call with names
pub fn init_tracing_with_config(config: TracingConfig) -> Result<(), LogsError> {
    let mut logging = Logging::new();
    if let Some(filter) = &config.env_filter {
        logging = logging.filter(filter);
    }
    if config.json_format {
        logging = logging.format(Format::Json);
    }
    // Nothing is queued, so there is nothing to be closed.
    logging.init().map(drop)
}

/// Logs cannot be as they should.
///
/// `Debug` writes the same as `Display`: it is what a `main` that returns it shows.
#[non_exhaustive]
pub enum LogsError {
    /// These directives are invalid, because of this.
    Filter(String, String),
    /// This is no level.
    Level(String),
    /// There is a subscriber already.
    Again,
    /// Where they should go.
    Output(OutputError),
}

impl fmt::Display for LogsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogsError::Filter(directives, why) => {
                write!(
                    f,
                    "invalid log filter {directives:?} (by the program or `RUST_LOG`): {why}; write `info`, or `target=level,level`"
                )
            }
            LogsError::Level(level) => {
                write!(f, "{level:?} is no level: write `error`, `warn`, `info`, `debug`, `trace` or `off`")
            }
            LogsError::Again => {
                f.write_str("there is a tracing subscriber already; set up logs once, at the top of `main`")
            }
            LogsError::Output(why) => why.fmt(f),
        }
    }
}

impl fmt::Debug for LogsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Its text has the cause in it.
impl std::error::Error for LogsError {}

/// Builds logs of every kind.
///
/// ```no_run
/// use tallied_service::logs::{Every, File, Format, Logging, To};
///
/// let logs = Logging::new()
///     .filter("info,hyper=warn")
///     .format(Format::Json)
///     .level_of("app", "marketing", "debug")
///     .output(To::file(File::new("logs/shop.log").every(Every::Day).keep(14)))
///     .init()?;
/// // …
/// logs.shut_down(); // or a drop: what waits is written
/// # Ok::<(), tallied_service::logs::LogsError>(())
/// ```
#[derive(Debug)]
#[must_use = "logs begin with `init`"]
pub struct Logging {
    filter: Option<String>,
    format: Format,
    is_lower: bool,
    to: To,
    redaction: Redaction,
    levels: Vec<(String, String, String)>,
}

impl Default for Logging {
    fn default() -> Self {
        Logging::new()
    }
}

impl Logging {
    /// As [`init_tracing`] has it.
    pub fn new() -> Self {
        Logging {
            filter: None,
            format: Format::Text,
            is_lower: false,
            to: To::stderr(),
            redaction: Redaction::default(),
            levels: Vec::new(),
        }
    }

    /// Directives in the place of those of `RUST_LOG`.
    pub fn filter(mut self, directives: &str) -> Self {
        self.filter = Some(directives.to_owned());
        self
    }

    /// How lines are written.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Levels are written in lower case.
    pub fn lower_case_levels(mut self) -> Self {
        self.is_lower = true;
        self
    }

    /// Where lines go.
    pub fn output(mut self, to: To) -> Self {
        self.to = to;
        self
    }

    /// Which fields are secret.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// The level of what belongs to an application, a domain, a tenant: of the events that have the field, and of all in a span
    /// that has it.
    pub fn level_of(mut self, field: &str, value: &str, level: &str) -> Self {
        self.levels.push((field.to_owned(), value.to_owned(), level.to_owned()));
        self
    }

    /// Begins.
    ///
    /// # Errors
    ///
    /// See [`LogsError`]. The subscriber that there is stays then.
    pub fn init(self) -> Result<Logs, LogsError> {
        let (logs, dispatch) = self.build()?;
        tracing::dispatcher::set_global_default(dispatch).map_err(|_| LogsError::Again)?;
        bridge::build();
        Ok(logs)
    }

    /// The same, for a part of a program or a test: `tracing::dispatcher::with_default` makes it the one that is asked.
    ///
    /// # Errors
    ///
    /// See [`LogsError`].
    pub fn build(self) -> Result<(Logs, Dispatch), LogsError> {
        let (logs, layer) = self.layer()?;
        Ok((logs, Dispatch::new(Registry::default().with(layer))))
    }

    /// The same as a layer, for a program that puts a subscriber together: beside an exporter of spans, say.
    ///
    /// # Errors
    ///
    /// See [`LogsError`].
    pub fn layer<S>(self) -> Result<(Logs, impl tracing_subscriber::Layer<S> + use<S>), LogsError>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        let levels = self.levels.iter().map(|(field, value, name)| Ok((field.clone(), value.clone(), level(name)?)));
        let levels = levels.collect::<Result<_, LogsError>>()?;
        let from_environment = || std::env::var("RUST_LOG").ok().filter(|directives| !directives.trim().is_empty());
        let filter = self.filter.or_else(from_environment).unwrap_or_else(|| "info".into());
        let levels = Arc::new(Levels::new(&filter, levels)?);
        let is_coloured = self.to.is_terminal() && self.format != Format::Json;
        let output = Arc::new(self.to.open().map_err(LogsError::Output)?);
        let style = format::Style { format: self.format, is_lower: self.is_lower, is_coloured };
        let lines = Lines::new(self.redaction, style, output.clone(), levels.clone());
        let layer = lines.with_filter(Wanted(levels.clone()));
        Ok((Logs { inner: Arc::new(Inner { levels, output }) }, layer))
    }
}

/// Whether a filter can be made of directives.
#[cfg(feature = "config")]
pub(crate) fn is_filter(directives: &str) -> bool {
    Levels::new(directives, Vec::new()).is_ok()
}

fn level(name: &str) -> Result<LevelFilter, LogsError> {
    name.trim().parse().map_err(|_| LogsError::Level(name.to_owned()))
}

/// The logs of a program while it runs. When the last clone is dropped, what waits is written, and later lines are written at
/// once.
#[derive(Clone)]
#[must_use = "queued lines are written when this is dropped, and later ones at once: keep it until the end of `main`"]
pub struct Logs {
    inner: Arc<Inner>,
}

struct Inner {
    levels: Arc<Levels>,
    output: Arc<Output>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.output.close();
    }
}

impl Logs {
    /// Other directives from now on.
    ///
    /// # Errors
    ///
    /// Directives that are none; those before stay.
    pub fn set_filter(&self, directives: &str) -> Result<(), LogsError> {
        self.inner.levels.set_filter(directives)
    }

    /// The level of an application from now on: see [`Logging::level_of`]. The fields `app` and `domain`, and those that some level
    /// was asked by before, are known of spans that are open; any other field of those that begin from now on.
    ///
    /// # Errors
    ///
    /// What is no level; the one before stays.
    pub fn set_level_of(&self, field: &str, value: &str, name: &str) -> Result<(), LogsError> {
        self.inner.levels.set_level_of(field, value, Some(level(name)?));
        Ok(())
    }

    /// An application has the level of all others again.
    pub fn clear_level_of(&self, field: &str, value: &str) {
        self.inner.levels.set_level_of(field, value, None);
    }

    /// Comes back when every line before it is written. Waits for the file, so not for a task among others.
    pub fn flush(&self) {
        self.inner.output.flush();
    }

    /// Comes back when every line before it is written. Later lines are written at once.
    pub fn shut_down(&self) {
        self.inner.output.close();
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}
