//! The example `bext`: an application server, and what its page of metrics, logs and health promises.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tallied_tests::http::{Answer, send};
use tallied_tests::program::{Running, example, run, wait_for};
use tallied_tests::table::{Row, check, counter, gauge, histogram, judge, sum, summary, values};

const APPS: [&str; 4] = ["marketing", "api", "unknown", "bext"];
const SITES: [&str; 2] = ["marketing", "api"];
const LAYERS: [&str; 4] = ["isr", "fragment", "layout", "tenant"];
const PLUGINS: [&str; 2] = ["analytics", "security-headers"];
const HOOKS: [&str; 2] = ["on_request", "on_response"];
const QUANTILES: &[&str] = &["0.5", "0.9", "0.99"];
/// The standard buckets, in milliseconds.
const MILLIS: &[&str] = &["1", "5", "10", "50", "100", "500", "1000", "5000", "10000", "30000", "60000", "300000"];
const MICROS: &[&str] = &["1", "5", "10", "25", "50", "100", "250", "500", "1000", "5000", "10000", "100000"];
const BYTES: &[&str] = &[
    "64",
    "256",
    "1024",
    "4096",
    "16384",
    "65536",
    "262144",
    "1.048576e+06",
    "4.194304e+06",
    "1.6777216e+07",
    "6.7108864e+07",
    "2.68435456e+08",
];
const ROUTES: [&str; 9] = [
    "/",
    "/about",
    "/posts/{slug}",
    "/v1/stations",
    "/v1/stations/{id}",
    "/_bext/deploys/{app}",
    "/_bext/flows/{flow}/{app}",
    "/_bext/invalidations/{app}",
    "unmatched",
];

/// The whole table.
fn table() -> Vec<Row> {
    let routes = &ROUTES;
    vec![
        counter("bext_requests_total")
            .label("app", &APPS)
            .label("method", &["GET", "POST"])
            .label("route", routes)
            .label("status", &["200", "204", "404", "422"]),
        summary("bext_request_duration_ms", QUANTILES).label("app", &APPS).label("route", routes),
        histogram("bext_request_size_bytes", BYTES).label("app", &APPS).label("direction", &["request", "response"]),
        // The kit's own, beside them.
        gauge("bext_requests_in_flight").label("app", &APPS),
        counter("bext_cache_hits_total").label("app", &SITES).label("layer", &LAYERS),
        counter("bext_cache_misses_total").label("app", &SITES).label("layer", &LAYERS),
        counter("bext_cache_evictions_total").label("app", &["marketing"]).label("layer", &LAYERS),
        gauge("bext_cache_entries").label("app", &SITES).label("layer", &LAYERS),
        gauge("bext_cache_bytes").label("app", &SITES).label("layer", &LAYERS),
        counter("bext_cache_invalidations_total").label("app", &SITES).label("method", &["tag", "path", "gc"]),
        histogram("bext_cache_operation_duration_us", MICROS).label("operation", &["get", "put", "invalidate"]),
        gauge("bext_isolate_count").label("app", &SITES),
        gauge("bext_isolate_memory_bytes").label("app", &SITES),
        summary("bext_isolate_render_duration_ms", QUANTILES).label("app", &SITES),
        counter("bext_isolate_errors_total")
            .label("app", &["marketing"])
            .label("error_type", &["missing_value", "recursion", "too_large", "too_much_work", "crash"]),
        gauge("bext_compression_ratio").label("app", &["marketing"]).label("encoding", &["gzip", "brotli"]),
        histogram("bext_compression_duration_us", MICROS)
            .label("app", &["marketing"])
            .label("encoding", &["gzip", "brotli"]),
        histogram("bext_plugin_duration_us", MICROS).label("plugin", &PLUGINS).label("hook", &HOOKS),
        counter("bext_plugin_errors_total").label("plugin", &["analytics"]).label("hook", &HOOKS),
        counter("bext_plugin_fuel_consumed").label("plugin", &PLUGINS),
        counter("bext_deploys_total").label("app", &SITES).label("status", &["success", "failed", "rolled_back"]),
        histogram("bext_deploy_duration_ms", MILLIS).label("app", &SITES),
        gauge("bext_flow_active_runs"),
        counter("bext_flow_completed_total"),
        counter("bext_flow_failed_total"),
        histogram("bext_flow_step_duration_ms", MILLIS).label("flow_name", &["warm", "digest"]),
    ]
}

fn command() -> Command {
    let mut command = Command::new(example("bext"));
    command.env_remove("RUST_LOG");
    command
}

/// With the configuration that it comes with, of which this takes the place of the thresholds: they depend on the machine.
fn serve(thresholds: &str) -> (Running, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bext.toml");
    let (before, _) = include_str!("../examples/bext/bext.toml").split_once("[health.checks").unwrap();
    std::fs::write(&config, format!("{before}{thresholds}")).unwrap();
    let slow = ("BEXT_REQUESTS_SLOW", "1ns");
    let mut running = Running::start(command().args(["--listen", "127.0.0.1:0", "--config"]).arg(&config).envs([slow]));
    let address = running.listening();
    (running, address)
}

fn get(address: &str, app: &str, path: &str, headers: &str) -> Answer {
    send(address, "GET", path, &format!("x-app: {app}\r\n{headers}"), "").unwrap()
}

fn post(address: &str, path: &str, body: &Value) -> Answer {
    send(address, "POST", path, "Content-Type: application/json\r\n", &body.to_string()).unwrap()
}

fn metrics(address: &str) -> String {
    get(address, "", "/metrics", "").body
}

#[test]
fn what_it_prints_is_its_whole_table_and_what_was_done() {
    let (text, log) = run(command().arg("--once"));
    check("what_it_prints_is_its_whole_table_and_what_was_done", &text, "bext_", &table());
    let of = |name: &str, labels: &[(&str, &str)]| sum(&text, name, labels);
    let requests = |app, status| of("bext_requests_total", &[("app", app), ("status", status)]);
    assert_eq!([requests("marketing", "200"), requests("marketing", "404")], [8.0, 3.0]);
    assert_eq!([requests("api", "200"), requests("unknown", "404"), requests("bext", "422")], [3.0, 1.0, 3.0]);
    assert_eq!(of("bext_request_duration_ms_count", &[]), of("bext_requests_total", &[]));
    let deploys = |app, status| of("bext_deploys_total", &[("app", app), ("status", status)]);
    let of_marketing = ["success", "failed", "rolled_back"].map(|status| deploys("marketing", status));
    assert_eq!((of_marketing, deploys("api", "success")), ([2.0, 1.0, 1.0], 1.0));
    assert_eq!(of("bext_deploy_duration_ms_count", &[]), 5.0);
    assert_eq!(of("bext_isolate_errors_total", &[("error_type", "missing_value")]), 1.0);
    assert_eq!([of("bext_flow_completed_total", &[]), of("bext_flow_failed_total", &[])], [2.0, 1.0]);
    assert_eq!([of("bext_flow_active_runs", &[]), of("bext_isolate_count", &[])], [0.0, 4.0]);
    let operations = |operation| of("bext_cache_operation_duration_us_count", &[("operation", operation)]);
    let asked = of("bext_cache_hits_total", &[]) + of("bext_cache_misses_total", &[]);
    assert_eq!(operations("get"), asked);
    // What was put there is there, or has gone in one of two ways.
    let gone = of("bext_cache_evictions_total", &[]) + of("bext_cache_invalidations_total", &[]);
    assert_eq!(operations("put"), of("bext_cache_entries", &[]) + gone);
    assert_eq!(of("bext_cache_evictions_total", &[("app", "marketing"), ("layer", "isr")]), 1.0);
    for encoding in ["gzip", "brotli"] {
        let labels = [("app", "marketing"), ("encoding", encoding)];
        assert_eq!(of("bext_compression_duration_us_count", &labels), 1.0);
        assert!(of("bext_compression_ratio", &labels) > 1.0, "{encoding}");
    }
    let hooks = |plugin, hook| of("bext_plugin_duration_us_count", &[("plugin", plugin), ("hook", hook)]);
    // What the server was asked itself passes no plugin.
    assert!(PLUGINS.iter().all(|plugin| HOOKS.iter().all(|hook| hooks(plugin, hook) == 15.0)), "{text}");
    assert_eq!(of("bext_plugin_errors_total", &[("plugin", "analytics"), ("hook", "on_request")]), 1.0);
    // A unit for each byte of the paths, and all that there is for the one that is too long.
    assert_eq!(of("bext_plugin_fuel_consumed", &[("plugin", "analytics")]), 108.0 + 512.0);

    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let levels = |message: &str| -> Vec<&str> {
        let of = lines.iter().filter(|line| line["message"] == message);
        of.map(|line| line["level"].as_str().unwrap()).collect()
    };
    assert_eq!(levels("request completed").len(), 23);
    assert_eq!((levels("plugin failed"), levels("deployment rolled back")), (vec!["error"], vec!["error"]));
    assert_eq!((levels("cache entry evicted"), levels("deployed")), (vec!["warn"], vec!["info"; 3]));
    // In the name of the request that waits for the task, whose fields stand as they are.
    let line = lines.iter().find(|line| line["message"] == "deployment rolled back").unwrap();
    assert_eq!([&line["path"], &line["page"], &line["version"]], ["/_bext/deploys/marketing", "/", "m4"]);
    assert!(line["trace_id"].is_string(), "{line}");
    // `[apps.api] log_level = "debug"`: of that one alone.
    let asked: Vec<&Value> = lines.iter().filter(|line| line["message"] == "cache asked").collect();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| line["app"] == "api" && line["level"] == "debug"),
        "{asked:?}"
    );
    let line = lines.iter().find(|line| line["cache"] == "hit" && line["message"] == "request completed").unwrap();
    for key in ["timestamp", "level", "target", "app", "method", "path", "status", "duration_ms", "trace_id", "span_id"]
    {
        assert!(!line[key].is_null(), "{key}: {line}");
    }
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == "2026-03-28T15:30:42.123Z".len() && timestamp.ends_with('Z'), "{timestamp}");
}

#[test]
fn it_serves_pages_with_what_the_page_promises_of_health_and_metrics() {
    const NAME: &str = "it_serves_pages_with_what_the_page_promises_of_health_and_metrics";
    let (running, address) = serve("");
    let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let home = get(&address, "marketing", "/", parent);
    assert!(
        home.head.contains("x-content-type-options: nosniff") && home.body.contains("Rivers &amp; roads"),
        "{home:?}"
    );
    let host = send(&address, "GET", "/v1/stations/n1", "", "").unwrap();
    assert_eq!(host.status(), 404, "127 is no application");
    assert_eq!(host.json(), json!({ "error": "there is no application `127`; there are api, marketing" }));
    let station = get(&address, "api", "/v1/stations/n1", "");
    assert!(
        station.json()["level_cm"] == 143 && station.head.contains("content-type: application/json"),
        "{station:?}"
    );
    assert!(home.head.contains("content-type: text/html; charset=utf-8"), "{home:?}");
    assert_eq!(send(&address, "DELETE", "/", "x-app: api\r\n", "").unwrap().status(), 405);
    for (app, path) in [("marketing", "/"), ("api", "/v1/stations")] {
        assert_eq!(get(&address, app, path, "x-tenant: nobody\r\n").status(), 404);
    }
    assert!(get(&address, "marketing", "/", "accept-encoding: br\r\n").head.contains("content-encoding: br"));

    let health = get(&address, "", "/health", "").json();
    assert_eq!([&health["status"], &health["version"]], ["healthy", "0.1.0"]);
    assert!(health["uptime_secs"].is_u64(), "{health}");
    let checks = &health["checks"];
    for (check, figures) in [
        ("database", &["latency_ms"][..]),
        ("cache", &["entries", "hit_rate"]),
        ("isolates", &["active", "max"]),
        ("flow_engine", &["active_runs"]),
        ("plugins", &["loaded"]),
        ("disk", &["data_dir_mb", "free_mb"]),
    ] {
        assert_eq!(checks[check]["status"], "healthy", "{checks}");
        assert!(figures.iter().all(|figure| checks[check][figure].is_number()), "{check}: {checks}");
    }
    assert_eq!(checks["isolates"], json!({ "status": "healthy", "active": 4, "max": 28 }));
    assert_eq!(checks["plugins"]["loaded"], 2);
    assert_eq!(health["apps"]["marketing"], json!({ "status": "running", "version": "m1" }));
    assert_eq!(
        [get(&address, "", "/health/live", ""), get(&address, "", "/health/ready", "")].map(|a| a.status()),
        [200; 2]
    );

    let view = wait_for("rates", || {
        let view = get(&address, "", "/metrics?format=json", "").json();
        get(&address, "api", "/v1/stations", "");
        view["apps"]["api"]["requests"]["rps"].is_f64().then_some(view)
    });
    assert!(view["timestamp"].is_string() && view["uptime_secs"].is_u64(), "{view}");
    let api = &view["apps"]["api"];
    assert!(api["requests"]["total"].as_u64().unwrap() >= 2, "{view}");
    assert!(api["cache"]["hit_rate"].as_f64().unwrap() > 0.0 && api["cache"]["entries"] == 4, "{view}");
    assert!(api["isolate"]["workers"] == 2 && api["isolate"]["avg_render_ms"].is_f64(), "{view}");
    assert!(api["isolate"]["memory_mb"].is_u64() && api["cache"]["bytes"].as_u64().unwrap() > 20, "{view}");
    assert_eq!(api["errors"], json!({ "total": 0, "rate": 0.0 }));
    assert!(view["apps"].as_object().unwrap().keys().eq(["api", "marketing"]), "{view}");
    assert!(view["plugins"]["security-headers"]["avg_us"].is_f64(), "{view}");
    for figure in ["memory_mb", "cpu_percent", "open_fds"] {
        assert!(view["system"][figure].is_number(), "{view}");
    }

    let scraped = get(&address, "", "/metrics", "");
    // Nothing comes between them that has to do with pages.
    let view = get(&address, "", "/metrics?format=json", "").json();
    let of_api = |name| sum(&scraped.body, name, &[("app", "api")]);
    let [hits, misses] = ["bext_cache_hits_total", "bext_cache_misses_total"].map(of_api);
    assert_eq!(view["apps"]["api"]["cache"]["hit_rate"], hits / (hits + misses));
    let passed = sum(&scraped.body, "bext_requests_total", &[]);
    assert_eq!(view["plugins"]["analytics"]["calls"].as_f64(), Some(passed), "no request was for the server itself");
    assert!(scraped.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", scraped.head);
    judge(NAME, "openmetrics", &get(&address, "", "/metrics?format=openmetrics", "").body);

    let said = running.terminate();
    let lines: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let traced: Vec<_> = lines.iter().filter(|line| line["trace_id"] == "0af7651916cd43dd8448eb211c80319c").collect();
    assert!(traced.iter().any(|line| line["message"] == "request completed"), "{traced:?}");
    assert!(traced.iter().any(|line| line["message"] == "slow request" && line["level"] == "warn"), "{traced:?}");
    // Both were asked for pages; one has `log_level = "debug"`.
    let asked: Vec<_> = lines.iter().filter(|line| line["message"] == "cache asked").collect();
    assert!(!asked.is_empty() && asked.iter().all(|line| line["app"] == "api"), "{asked:?}");
}

#[test]
fn a_figure_above_its_threshold_degrades_it() {
    let (_running, address) = serve("[health.checks.cache.entries]\ndegraded_above = 0\n");
    let health = get(&address, "", "/health", "");
    assert_eq!((health.status(), &health.json()["status"]), (200, &json!("degraded")));
    assert_eq!(health.json()["checks"]["cache"]["status"], "degraded");
    assert_eq!(get(&address, "", "/health/ready", "").status(), 200);
}

#[test]
fn what_is_deployed_while_it_runs_is_served_or_never_was() {
    let (_running, address) = serve("");
    let site = |version: &str, page: &str, more: Value| {
        let mut site = json!({ "version": version, "pages": { "/": page }, "content": { "/": { "name": version } } });
        site.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site
    };
    let deploy = |app: &str, site: &Value| post(&address, &format!("/_bext/deploys/{app}"), site);
    let made_anew = || {
        let gone = post(&address, "/_bext/invalidations/blog", &json!({ "path": "/" }));
        assert!(gone.status() == 200 && gone.json()["entries"].is_u64(), "{gone:?}");
        get(&address, "blog", "/", "").body
    };
    assert_eq!(deploy("blog", &site("b1", "I am {{name}}", json!({}))).status(), 204);
    assert_eq!(get(&address, "blog", "/", "").body, "I am b1");
    // Pages that cannot be rendered: recursion, what is too large, too much work, and content that a pattern matches.
    let endless = json!({ "fragments": { "a": "{{> a}}" } });
    let refused = deploy("blog", &site("b2", "{{> a}}", endless));
    assert!(refused.status() == 422 && refused.body.contains("nothing has changed"), "{refused:?}");
    assert_eq!(made_anew(), "I am b1");
    let large = "x".repeat(600_000);
    assert_eq!(deploy("blog", &site("b3", &large.repeat(2), json!({}))).status(), 422);
    assert_eq!(made_anew(), "I am b1");
    let each = "{{#each a}}".repeat(6) + &"{{/each}}".repeat(6);
    let much = json!({ "content": { "/": { "a": vec![0; 10], "name": "b4" } } });
    assert_eq!(deploy("blog", &site("b4", &each, much)).status(), 422);
    assert_eq!(made_anew(), "I am b1");
    let of_pattern =
        json!({ "pages": { "/": "{{name}}", "/{x}": "{{y}}" }, "content": { "/": { "name": "b5" }, "/z": {} } });
    let refused = deploy("blog", &site("b5", "", of_pattern));
    assert!(refused.status() == 422 && refused.body.contains("/z of version b5"), "{refused:?}");
    assert_eq!(made_anew(), "I am b1");
    // What is not understood: a fragment that there is not, lists too deep in each other, a body, and a name.
    assert_eq!(deploy("blog", &site("b6", "{{> nothing}}", json!({}))).status(), 422);
    let deep = "{{#each a}}".repeat(30_000) + &"{{/each}}".repeat(30_000);
    assert_eq!(deploy("blog", &site("b7", &deep, json!({}))).status(), 422);
    assert!(deploy("blog", &json!({ "version": 1 })).json()["error"].is_string());
    assert_eq!(deploy("b_log", &site("b8", "", json!({}))).status(), 422);
    assert_eq!(made_anew(), "I am b1");
    let text = metrics(&address);
    let deploys = |status| sum(&text, "bext_deploys_total", &[("app", "blog"), ("status", status)]);
    assert_eq!(["success", "failed", "rolled_back"].map(deploys), [1.0, 2.0, 4.0]);
    let errors = |error_type| sum(&text, "bext_isolate_errors_total", &[("app", "blog"), ("error_type", error_type)]);
    assert_eq!(["recursion", "too_large", "too_much_work", "crash"].map(errors), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(sum(&text, "bext_cache_entries", &[("app", "blog")]), 2.0, "a page and its tenant");
    assert_eq!(get(&address, "", "/health", "").json()["apps"]["blog"]["version"], "b1");
    // The same version, made otherwise, and without the content that was; and not that the second time.
    let second = json!({ "content": { "/": { "title": "new" } } });
    assert_eq!(deploy("blog", &site("b1", "I am {{title}}", second)).status(), 204);
    assert_eq!(get(&address, "blog", "/", "").body, "I am new");
    assert_eq!(deploy("blog", &site("b1", "{{missing}}", json!({}))).status(), 422);
    assert_eq!((get(&address, "blog", "/", "").body, made_anew()), ("I am new".to_owned(), "I am new".to_owned()));

    for path in ["/_bext/flows/warm/nobody", "/_bext/flows/nothing/blog", "/_bext/invalidations/nobody"] {
        let refused = post(&address, path, &json!({ "tag": "a" }));
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(refused.status() == 404 && error.contains("`no") && error.contains("; there are"), "{refused:?}");
    }
    assert_eq!(sum(&metrics(&address), "bext_flow_failed_total", &[]), 0.0);
    assert_eq!(post(&address, "/_bext/invalidations/blog", &json!({ "path": "/" })).json()["entries"], 1);
}

#[test]
fn applications_and_routes_that_strangers_make_up_make_no_series() {
    let (_running, address) = serve("");
    for n in 0..30 {
        get(&address, &format!("app{n}"), &format!("/{n}"), "");
        get(&address, "marketing", &format!("/made/up/{n}"), "");
        get(&address, "marketing", &format!("/posts/{n}"), "");
    }
    assert_eq!(get(&address, "api", "/made/up", "").status(), 404);
    let deploy = |app: &str| {
        let site = json!({ "version": "1", "pages": { "/": "a page" }, "content": { "/": {} } });
        post(&address, &format!("/_bext/deploys/{app}"), &site)
    };
    let long = "a".repeat(33);
    for refused in ["Upper", "unknown", "bext", "under_score", long.as_str()] {
        assert_eq!(deploy(refused).status(), 422, "{refused}");
    }
    // As many as there is room for, with the two that it comes with.
    for n in 0..12 {
        assert_eq!(deploy(&format!("own{n}")).status(), 204);
        assert_eq!(get(&address, &format!("own{n}"), "/", "").status(), 200);
    }
    for n in 12..20 {
        let refused = deploy(&format!("own{n}"));
        assert!(refused.status() == 422 && refused.body.contains("at most 14"), "{refused:?}");
    }
    assert_eq!(deploy("own0").status(), 204);
    let text = metrics(&address);
    let mut known: Vec<String> = (0..12).map(|n| format!("own{n}")).collect();
    known.extend(APPS.map(str::to_owned));
    let families: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for family in &families {
        let apps = values(&text, family, "app");
        assert!(apps.iter().all(|app| known.contains(app)), "{family}: {apps:?}");
    }
    let apps = values(&text, "bext_requests_total", "app");
    assert_eq!(apps, known.into_iter().collect());
    let routes = values(&text, "bext_requests_total", "route");
    assert_eq!(routes.len(), 4, "{routes:?}");
    assert_eq!(sum(&text, "bext_requests_total", &[("app", "unknown")]), 30.0);
    assert_eq!(sum(&text, "bext_requests_total", &[]), 91.0 + 5.0 + 24.0 + 8.0 + 1.0);
}

#[test]
fn logs_go_to_files_that_rotate_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bext.toml");
    let log = folder.path().join("logs/bext.log");
    let output = log.display();
    std::fs::write(
        &config,
        format!("[log]\nformat = \"json\"\noutput = \"{output}\"\nmax_bytes = 2000\nkeep = 3\n[requests]\naccess_log = \"combined\"\n"),
    )
    .unwrap();
    let _ = run(command().args(["--once", "--config"]).arg(&config));
    let files: Vec<_> = std::fs::read_dir(log.parent().unwrap()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(text.contains("POST /_bext/flows/warm/api HTTP/1.1"), "{text}");
    let wrong = command().args(["--once"]).env("BEXT_LOG_FORMAT", "yaml").output().unwrap();
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("BEXT_LOG_FORMAT"));
    let wrong = command().args(["--listen", "nowhere"]).output().unwrap();
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(!wrong.status.success() && said.contains("--listen nowhere: invalid socket address"), "{said}");
}
