//! The grammar of metric and label names, and what a wrong one says.
//!
//! Source: <https://prometheus.io/docs/concepts/data_model/> and, for suffixes, the OpenMetrics 1.0 specification.

mod lints;

pub use lints::{known_lint, lints};

use lints::last_word;

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
