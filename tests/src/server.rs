//! A real Prometheus server that scrapes a program of ours.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::http::request;
use crate::program::{Running, wait_for};

/// The value of an expression that gives one number.
#[must_use]
pub fn query(server: &str, expression: &str) -> Option<f64> {
    let encode = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
        c => format!("%{:02X}", c as u32),
    };
    let expression: String = expression.chars().map(encode).collect();
    let answer = request(server, "GET", &format!("/api/v1/query?query={expression}")).ok()?;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// The states of the alerts that there are rules for, by name, once each was evaluated: `inactive`, `pending`, `firing`.
#[must_use]
pub fn alerts(server: &str) -> Option<Vec<(String, String)>> {
    let answer = request(server, "GET", "/api/v1/rules").ok()?;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    let rules = answer["data"]["groups"].as_array()?.iter().filter_map(|group| group["rules"].as_array());
    rules
        .flatten()
        .map(|rule| {
            let is_evaluated = rule["health"] == "ok";
            is_evaluated.then(|| Some((rule["name"].as_str()?.to_owned(), rule["state"].as_str()?.to_owned())))?
        })
        .collect()
}

/// A server that scrapes the target, and evaluates these rules, every second, once the target is healthy.
///
/// # Panics
///
/// If it cannot be started, or cannot scrape the target.
#[must_use]
pub fn scraping(prometheus: &Path, folder: &Path, target: &str, rules: Option<&Path>) -> (String, Running) {
    let configuration = folder.join("prometheus.yml");
    let rules = rules.map(|rules| format!("rule_files: ['{}']", rules.display())).unwrap_or_default();
    let jobs = format!("scrape_configs: [{{job_name: job, static_configs: [{{targets: ['{target}']}}]}}]");
    let every = "global: {scrape_interval: 1s, evaluation_interval: 1s}";
    std::fs::write(&configuration, format!("{every}\n{rules}\n{jobs}\n")).expect("the folder can be written");
    // Another program may take the free port before the server does: then the next one.
    let (server, running) = (0..5)
        .find_map(|attempt| {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let server = format!("127.0.0.1:{}", free.expect("there is a free port").port());
            let mut command = Command::new(prometheus);
            command
                .arg(format!("--config.file={}", configuration.display()))
                .arg(format!("--storage.tsdb.path={}", folder.join(format!("data{attempt}")).display()))
                .arg(format!("--web.listen-address={server}"))
                .arg("--enable-feature=exemplar-storage,native-histograms");
            let mut running = Running::start(&mut command);
            let ready = wait_for("the server to be ready", || {
                let ready = request(&server, "GET", "/-/ready").is_ok_and(|answer| answer.head.contains(" 200 "));
                (ready || !running.is_running()).then_some(ready)
            });
            (ready && running.is_running()).then_some((server, running))
        })
        .expect("a server starts");
    let health = wait_for("the target to be scraped", || {
        let answer = request(&server, "GET", "/api/v1/targets").ok()?;
        let answer: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
        let target = &answer["data"]["activeTargets"][0];
        let health = target["health"].as_str()?.to_owned();
        (health != "unknown").then(|| (health, target["lastError"].to_string()))
    });
    assert_eq!(health, ("up".into(), "\"\"".into()));
    (server, running)
}
