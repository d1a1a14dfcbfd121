//! A table of families as a document lists them, and an exposition in the text format beside it.

use std::collections::{BTreeMap, BTreeSet};

use crate::judges::{ask, find, workspace};

/// The standard buckets in seconds, as the text format writes them.
pub const STANDARD: &[&str] = &["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "10", "30", "60", "300"];

/// A row of the table: a family.
pub struct Row {
    name: &'static str,
    kind: &'static str,
    labels: BTreeMap<&'static str, BTreeSet<&'static str>>,
    bounds: Option<&'static [&'static str]>,
    quantiles: Option<&'static [&'static str]>,
    is_unused: bool,
}

/// A counter.
#[must_use]
pub fn counter(name: &'static str) -> Row {
    Row { name, kind: "counter", labels: BTreeMap::new(), bounds: None, quantiles: None, is_unused: false }
}

/// A gauge.
#[must_use]
pub fn gauge(name: &'static str) -> Row {
    Row { kind: "gauge", ..counter(name) }
}

/// A histogram with these bounds, without `+Inf`.
#[must_use]
pub fn histogram(name: &'static str, bounds: &'static [&'static str]) -> Row {
    Row { kind: "histogram", bounds: Some(bounds), ..counter(name) }
}

/// A summary with these quantiles.
#[must_use]
pub fn summary(name: &'static str, quantiles: &'static [&'static str]) -> Row {
    Row { kind: "summary", quantiles: Some(quantiles), ..counter(name) }
}

impl Row {
    /// With a label that has these values in the exposition, no more and no fewer.
    #[must_use]
    pub fn label(mut self, name: &'static str, values: &[&'static str]) -> Self {
        self.labels.insert(name, values.iter().copied().collect());
        self
    }

    /// That is there, and has no series: its labels are known when something comes.
    #[must_use]
    pub fn unused(mut self) -> Self {
        self.is_unused = true;
        self
    }
}

/// One line: its name, its labels, its value.
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Compares an exposition with its table, family by family, and gives it to the judges.
///
/// `prefix` is that of the families the table is about: it must list all of them.
///
/// # Panics
///
/// With everything that differs.
pub fn check(name: &str, text: &str, prefix: &str, rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        row.check(text, &mut wrong);
    }
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    wrong.extend(
        types
            .filter(|name| name.starts_with(prefix) && !listed.contains(name))
            .map(|name| format!("`{name}` is in no table")),
    );
    assert!(wrong.is_empty(), "{wrong:#?}\n{text}");
    judge(name, "text", text);
    if let Some(promtool) = find(name, "promtool") {
        // Names that a system has had for years are no mistake of the exposition: only what breaks the format is.
        if let Err(complaint) = ask(&promtool, &["check", "metrics"], text) {
            assert!(complaint.starts_with("exit status: 3"), "{complaint}");
        }
    }
}

/// Gives an exposition to the Python parser of its format: `text` or `openmetrics`.
///
/// # Panics
///
/// If the parser finds something wrong.
pub fn judge(test: &str, format: &str, body: &str) {
    if let Some(python) = find(test, "python3") {
        let script = workspace().join("tests/judges/read.py");
        if let Err(complaint) = ask(&python, &[&script.display().to_string(), format], body) {
            panic!("{format}: {complaint}");
        }
    }
}

/// The values that a label of a family has in an exposition.
#[must_use]
pub fn values(text: &str, family: &str, label: &str) -> BTreeSet<String> {
    samples(text, family).into_iter().filter_map(|mut sample| sample.labels.remove(label)).collect()
}

/// The sum over all series of this name (a counter, a gauge, `…_count`) whose labels have these values.
#[must_use]
pub fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let has =
        |sample: &Sample| labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value));
    samples(text, name).iter().filter(|sample| sample.name == name && has(sample)).map(|sample| sample.value).sum()
}

impl Row {
    fn check(&self, text: &str, wrong: &mut Vec<String>) {
        let name = self.name;
        let head = |word: &str| {
            let start = format!("# {word} {name} ");
            text.lines().find_map(move |line| line.strip_prefix(start.as_str()).map(str::to_owned))
        };
        match head("TYPE") {
            Some(kind) if kind == self.kind => {}
            other => return wrong.push(format!("`{name}` is {other:?}, not a {}", self.kind)),
        }
        if head("HELP").is_none_or(|help| help.is_empty()) {
            wrong.push(format!("`{name}` has no help"));
        }
        let samples = samples(text, name);
        if samples.is_empty() != self.is_unused {
            wrong.push(format!("`{name}` has {} lines", samples.len()));
        }
        let own =
            |label: &str| !(label == "le" && self.bounds.is_some() || label == "quantile" && self.quantiles.is_some());
        let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for sample in &samples {
            let names: BTreeSet<&str> = sample.labels.keys().map(String::as_str).filter(|label| own(label)).collect();
            if names != self.labels.keys().copied().collect() {
                wrong.push(format!("`{}` has the labels {names:?}, not {:?}", sample.name, self.labels.keys()));
                return;
            }
            for (label, value) in &sample.labels {
                found.entry(label).or_default().insert(value);
            }
        }
        for (label, values) in &self.labels {
            let found = found.get(label).cloned().unwrap_or_default();
            if &found != values {
                wrong.push(format!("`{label}` of `{name}` is {found:?}, not {values:?}"));
            }
        }
        for (label, expected) in [("le", self.bounds), ("quantile", self.quantiles)] {
            let Some(expected) = expected else { continue };
            let found = found.remove(label).unwrap_or_default();
            let infinite = if label == "le" { Some("+Inf") } else { None };
            if found != expected.iter().copied().chain(infinite).collect() {
                wrong.push(format!("`{label}` of `{name}` is {found:?}, not {expected:?}"));
            }
        }
    }
}

/// The lines of a family.
fn samples(text: &str, family: &str) -> Vec<Sample> {
    let is_of = |name: &str| {
        let rest = name.strip_prefix(family);
        rest.is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (name, labels) = series
                .split_once('{')
                .map_or((series, ""), |(name, rest)| (name, rest.strip_suffix('}').unwrap_or(rest)));
            is_of(name).then(|| Sample {
                name: name.to_owned(),
                labels: crate::exposition::labels(labels),
                value: value.parse().unwrap_or(f64::NAN),
            })
        })
        .collect()
}
