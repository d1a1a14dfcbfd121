//! The grammar of metric and label names, and what a wrong one says.
//!
//! Source: <https://prometheus.io/docs/concepts/data_model/> and, for suffixes, the OpenMetrics 1.0 specification.

/// What is wrong with a family's name, and the remedy.
pub fn family(name: &str) -> Result<(), String> {
    grammar(name, "family", true)?;
    for suffix in ["_bucket", "_sum"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            return Err(format!(
                "the family name `{name}` ends in `{suffix}`, which the samples of a histogram do; try `{stem}`"
            ));
        }
    }
    for suffix in ["_total", "_seconds", "_count"] {
        if let Some(stem) = name.strip_suffix(&suffix.repeat(2)) {
            return Err(format!("the family name `{name}` ends in `{suffix}` twice; try `{stem}{suffix}`"));
        }
    }
    Ok(())
}

/// What is wrong with a label's name, and the remedy.
pub fn label(name: &str) -> Result<(), String> {
    grammar(name, "label", false)?;
    if name == "le" || name == "quantile" {
        return Err(format!("the label `{name}` belongs to the exposition format; use another name"));
    }
    if name.starts_with('_') {
        let bare = name.trim_start_matches('_');
        return Err(format!("a label must not begin with `_`, which is kept for Prometheus itself; try `{bare}`"));
    }
    Ok(())
}

/// A package's name as the beginning of a metric's name.
pub fn of_package(package: &str) -> String {
    let mut name = suggestion(package, false);
    if name.is_empty() {
        name.push_str("app");
    }
    name
}

fn grammar(name: &str, what: &str, colons: bool) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("a {what} name must not be empty"));
    }
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (colons && c == ':');
    let wrong = name.char_indices().find(|(at, c)| !(letter(*c) || (*at > 0 && c.is_ascii_digit())));
    let Some((at, c)) = wrong else { return Ok(()) };
    let allowed = if colons { "letters, digits, `_` and `:`" } else { "letters, digits and `_`" };
    let fact = if at == 0 && c.is_ascii_digit() {
        format!("the {what} name `{name}` begins with a digit")
    } else {
        format!("the {what} name `{name}` contains `{}`; allowed are {allowed}", c.escape_debug())
    };
    let better = suggestion(name, colons);
    Err(if better.trim_matches('_').is_empty() { fact } else { format!("{fact}; try `{better}`") })
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
