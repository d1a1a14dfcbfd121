//! What a check finds.

use std::fmt;

use serde_json::Value;

use crate::text;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// As it should be.
    Healthy,
    /// It works, and not as it should.
    Degraded,
    /// It does not work.
    Unhealthy,
}

impl Status {
    /// In lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Healthy => "healthy",
            Status::Degraded => "degraded",
            Status::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a check finds: a status, why, and figures of its own.
///
/// Made from what checks like to return, too: `()` is healthy, `false` and an `Err` are unhealthy.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub(super) status: Status,
    pub(super) why: Option<String>,
    pub(super) figures: Vec<(String, Value)>,
}

impl Finding {
    fn new(status: Status, why: Option<String>) -> Self {
        Finding { status, why, figures: Vec::new() }
    }

    /// As it should be.
    #[must_use]
    pub fn healthy() -> Self {
        Finding::new(Status::Healthy, None)
    }

    /// It works, but.
    #[must_use]
    pub fn degraded(why: impl Into<String>) -> Self {
        Finding::new(Status::Degraded, Some(why.into()))
    }

    /// It does not work.
    #[must_use]
    pub fn unhealthy(why: impl Into<String>) -> Self {
        Finding::new(Status::Unhealthy, Some(why.into()))
    }

    /// A figure beside it: a number, a text, a truth value. `status` and `error` are the finding's own; figures that are called
    /// so are left out.
    #[must_use]
    pub fn figure(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        self.figures.retain(|(known, _)| *known != name);
        self.figures.push((name, value.into()));
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why it is not healthy.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// A figure.
    #[must_use]
    pub fn figure_of(&self, name: &str) -> Option<&Value> {
        self.figures.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// At least as bad as this.
    pub(super) fn at_least(&mut self, status: Status, why: impl FnOnce() -> String) {
        if status > self.status {
            (self.status, self.why) = (status, Some(why()));
        }
    }
}

impl From<()> for Finding {
    fn from((): ()) -> Self {
        Finding::healthy()
    }
}

impl From<bool> for Finding {
    fn from(is_healthy: bool) -> Self {
        Finding::new(if is_healthy { Status::Healthy } else { Status::Unhealthy }, None)
    }
}

impl<T: Into<Finding>, E: fmt::Display> From<Result<T, E>> for Finding {
    fn from(result: Result<T, E>) -> Self {
        result.map_or_else(|why| Finding::unhealthy(text::display(&why)), Into::into)
    }
}
