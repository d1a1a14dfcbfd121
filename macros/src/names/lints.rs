//! Rules of names that some systems need to break.

use super::{Kind, Unit, family};
use crate::diag::{did_you_mean, listed};

/// Rules that some systems need to break: `allow(…)` names one.
pub const LINTS: [&str; 6] =
    ["total_suffix", "reserved_suffix", "base_unit", "unit_suffix", "type_in_name", "snake_case"];

/// A rule that a name breaks.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    pub name: &'static str,
    fact: String,
    /// A name that breaks no rule.
    better: Option<String>,
}

impl Lint {
    /// What it breaks, and the remedies. `prefix` stands before a name that the user writes without it, and `allow` is how
    /// the rule is silenced here.
    pub fn message(&self, prefix: &str, allow: &str) -> String {
        let better = self.better.as_deref().and_then(|better| better.strip_prefix(prefix));
        // Behind a prefix it is the name of a field.
        let better = better.filter(|better| prefix.is_empty() || syn::parse_str::<syn::Ident>(better).is_ok());
        let better = better.map_or_else(String::new, |better| format!("try `{better}`, or "));
        format!("{}; {better}say `{allow}` if it must be so", self.fact)
    }
}

/// The rules that a good name may break all the same. Sources: <https://prometheus.io/docs/practices/naming/>; for
/// suffixes the OpenMetrics 1.0 specification.
pub fn lints(name: &str, kind: Option<Kind>, unit: Option<Unit>) -> Vec<Lint> {
    let broken = broken(name, kind, unit);
    let better = better(name, kind, unit);
    // In a unit that is no base unit there is no name that breaks no rule.
    let breaks = |better: &str| {
        let other = |(rule, _): &(&str, String)| *rule != "base_unit" || unit.is_none();
        better == name || family(better).is_err() || self::broken(better, kind, unit).iter().any(other)
    };
    let better = Some(better).filter(|better| !breaks(better));
    broken.into_iter().map(|(name, fact)| Lint { name, fact, better: better.clone() }).collect()
}

/// Each rule that it breaks, with the fact.
fn broken(name: &str, kind: Option<Kind>, unit: Option<Unit>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut lint = |rule: &'static str, fact: String| found.push((rule, fact));
    let stem = name.strip_suffix("_total");
    match (kind, stem) {
        (Some(Kind::Counter), None) => lint("total_suffix", format!("the counter `{name}` does not end in `_total`")),
        (Some(Kind::Gauge | Kind::Histogram | Kind::Summary | Kind::Info), Some(_)) => {
            lint("total_suffix", format!("`{name}` ends in `_total`, which only a counter does"));
        }
        _ => {}
    }
    for (suffix, whose) in [("_count", "the samples of histograms"), ("_created", "the times of OpenMetrics")] {
        if name.ends_with(suffix) {
            lint("reserved_suffix", format!("`{name}` ends in `{suffix}`, which {whose} do"));
        }
    }
    match (kind, name.ends_with("_info")) {
        (Some(Kind::Info), false) => {
            lint("reserved_suffix", format!("the information `{name}` does not end in `_info`"));
        }
        (Some(Kind::Counter | Kind::Gauge | Kind::Histogram | Kind::Summary), true) => {
            lint("reserved_suffix", format!("`{name}` ends in `_info`, which only an `Info` does"));
        }
        _ => {}
    }
    let (before, last) = last_word(name);
    if base_unit(last).is_some() && !before.is_empty() && unit.is_none_or(|unit| unit.words().contains(&last)) {
        lint("base_unit", format!("`{name}` is in `{last}`, which is no base unit"));
    }
    if let Some(unit) = unit.filter(|unit| !unit.words().contains(&last)) {
        let word = unit.words()[0];
        let too = if base_unit(word).is_some() { " (which needs `allow(base_unit)` too)" } else { "" };
        lint("unit_suffix", format!("the unit is `{word}`{too}, and `{name}` does not end in it"));
    }
    if let Some(word) = name.split('_').find(|word| TYPES.contains(word)) {
        lint("type_in_name", format!("`{name}` has the type `{word}` in it, which its TYPE line says"));
    }
    if has_humps(name) {
        lint("snake_case", format!("`{name}` is written in camelCase"));
    }
    found
}

/// A name that breaks no rule, if there is one.
fn better(name: &str, kind: Option<Kind>, unit: Option<Unit>) -> String {
    let snake = if has_humps(name) { snake(name) } else { name.to_owned() };
    let is_total = snake.split('_').any(|word| word == "total");
    let mut words: Vec<&str> = snake.split('_').filter(|word| !TYPES.contains(word) && *word != "total").collect();
    while words.last().is_some_and(|last| ["count", "created", "info"].contains(last)) {
        words.pop();
    }
    let base = words.last().and_then(|last| base_unit(last)).filter(|_| words.len() > 1);
    match (unit, words.last().copied()) {
        (Some(unit), Some(last)) => {
            let is_time = BASE_UNITS[0].0.contains(&last) || last == "seconds";
            if !unit.words().contains(&last) {
                if is_time && words.len() > 1 {
                    words.pop();
                }
                words.push(unit.words()[0]);
            }
        }
        _ => {
            if let Some(base) = base {
                words.pop();
                words.push(base);
            }
        }
    }
    match kind {
        Some(Kind::Counter) => words.push("total"),
        Some(Kind::Info) => words.push("info"),
        None if is_total => words.push("total"),
        _ => {}
    }
    words.join("_")
}

/// The last word of a name but for `_total`, and what stands before it.
pub(super) fn last_word(name: &str) -> (&str, &str) {
    let quantity = name.strip_suffix("_total").unwrap_or(name);
    quantity.split_at(quantity.rfind('_').map_or(0, |at| at + 1))
}

const TYPES: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

/// Units, and the base unit of each.
const BASE_UNITS: [(&[&str], &str); 5] = [
    (
        &[
            "ms",
            "us",
            "ns",
            "millis",
            "micros",
            "nanos",
            "milliseconds",
            "microseconds",
            "nanoseconds",
            "minutes",
            "hours",
            "days",
        ],
        "seconds",
    ),
    (&["kb", "mb", "gb", "kib", "mib", "gib", "kilobytes", "megabytes", "gigabytes", "bits"], "bytes"),
    (&["percent", "pct"], "ratio"),
    (&["fahrenheit"], "celsius"),
    (&["millimeters", "kilometers"], "meters"),
];

fn base_unit(word: &str) -> Option<&'static str> {
    BASE_UNITS.iter().find(|(units, _)| units.contains(&word)).map(|(_, base)| *base)
}

fn has_humps(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && out.ends_with(|before: char| before.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Refuses the name of a lint that there is not.
pub fn known_lint(lint: &proc_macro2::Ident) -> syn::Result<()> {
    let word = lint.to_string();
    if LINTS.contains(&word.as_str()) {
        return Ok(());
    }
    let remedy = match did_you_mean(&word, LINTS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", listed(&LINTS)),
    };
    Err(syn::Error::new_spanned(lint, format!("unknown lint `{word}`; {remedy}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lint_has_a_name_and_a_remedy_that_breaks_no_rule() {
        let says = |name: &str, kind, unit, rules: &[&str], better: Option<&str>| {
            let found = lints(name, kind, unit);
            assert_eq!(found.iter().map(|lint| lint.name).collect::<Vec<_>>(), rules, "{name}: {found:?}");
            assert!(found.iter().all(|lint| lint.better.as_deref() == better), "{name}: {found:?}");
        };
        let (counter, gauge, time) = (Some(Kind::Counter), Some(Kind::Gauge), Some(Kind::Histogram));
        for (name, kind, unit) in [
            ("jobs_total", counter, None),
            ("job_seconds", time, Some(Unit::Seconds)),
            ("build_info", Some(Kind::Info), None),
            ("ns", gauge, None),
            ("discount", gauge, None),
            ("items", None, None),
        ] {
            says(name, kind, unit, &[], None);
        }
        says("jobs", counter, None, &["total_suffix"], Some("jobs_total"));
        says("jobs_total", gauge, None, &["total_suffix"], Some("jobs"));
        says("job_count", gauge, None, &["reserved_suffix"], Some("job"));
        says("job_total_count", counter, None, &["total_suffix", "reserved_suffix"], Some("job_total"));
        says("job_created", None, None, &["reserved_suffix"], Some("job"));
        says("job_info", gauge, None, &["reserved_suffix"], Some("job"));
        says("job_info", counter, None, &["total_suffix", "reserved_suffix"], Some("job_total"));
        says("build", Some(Kind::Info), None, &["reserved_suffix"], Some("build_info"));
        says("wait_ms", gauge, None, &["base_unit"], Some("wait_seconds"));
        says("wait_ms_total", counter, None, &["base_unit"], Some("wait_seconds_total"));
        says("wait_total_ms", counter, None, &["total_suffix", "base_unit"], Some("wait_seconds_total"));
        says("wait_ms", time, Some(Unit::Millis), &["base_unit"], None);
        says("wait", time, Some(Unit::Millis), &["unit_suffix"], Some("wait_ms"));
        says("wait_ms", time, Some(Unit::Seconds), &["unit_suffix"], Some("wait_seconds"));
        says("used_percent", gauge, None, &["base_unit"], Some("used_ratio"));
        says("job_gauge", gauge, None, &["type_in_name"], Some("job"));
        says("jobQueue", gauge, None, &["snake_case"], Some("job_queue"));
        says("_total", gauge, None, &["total_suffix"], None);
        let message = lints("shop_jobs", counter, None)[0].message("shop_", "allow(total_suffix)");
        assert!(message.ends_with("; try `jobs_total`, or say `allow(total_suffix)` if it must be so"), "{message}");
    }
}
