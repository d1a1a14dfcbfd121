//! A value as it was said, and where.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, Problem};
use crate::redact::REDACTED;
use crate::redact::Redaction;

/// What a key is said to be.
#[derive(Clone, Debug)]
pub(super) struct Value {
    said: Said,
    place: Place,
    /// As errors call the key, if that is not its words with dots.
    name: Option<String>,
}

#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Said>),
    /// Nothing that any key takes.
    Other(String),
}

impl Said {
    fn shown(&self) -> String {
        match self {
            Said::Text(text) => format!("{text:?}"),
            Said::Integer(value) => value.to_string(),
            Said::Float(value) => value.to_string(),
            Said::Bool(value) => value.to_string(),
            Said::List(all) => format!("[{}]", all.iter().map(Said::shown).collect::<Vec<_>>().join(", ")),
            Said::Other(what) => what.clone(),
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn float(&self) -> Option<f64> {
        match self {
            Said::Float(value) => Some(*value),
            Said::Integer(value) => Some(*value as f64),
            Said::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Value {
    /// As the environment has it: a text, of which other things are made.
    pub(super) fn of_variable(text: String, name: &str) -> Self {
        Value { said: Said::Text(text), place: Place::Environment, name: Some(name.to_owned()) }
    }

    pub(super) fn problem(&self, key: &[&str], why: String) -> Problem {
        let dotted = key.join(".");
        let is_secret = Redaction::default().is_secret(&dotted);
        let shown = if is_secret { REDACTED.to_owned() } else { self.said.shown() };
        Problem::new(self.place.clone(), self.name.as_deref().unwrap_or(&dotted), Some(shown), why)
    }

    fn is_variable(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn text(&self) -> Result<String, String> {
        match &self.said {
            Said::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
            _ => Err("expected a text".into()),
        }
    }

    pub(super) fn one_of<T: Copy>(&self, all: &[(&str, T)]) -> Result<T, String> {
        let wanted = match &self.said {
            Said::Text(text) => text.trim().to_ascii_lowercase(),
            _ => String::new(),
        };
        all.iter().find(|(word, _)| *word == wanted).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = all.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("expected one of {}", words.join(", "))
        })
    }

    pub(super) fn bool(&self) -> Result<bool, String> {
        match &self.said {
            Said::Bool(value) => Ok(*value),
            Said::Text(text) if self.is_variable() => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err("expected `true` or `false`".into()),
            },
            _ => Err("expected `true` or `false`".into()),
        }
    }

    pub(super) fn whole(&self, least: u64) -> Result<u64, String> {
        let value = match &self.said {
            Said::Integer(value) => u64::try_from(*value).ok(),
            Said::Text(text) if self.is_variable() => text.trim().parse().ok(),
            _ => None,
        };
        value.filter(|value| *value >= least).ok_or_else(|| format!("expected a whole number, at least {least}"))
    }

    pub(super) fn float(&self) -> Result<f64, String> {
        let value = match &self.said {
            Said::Text(_) if !self.is_variable() => None,
            said => said.float(),
        };
        value.filter(|value| value.is_finite()).ok_or_else(|| "expected a number".into())
    }

    pub(super) fn share(&self) -> Result<f64, String> {
        self.float()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| "expected a number from 0 to 1".into())
    }

    pub(super) fn duration(&self) -> Result<Duration, String> {
        let wrong = || "expected a duration with its unit: \"100ms\", \"2s\", \"1m 30s\"".to_owned();
        let duration: jiff::SignedDuration = self.text().map_err(|_| wrong())?.trim().parse().map_err(|_| wrong())?;
        Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
    }

    /// A list, or a text with commas.
    pub(super) fn texts(&self) -> Result<Vec<String>, String> {
        let wrong = || "expected a list of texts: [\"iban\", \"pin\"]".to_owned();
        let texts = match &self.said {
            Said::List(all) => all
                .iter()
                .map(|said| if let Said::Text(text) = said { Ok(text.clone()) } else { Err(wrong()) })
                .collect::<Result<Vec<_>, _>>()?,
            Said::Text(text) if self.is_variable() => text.split(',').map(|text| text.trim().to_owned()).collect(),
            _ => return Err(wrong()),
        };
        Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
    }

    pub(super) fn floats(&self) -> Result<Vec<f64>, String> {
        let wrong = || "expected a list of numbers, each larger than the one before: [0.001, 0.01, 0.1]".to_owned();
        let Said::List(all) = &self.said else { return Err(wrong()) };
        let floats: Option<Vec<_>> = all.iter().map(|said| said.float().filter(|value| value.is_finite())).collect();
        let is_rising = |floats: &Vec<f64>| !floats.is_empty() && floats.windows(2).all(|pair| pair[0] < pair[1]);
        floats.filter(is_rising).ok_or_else(wrong)
    }
}

/// Every value of a TOML text, with the words of its key.
pub(super) fn of_toml(text: &str, file: &str) -> Result<Vec<(Vec<String>, Value)>, ConfigError> {
    let line = |at: usize| text.get(..at).map(|before| before.matches('\n').count() + 1);
    let place = |at: Option<usize>| Place::File(file.to_owned(), at.and_then(line));
    let table = DeTable::parse(text).map_err(|why| {
        let at = why.span().map(|span| span.start);
        ConfigError::one(Problem::new(place(at), "", None, why.message()))
    })?;
    let mut found = Vec::new();
    flatten(table.get_ref(), &mut Vec::new(), &mut |key, said, at| {
        found.push((at, (key.to_vec(), Value { said, place: place(Some(at)), name: None })));
    });
    // As a reader meets them.
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, said)| said).collect())
}

fn flatten(table: &DeTable<'_>, key: &mut Vec<String>, found: &mut dyn FnMut(&[String], Said, usize)) {
    for (name, value) in table {
        key.push(name.get_ref().to_string());
        match value.get_ref() {
            // One that is empty says nothing.
            DeValue::Table(inside) => flatten(inside, key, found),
            value => found(key, said(value), name.span().start),
        }
        key.pop();
    }
}

fn said(value: &DeValue<'_>) -> Said {
    match value {
        DeValue::String(text) => Said::Text(text.to_string()),
        DeValue::Integer(value) => match i64::from_str_radix(value.as_str(), value.radix()) {
            Ok(value) => Said::Integer(value),
            Err(_) => Said::Other(value.as_str().to_owned()),
        },
        DeValue::Float(value) => {
            value.as_str().parse().map_or_else(|_| Said::Other(value.as_str().to_owned()), Said::Float)
        }
        DeValue::Boolean(value) => Said::Bool(*value),
        DeValue::Datetime(value) => Said::Other(value.to_string()),
        DeValue::Array(all) => Said::List(all.iter().map(|value| said(value.get_ref())).collect()),
        DeValue::Table(_) => Said::Other("a table".into()),
    }
}
