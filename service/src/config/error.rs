//! What is wrong with a configuration, all of it.

use std::fmt;

/// Where it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In this file, in this line if it is known.
    File(String, Option<usize>),
    /// In the environment.
    Environment,
    /// In the program.
    Code,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: Place,
    key: String,
    value: Option<String>,
    why: String,
}

impl Problem {
    pub(super) fn new(place: Place, key: &str, value: Option<String>, why: impl Into<String>) -> Self {
        Problem { place, key: key.to_owned(), value, why: why.into() }
    }

    /// Where.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The key, or the name of the variable; empty for a whole file.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value, as far as it can be shown.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What is wrong with it, and what to do.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(file, Some(line)) => write!(f, "{file}:{line}: ")?,
            Place::File(file, None) => write!(f, "{file}: ")?,
            Place::Environment => f.write_str("environment: ")?,
            Place::Code => {}
        }
        if !self.key.is_empty() {
            write!(f, "`{}`", self.key)?;
            if let Some(value) = &self.value {
                write!(f, " is {value}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.why)
    }
}

/// What is wrong with a configuration.
///
/// `Debug` writes the same as `Display`: it is what a `main` that returns it shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn of(problems: Vec<Problem>) -> Self {
        ConfigError { problems }
    }

    pub(super) fn one(problem: Problem) -> Self {
        ConfigError::of(vec![problem])
    }

    pub(super) fn and(mut self, more: Vec<Problem>) -> Self {
        self.problems.extend(more);
        self
    }

    /// Each of it.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            f.write_str(if at > 0 { "\n" } else { "" })?;
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}
