//! What configurations say, and what is wrong with them.
#![cfg(feature = "config")]
#![allow(clippy::float_cmp)] // of what was written

use std::time::Duration;

use tallied_service::config::{AccessForm, Config, ConfigError, LogOutput, Place};
use tallied_service::health::{Check, Finding, Health, Status};
use tallied_service::http::Endpoints;
use tallied_service::logs::{Every, Format};
use tallied_service::requests::RequestLayer;

const ALL: &str = r#"
[log]
level = "shop=debug,info"
format = "json"
lower_case_levels = true
output = "logs/shop.log"
rotate = "day"
max_bytes = 67_108_864
keep = 14
queue = 100
redact = ["iban", "pin"]
show = ["token_count"]

[apps.marketing]
log_level = "info"
[apps.api]
log_level = "debug"
[domains]
compliance.log_level = "Debug"

[metrics]
enabled = false
endpoint = "/internal/metrics"
include_runtime = false
buckets.rustkernel_execution_duration_seconds = [0.001, 0.005, 1]

[tracing]
enabled = true
sampling_rate = 0.25

[requests]
slow = "1s 500ms"
access_log = "combined"

[health]
details = "never"
token = "s3cret"
uptime_key = "uptime_secs"
[health.checks.database]
limit = "500ms"
[health.checks.pool.used]
degraded_above = 0.8
unhealthy_above = 0.9
degraded_below = 0
"#;

fn problems(result: Result<Config, ConfigError>) -> Vec<String> {
    result.unwrap_err().problems().iter().map(ToString::to_string).collect()
}

#[test]
fn every_key_of_a_file_is_read() {
    let config = Config::new().merge_toml(ALL, "shop.toml").unwrap();
    let log = &config.log;
    assert_eq!(
        (log.level.as_deref(), log.format, log.lower_case_levels),
        (Some("shop=debug,info"), Format::Json, true)
    );
    assert_eq!(
        (&log.output, log.rotate, log.max_bytes),
        (&LogOutput::File("logs/shop.log".into()), Some(Every::Day), Some(67_108_864))
    );
    assert_eq!(
        (log.keep, log.queue, &*log.redact, &*log.show),
        (14, 100, &["iban".into(), "pin".into()][..], &["token_count".into()][..])
    );
    let mut levels = config.levels.clone();
    levels.sort();
    let level = |field: &str, value: &str, level: &str| (field.to_owned(), value.to_owned(), level.to_owned());
    assert_eq!(
        levels,
        [level("app", "api", "debug"), level("app", "marketing", "info"), level("domain", "compliance", "debug")]
    );
    let metrics = &config.metrics;
    assert_eq!((metrics.enabled, &*metrics.endpoint, metrics.include_runtime), (false, "/internal/metrics", false));
    assert_eq!(metrics.buckets["rustkernel_execution_duration_seconds"], [0.001, 0.005, 1.0]);
    assert_eq!((config.tracing.enabled, config.tracing.sampling_rate), (Some(true), Some(0.25)));
    assert_eq!(
        (config.requests.slow, config.requests.access_log),
        (Some(Some(Duration::from_millis(1500))), Some(AccessForm::Combined))
    );
    assert_eq!(config.health.hides_details, Some(true));
    assert_eq!(config.health.token.as_ref().unwrap().expose(), "s3cret");
    assert_eq!(config.health.checks["database"].limit, Some(Duration::from_millis(500)));
    let used = &config.health.checks["pool"].thresholds["used"];
    assert_eq!((used.degraded_above, used.unhealthy_above, used.degraded_below), (Some(0.8), Some(0.9), Some(0.0)));
    // Nobody reads the token by accident.
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_key_value_and_line() {
    let text = r#"
[log]
levle = "info"
level = "shop=loud"
format = "xml"
keep = -1
redact = "iban"
[metrics]
enabled = "true"
endpoint = "metrics"
buckets.x = [1, 1]
[tracing]
sampling_rate = 1.5
[requests]
slow = 100
[apps.api]
log_level = "loud"
log_levle = "info"
[health]
token = 5
[health.checks.a.b]
degraded_abov = 1
[colour]
of = "the sky"
"#;
    let found = problems(Config::new().merge_toml(text, "shop.toml"));
    let expected = [
        "shop.toml:3: `log.levle` is \"info\": there is no such key; did you mean `log.level`?",
        "shop.toml:4: `log.level` is \"shop=loud\": expected a level, or levels of targets: \"info\", \"shop=debug,info\"",
        "shop.toml:5: `log.format` is \"xml\": expected one of \"text\", \"json\", \"tree\"",
        "shop.toml:6: `log.keep` is -1: expected a whole number, at least 0",
        "shop.toml:7: `log.redact` is \"iban\": expected a list of texts: [\"iban\", \"pin\"]",
        "shop.toml:9: `metrics.enabled` is \"true\": expected `true` or `false`",
        "shop.toml:10: `metrics.endpoint` is \"metrics\": expected a path that begins with `/`",
        "shop.toml:11: `metrics.buckets.x` is [1, 1]: expected a list of numbers, each larger than the one before: [0.001, 0.01, 0.1]",
        "shop.toml:13: `tracing.sampling_rate` is 1.5: expected a number from 0 to 1",
        "shop.toml:15: `requests.slow` is 100: expected a duration with its unit: \"100ms\", \"2s\", \"1m 30s\", or \"off\"",
        "shop.toml:17: `apps.api.log_level` is \"loud\": expected one of \"error\", \"warn\", \"info\", \"debug\", \"trace\", \"off\"",
        "shop.toml:18: `apps.api.log_levle` is \"info\": there is no such key; did you mean `apps.api.log_level`?",
        "shop.toml:20: `health.token` is [redacted]: expected a text",
        "shop.toml:22: `health.checks.a.b.degraded_abov` is 1: there is no such key; did you mean `health.checks.a.b.degraded_above`?",
        "shop.toml:24: `colour.of` is \"the sky\": there is no such key; keys begin with log, metrics, tracing, requests, health, apps or domains",
    ];
    assert_eq!(found, expected);
    let broken = problems(Config::new().merge_toml("[log\nlevel = 1", "shop.toml"));
    assert!(broken.len() == 1 && broken[0].starts_with("shop.toml:1: "), "{broken:?}");
    let unknown = problems(Config::new().merge_toml("log.colours = true", "shop.toml"));
    assert!(
        unknown[0]
            .starts_with("shop.toml:1: `log.colours` is true: there is no such key; there are log.level, log.format, "),
        "{unknown:?}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::new().merge_file("/nowhere/shop.toml").unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/shop.toml: cannot be read: "), "{error}");
    assert_eq!(error.problems()[0].place(), &Place::File("/nowhere/shop.toml".into(), None));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ALL).unwrap();
    assert_eq!(Config::new().merge_file(file.path()).unwrap().log.keep, 14);
}

#[test]
fn one_table_of_a_file_with_other_things_is_enough() {
    let text = "[server]\nport = 80\n[observability]\nlog.level = \"warn\"\nlog.keep = 3\n";
    let config = Config::new().merge_toml_table(text, "observability", "shop.toml").unwrap();
    assert_eq!((config.log.level.as_deref(), config.log.keep), (Some("warn"), 3));
    let wrong = problems(Config::new().merge_toml_table("[a]\n[o.log]\nx = 1", "o", "shop.toml"));
    assert!(wrong[0].starts_with("shop.toml:3: `log.x` is 1: "), "{wrong:?}");
}

fn variables(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_environment_says_the_same_with_a_prefix_of_ones_own() {
    let said = variables(&[
        ("RUSTKERNEL_METRICS_ENABLED", "false"),
        ("RUSTKERNEL_TRACING_ENABLED", "1"),
        ("RUSTKERNEL_LOG_LEVEL", "debug"),
        ("RUSTKERNEL_LOG_REDACT", "iban, pin,"),
        ("RUSTKERNEL_LOG_KEEP", "3"),
        ("RUSTKERNEL_TRACING_SAMPLING_RATE", " 0.5 "),
        ("RUSTKERNEL_REQUESTS_SLOW", "off"),
        ("RUSTKERNEL_GPU", "1"),
        ("RUSTKERNELS_LOG_LEVEL", "loud"),
        ("LOG_LEVEL", "loud"),
        ("RUSTKERNEL", "1"),
    ]);
    let config = Config::new().merge_toml(ALL, "shop.toml").unwrap().merge_variables("RUSTKERNEL", said).unwrap();
    assert_eq!(
        (config.metrics.enabled, config.tracing.enabled, config.log.level.as_deref()),
        (false, Some(true), Some("debug"))
    );
    assert_eq!(
        (config.log.redact, config.log.keep, config.tracing.sampling_rate),
        (vec!["iban".into(), "pin".into()], 3, Some(0.5))
    );
    assert_eq!(config.requests.slow, Some(None));
    let wrong =
        variables(&[("K_METRICS_ENABLD", "1"), ("K_LOG_FORMAT", "xml"), ("K_LOG_KEEP", " "), ("K_REQUESTS_SLOW", "1")]);
    let mut found = problems(Config::new().merge_variables("K", wrong));
    found.sort();
    assert_eq!(
        found,
        [
            "environment: `K_LOG_FORMAT` is \"xml\": expected one of \"text\", \"json\", \"tree\"",
            "environment: `K_METRICS_ENABLD`: there is no such variable; did you mean `K_METRICS_ENABLED`?",
            "environment: `K_REQUESTS_SLOW` is \"1\": expected a duration with its unit: \"100ms\", \"2s\", \"1m 30s\", or \"off\"",
        ]
    );
}

#[test]
fn a_preset_is_for_production_and_what_comes_later_wins() {
    let config = Config::production();
    assert_eq!(
        (config.log.format, config.requests.access_log, config.tracing.sampling_rate),
        (Format::Json, Some(AccessForm::Fields), Some(0.1))
    );
    assert!(config.health.hides_details == Some(true) && config.metrics.enabled);
    let config = config.merge_toml("log.format = \"tree\"", "a").unwrap();
    let mut config = config.merge_variables("X", variables(&[("X_LOG_FORMAT", "text")])).unwrap();
    assert_eq!(config.log.format, Format::Text);
    config.log.format = Format::Json;
    let _logging = config.logging();
}

#[tokio::test]
async fn what_is_configured_is_so() {
    let config = Config::new().merge_toml(ALL, "shop.toml").unwrap();
    let pool = |used: f64| Check::new("pool", move || async move { Finding::healthy().figure("used", used) });
    let builder = |used| Health::builder().check(Check::new("database", std::future::pending::<()>)).check(pool(used));
    for (used, expected) in
        [(0.5, Status::Healthy), (0.85, Status::Degraded), (0.95, Status::Unhealthy), (-0.1, Status::Degraded)]
    {
        let health = config.health(builder(used)).unwrap().build();
        let report = health.report().await;
        assert_eq!(report.check("pool").unwrap().status(), expected, "{used}");
        assert_eq!(report.check("database").unwrap().why(), Some("the check took longer than 500ms"));
        assert!(serde_json::to_string(&report).unwrap().contains("\"uptime_secs\":0"));
    }
    let error = config.health(Health::builder().check(pool(0.1))).unwrap_err();
    assert_eq!(error.to_string(), "`health.checks.database`: there is no such check; there are pool");
    let endpoints = config.endpoints(Endpoints::new()).unwrap();
    let paths: Vec<_> = endpoints.paths().map(|(path, _)| path.to_owned()).collect();
    assert!(paths.contains(&"/internal/metrics".into()) && !paths.contains(&"/metrics".into()), "{paths:?}");
    let layer = config.requests(RequestLayer::new(()));
    assert!(format!("{layer:?}").contains("Combined") && format!("{layer:?}").contains("1.5s"), "{layer:?}");
    let unknown = tallied::init_with(&config.metrics());
    assert_eq!(unknown.is_err(), cfg!(feature = "metrics"), "there is no such family here");
}

#[test]
fn what_is_not_said_stays_as_the_program_has_it() {
    use tallied_service::http::Details;
    use tallied_service::requests::AccessLog;
    let config = Config::new();
    let endpoints = config.endpoints(Endpoints::new().details(Details::Never)).unwrap();
    assert!(format!("{endpoints:?}").contains("details: Never"), "{endpoints:?}");
    let layer = RequestLayer::new(()).access_log(AccessLog::Combined).slow(Duration::from_secs(5));
    let layer = format!("{:?}", config.requests(layer));
    assert!(layer.contains("Combined") && layer.contains("5s"), "{layer}");
    let error = Config::new()
        .merge_toml("metrics.endpoint = \"/health\"", "a")
        .unwrap()
        .endpoints(Endpoints::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`metrics.endpoint` is \"/health\": something else is answered there; name another path"
    );
}

#[test]
fn what_looks_like_a_key_and_is_none_is_an_error() {
    for text in [
        "log.level = \"inof\"",
        "'log.level' = \"info\"",
        "[[log]]\nlevel = \"info\"",
        "log = \"info\"",
        "metrics.endpoint = \"/:x\"",
        "health.uptime_key = \"status\"",
        "log.queue = 99999999999",
    ] {
        assert_eq!(problems(Config::new().merge_toml(text, "a")).len(), 1, "{text}");
    }
    for text in ["observability = \"x\"", "[[observability]]\nlog.level = \"info\""] {
        let wrong = problems(Config::new().merge_toml_table(text, "observability", "a"));
        assert!(wrong[0].ends_with(": expected a table"), "{wrong:?}");
    }
    assert!(Config::new().merge_toml_table("[other]", "observability", "a").is_ok());
    // One may write the prefix with its end.
    let said = variables(&[("SHOP_LOG_KEEP", "3")]);
    assert_eq!(Config::new().merge_variables("SHOP_", said).unwrap().log.keep, 3);
}

#[tokio::test]
async fn a_limit_that_is_configured_leaves_the_others_of_its_figure() {
    let pool = Check::new("pool", || async { Finding::healthy().figure("used", 0.99) })
        .threshold("used", tallied_service::health::Threshold::above(0.8, 0.9));
    let config = Config::new().merge_toml("health.checks.pool.used.degraded_above = 0.7", "a").unwrap();
    let report = config.health(Health::builder().check(pool)).unwrap().build().report().await;
    assert_eq!(report.check("pool").unwrap().why(), Some("used is 0.99, above 0.9"));
}

#[test]
fn a_trace_that_begins_here_is_recorded_as_the_configuration_says() {
    let sampled = |text: &str| {
        let config = Config::new().merge_toml(text, "a").unwrap();
        (0..200).filter(|_| config.trace().is_sampled()).count()
    };
    assert_eq!([sampled(""), sampled("tracing.sampling_rate = 0.0"), sampled("tracing.enabled = false")], [200, 0, 0]);
    let half = sampled("tracing.sampling_rate = 0.5");
    assert!((50..150).contains(&half), "{half}");
}
