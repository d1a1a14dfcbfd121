//! The grammar of metric and label names, and what a wrong one says.
//!
//! Source: <https://prometheus.io/docs/concepts/data_model/> and, for suffixes, the OpenMetrics 1.0 specification.

use crate::diag::{did_you_mean, listed};

/// The type of a family, as far as its name has to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
}

/// A unit of time, as `unit = "ms"` says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    pub fn of(text: &str) -> Result<Unit, String> {
        match text {
            "s" => Ok(Unit::Seconds),
            "ms" => Ok(Unit::Millis),
            "us" => Ok(Unit::Micros),
            "ns" => Ok(Unit::Nanos),
            _ => Err(format!("unknown unit `{}`; there are `s`, `ms`, `us` and `ns`", text.escape_debug())),
        }
    }

    /// The runtime's name of it.
    pub fn variant(self) -> &'static str {
        match self {
            Unit::Seconds => "Seconds",
            Unit::Millis => "Millis",
            Unit::Micros => "Micros",
            Unit::Nanos => "Nanos",
        }
    }

    /// What a name in this unit ends in.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Unit::Seconds => ["seconds", "seconds"],
            Unit::Millis => ["ms", "milliseconds"],
            Unit::Micros => ["us", "microseconds"],
            Unit::Nanos => ["ns", "nanoseconds"],
        }
    }
}

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
        lint("unit_suffix", format!("the unit is `{}`, and `{name}` does not end in it", unit.words()[0]));
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
fn last_word(name: &str) -> (&str, &str) {
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

/// The unit of time that a name ends in.
pub fn time_unit(name: &str) -> Option<Unit> {
    let (before, last) = last_word(name);
    if before.is_empty() {
        return None;
    }
    [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos].into_iter().find(|unit| unit.words().contains(&last))
}

/// What is wrong with a name as it is written, before it is mapped.
pub fn written(name: &str) -> Result<(), String> {
    if name.split('.').any(str::is_empty) {
        return Err(if name.is_empty() {
            "a family name must not be empty".to_owned()
        } else {
            format!("the family name `{name}` has a dot with nothing beside it")
        });
    }
    Ok(())
}

/// The name on the exposition, and the one that was written if that is another: dots become `_`, and a counter with
/// dots gains `_total`.
pub fn mapped(written: &str, kind: Option<Kind>) -> (String, Option<String>) {
    if !written.contains('.') {
        return (written.to_owned(), None);
    }
    let mut name = written.replace('.', "_");
    if kind == Some(Kind::Counter) && !name.ends_with("_total") {
        name.push_str("_total");
    }
    (name, Some(written.to_owned()))
}

/// What is wrong with a family's name, and the remedy.
pub fn family(name: &str) -> Result<(), String> {
    told(name, wrong_family)
}

/// What is wrong with a label's name, and the remedy.
pub fn label(name: &str) -> Result<(), String> {
    told(name, wrong_label)
}

/// A function's name as a part of a metric's name.
pub fn part(function: &str) -> String {
    suggestion(function, false).trim_matches('_').to_owned()
}

/// A package's name as the beginning of a metric's name.
pub fn of_package(package: &str) -> String {
    let mut name = suggestion(package, false);
    if name.is_empty() {
        name.push_str("app");
    }
    name
}

/// A fact, and a name that may be a remedy.
type Wrong = (String, String);

fn told(name: &str, wrong: fn(&str) -> Option<Wrong>) -> Result<(), String> {
    let Some((fact, better)) = wrong(name) else { return Ok(()) };
    // Suggests only what would pass, and what has a letter before its suffix.
    let speaks = better.chars().any(char::is_alphabetic) && !better.starts_with("_total");
    Err(if speaks && wrong(&better).is_none() { format!("{fact}; try `{better}`") } else { fact })
}

fn wrong_family(name: &str) -> Option<Wrong> {
    let bad_suffix = || {
        let (suffix, stem) = ["_bucket", "_sum"].iter().find_map(|s| Some((s, name.strip_suffix(s)?)))?;
        let fact = format!("the family name `{name}` ends in `{suffix}`, which the samples of a histogram do");
        Some((fact, stem.to_owned()))
    };
    let doubled = || {
        let suffixes = ["_total", "_seconds", "_count"];
        let (suffix, stem) = suffixes.iter().find_map(|s| Some((s, name.strip_suffix(&s.repeat(2))?)))?;
        Some((format!("the family name `{name}` ends in `{suffix}` twice"), format!("{stem}{suffix}")))
    };
    grammar(name, "family", true).or_else(bad_suffix).or_else(doubled)
}

fn wrong_label(name: &str) -> Option<Wrong> {
    let reserved = || {
        let of_the_format = name == "le" || name == "quantile";
        of_the_format
            .then(|| (format!("the label `{name}` belongs to the exposition format; use another name"), String::new()))
    };
    let underscore = || {
        let fact = "a label must not begin with `_`, which is kept for Prometheus itself";
        name.starts_with('_').then(|| (fact.to_owned(), name.trim_start_matches('_').to_owned()))
    };
    grammar(name, "label", false).or_else(reserved).or_else(underscore)
}

fn grammar(name: &str, what: &str, colons: bool) -> Option<Wrong> {
    if name.is_empty() {
        return Some((format!("a {what} name must not be empty"), String::new()));
    }
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (colons && c == ':');
    let (at, c) = name.char_indices().find(|(at, c)| !(letter(*c) || (*at > 0 && c.is_ascii_digit())))?;
    let allowed = if colons { "letters, digits, `_` and `:`" } else { "letters, digits and `_`" };
    let fact = if at == 0 && c.is_ascii_digit() {
        format!("the {what} name `{name}` begins with a digit")
    } else {
        format!("the {what} name `{name}` contains `{}`; allowed are {allowed}", c.escape_debug())
    };
    Some((fact, suggestion(name, colons)))
}

/// The name with `_` for every character that cannot stand there.
fn suggestion(name: &str, colons: bool) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || (colons && c == ':');
    let mut out: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_pass() {
        for name in ["a", "jobs_total", "job:rate5m", "_x", "HTTP2_requests_total", "discount"] {
            assert_eq!(family(name), Ok(()), "{name}");
        }
        for name in ["a", "task_name", "http2"] {
            assert_eq!(label(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_bad_family_name_is_told_with_its_character_and_a_better_one() {
        let says = |name: &str, part: &str| {
            let message = family(name).unwrap_err();
            assert!(message.contains(part), "{name:?}: {message}");
        };
        says("", "must not be empty");
        says("jobs-total", "contains `-`");
        says("jobs-total", "try `jobs_total`");
        says("2xx_total", "begins with a digit");
        says("2xx_total", "try `_2xx_total`");
        says("größe", "contains `ö`");
        says("a\nb", "contains `\\n`");
        says("jobs_total_total", "try `jobs_total`");
        says("latency_bucket", "try `latency`");
    }

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

    #[test]
    fn a_name_ends_in_its_unit() {
        assert_eq!(time_unit("a_ms"), Some(Unit::Millis));
        assert_eq!(time_unit("a_ms_total"), Some(Unit::Millis));
        assert_eq!(time_unit("ms"), None);
        assert_eq!(time_unit("a_bytes"), None);
        assert!(written("a..b").is_err() && written("").is_err() && written(".").is_err() && written("a.b").is_ok());
    }

    #[test]
    fn a_dotted_name_is_mapped() {
        assert_eq!(mapped("jobs", Some(Kind::Counter)), ("jobs".to_owned(), None));
        let both = |name: &str, written: &str| (name.to_owned(), Some(written.to_owned()));
        assert_eq!(mapped("a.tasks.created", Some(Kind::Counter)), both("a_tasks_created_total", "a.tasks.created"));
        assert_eq!(mapped("a.tasks_total", Some(Kind::Counter)), both("a_tasks_total", "a.tasks_total"));
        assert_eq!(mapped("a.wait_ms", Some(Kind::Histogram)), both("a_wait_ms", "a.wait_ms"));
    }

    #[test]
    fn nothing_is_suggested_that_would_be_refused() {
        for name in ["_bucket", "_total_total", "-", "größe_bucket_bucket"] {
            let message = family(name).unwrap_err();
            assert!(!message.contains("try"), "{message}");
        }
        for name in ["_", "_9x", "__", "9"] {
            let message = label(name).unwrap_err();
            assert!(!message.contains("try"), "{message}");
        }
    }

    #[test]
    fn labels_of_the_formats_are_refused() {
        for name in ["le", "quantile", "_x", "__name__", "", "a:b", "9a"] {
            assert!(label(name).is_err(), "{name}");
        }
    }

    #[test]
    fn any_package_name_begins_a_metric_name() {
        assert_eq!(of_package("my-shop"), "my_shop");
        assert_eq!(of_package("7zip"), "_7zip");
        assert_eq!(of_package("größe"), "gr__e");
        assert_eq!(of_package(""), "app");
    }
}
