//! Every key, and what it sets.

use super::value::Value;
use super::{AccessForm, Check, Config, LogOutput};
use crate::logs::{Every, Format};
use crate::redact::Sensitive;

type Set = fn(&mut Config, &Value) -> Result<(), String>;

/// Keys without a name in them: these are variables of the environment, too.
const KEYS: [(&str, Set); 20] = [
    ("log.level", |c, v| directives(v).map(|level| c.log.level = Some(level))),
    ("log.format", |c, v| {
        v.one_of(&[("text", Format::Text), ("json", Format::Json), ("tree", Format::Tree)])
            .map(|format| c.log.format = format)
    }),
    ("log.lower_case_levels", |c, v| v.bool().map(|is| c.log.lower_case_levels = is)),
    ("log.output", |c, v| {
        v.text().map(|output| {
            c.log.output = match output.as_str() {
                "stderr" => LogOutput::Stderr,
                "stdout" => LogOutput::Stdout,
                _ => LogOutput::File(output.into()),
            }
        })
    }),
    ("log.rotate", |c, v| {
        let all =
            [("minute", Some(Every::Minute)), ("hour", Some(Every::Hour)), ("day", Some(Every::Day)), ("never", None)];
        v.one_of(&all).map(|every| c.log.rotate = every)
    }),
    ("log.max_bytes", |c, v| v.whole(1).map(|most| c.log.max_bytes = Some(most))),
    ("log.keep", |c, v| v.whole(0).map(|keep| c.log.keep = saturated(keep))),
    ("log.queue", |c, v| {
        let queue = v.whole(1)?;
        if queue > 1 << 20 {
            return Err("expected at most 1048576".into());
        }
        c.log.queue = saturated(queue);
        Ok(())
    }),
    ("log.redact", |c, v| v.texts().map(|names| c.log.redact = names)),
    ("log.show", |c, v| v.texts().map(|names| c.log.show = names)),
    ("metrics.enabled", |c, v| v.bool().map(|is| c.metrics.enabled = is)),
    ("metrics.endpoint", |c, v| {
        let endpoint = v.text()?;
        if !endpoint.starts_with('/') || endpoint.contains([' ', '?', '#', '{', '}', '*', ':']) {
            return Err("expected a path that begins with `/`".into());
        }
        c.metrics.endpoint = endpoint;
        Ok(())
    }),
    ("metrics.include_runtime", |c, v| v.bool().map(|is| c.metrics.include_runtime = is)),
    ("tracing.enabled", |c, v| v.bool().map(|is| c.tracing.enabled = Some(is))),
    ("tracing.sampling_rate", |c, v| v.share().map(|share| c.tracing.sampling_rate = Some(share))),
    ("requests.slow", |c, v| {
        let is_off = v.text().is_ok_and(|text| text.trim().eq_ignore_ascii_case("off"));
        let slow = if is_off { None } else { Some(v.duration().map_err(|why| why + ", or \"off\"")?) };
        c.requests.slow = Some(slow);
        Ok(())
    }),
    ("requests.access_log", |c, v| {
        let all = [("off", AccessForm::Off), ("fields", AccessForm::Fields), ("combined", AccessForm::Combined)];
        v.one_of(&all).map(|form| c.requests.access_log = Some(form))
    }),
    ("health.details", |c, v| {
        v.one_of(&[("always", false), ("never", true)]).map(|hides| c.health.hides_details = Some(hides))
    }),
    ("health.token", |c, v| v.text().map(|token| c.health.token = Some(Sensitive::new(token)))),
    ("health.uptime_key", |c, v| {
        let key = v.text()?;
        if crate::health::Report::has_key(&key) {
            return Err("the report has this key; name another".into());
        }
        c.health.uptime_key = Some(key);
        Ok(())
    }),
];

/// Keys with a name in them, as they are shown.
const NAMED: [&str; 8] = [
    "apps.NAME.log_level",
    "domains.NAME.log_level",
    "metrics.buckets.FAMILY",
    "health.checks.CHECK.limit",
    "health.checks.CHECK.FIGURE.degraded_above",
    "health.checks.CHECK.FIGURE.unhealthy_above",
    "health.checks.CHECK.FIGURE.degraded_below",
    "health.checks.CHECK.FIGURE.unhealthy_below",
];

fn saturated(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// What a filter can be made of.
fn directives(value: &Value) -> Result<String, String> {
    let wrong = || "expected a level, or levels of targets: \"info\", \"shop=debug,info\"".to_owned();
    let directives = value.text().map_err(|_| wrong())?;
    if crate::logs::is_filter(&directives) { Ok(directives) } else { Err(wrong()) }
}

fn level(value: &Value) -> Result<String, String> {
    let all = ["error", "warn", "info", "debug", "trace", "off"].map(|level| (level, level));
    value.one_of(&all).map(str::to_owned)
}

/// Sets one key, or says what is wrong with it.
pub(super) fn set(config: &mut Config, key: &[&str], value: &Value) -> Result<(), String> {
    let dotted = key.join(".");
    // A word that has a dot in it is none of ours.
    let is_ours = !key.iter().any(|word| word.contains('.'));
    if let Some((_, set)) = KEYS.iter().find(|(known, _)| is_ours && *known == dotted) {
        return set(config, value);
    }
    match key {
        ["apps", name, "log_level"] => add_level(config, "app", name, level(value)?),
        ["domains", name, "log_level"] => add_level(config, "domain", name, level(value)?),
        ["metrics", "buckets", family] => {
            config.metrics.buckets.insert((*family).to_owned(), value.floats()?);
        }
        ["health", "checks", check, "limit"] => of_check(config, check).limit = Some(value.duration()?),
        ["health", "checks", check, figure, limit] => {
            let limits = of_check(config, check).thresholds.entry((*figure).to_owned()).or_default();
            let limit = match *limit {
                "degraded_above" => &mut limits.degraded_above,
                "unhealthy_above" => &mut limits.unhealthy_above,
                "degraded_below" => &mut limits.degraded_below,
                "unhealthy_below" => &mut limits.unhealthy_below,
                _ => return Err(unknown(key)),
            };
            *limit = Some(value.float()?);
        }
        _ => return Err(unknown(key)),
    }
    Ok(())
}

fn add_level(config: &mut Config, field: &str, name: &str, level: String) {
    config.levels.retain(|(known, of, _)| known != field || of != name);
    config.levels.push((field.to_owned(), name.to_owned(), level));
}

fn of_check<'a>(config: &'a mut Config, check: &str) -> &'a mut Check {
    config.health.checks.entry(check.to_owned()).or_default()
}

/// The nearest of some words, if one is near.
fn nearest<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    all.map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}

fn unknown(key: &[&str]) -> String {
    let dotted = key.join(".");
    if let Some(near) = nearest(&dotted, KEYS.iter().map(|(known, _)| *known)) {
        return format!("there is no such key; did you mean `{near}`?");
    }
    // With the names that were said in the place of those that may be any.
    let near = NAMED.iter().find_map(|named| {
        let words: Vec<&str> = named.split('.').collect();
        let is_any = |word: &str| word.chars().all(|c| c.is_ascii_uppercase());
        let pairs = || words.iter().zip(key);
        let is_near = words.len() == key.len()
            && pairs().all(|(word, said)| is_any(word) || strsim::damerau_levenshtein(word, said) <= 2);
        let shown =
            || pairs().map(|(word, said)| if is_any(word) { *said } else { *word }).collect::<Vec<_>>().join(".");
        is_near.then(shown)
    });
    if let Some(near) = near {
        return format!("there is no such key; did you mean `{near}`?");
    }
    let same = |known: &&str| known.split('.').next() == key.first().copied();
    let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).chain(NAMED).filter(same).collect();
    if known.is_empty() {
        return "there is no such key; keys begin with log, metrics, tracing, requests, health, apps or domains".into();
    }
    format!("there is no such key; there are {}", known.join(", "))
}

/// The key of a variable's name behind the prefix; `None` if it is somebody else's, and the right name if it is nearly ours.
pub(super) fn of_variable(name: &str) -> Result<Option<Vec<String>>, String> {
    let variable = |key: &str| key.replace('.', "_").to_ascii_uppercase();
    let keys = || KEYS.iter().map(|(key, _)| *key);
    if let Some(key) = keys().find(|key| variable(key) == name) {
        return Ok(Some(key.split('.').map(str::to_owned).collect()));
    }
    let variables: Vec<_> = keys().map(variable).collect();
    match nearest(name, variables.iter().map(String::as_str)) {
        Some(near) => Err(near.to_owned()),
        None => Ok(None),
    }
}
