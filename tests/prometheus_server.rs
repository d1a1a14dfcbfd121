//! A real Prometheus server scrapes the quickstart, and its query API gives back what the folder holds.

use std::process::Command;

use tallied_tests::http::request;
use tallied_tests::judges::find;
use tallied_tests::program::{Running, quickstart, wait_for, write_files};

/// The value of an expression that gives one number.
fn query(server: &str, expression: &str) -> Option<f64> {
    let encode = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
        c => format!("%{:02X}", c as u32),
    };
    let expression: String = expression.chars().map(encode).collect();
    let answer = request(server, "GET", &format!("/api/v1/query?query={expression}")).ok()?;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

#[test]
fn prometheus_scrapes_the_quickstart_and_gives_back_its_counts() {
    let Some(prometheus) = find("prometheus_scrapes_the_quickstart_and_gives_back_its_counts", "prometheus") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    std::fs::create_dir(&files).unwrap();
    write_files(&files, 40, 3);
    let mut command = Command::new(quickstart());
    let mut program = Running::start(command.arg(&files).args(["--listen", "127.0.0.1:0", "--limit", "60000"]));
    let line = program.line("serving http://");
    let target = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    program.line("still serving");

    let configuration = folder.path().join("prometheus.yml");
    let jobs = format!("scrape_configs: [{{job_name: quickstart, static_configs: [{{targets: ['{target}']}}]}}]");
    std::fs::write(&configuration, format!("global: {{scrape_interval: 1s}}\n{jobs}\n")).unwrap();
    // Another program may take the free port before the server does: then the next one.
    let (server, mut running) = (0..5)
        .find_map(|attempt| {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let server = format!("127.0.0.1:{port}");
            let mut command = Command::new(&prometheus);
            command
                .arg(format!("--config.file={}", configuration.display()))
                .arg(format!("--storage.tsdb.path={}", folder.path().join(format!("data{attempt}")).display()))
                .arg(format!("--web.listen-address={server}"));
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

    for (expression, expected) in [
        ("quickstart_task_calls_total{task_name='index_file',status='ok'}", 40.0),
        ("quickstart_task_calls_total{status='error'}", 3.0),
        ("sum(quickstart_task_calls_total)", 43.0),
        ("sum(quickstart_step_calls_total{step_name='read'})", 43.0),
        ("sum(quickstart_step_duration_seconds_count{step_name='count'})", 40.0),
        ("sum(quickstart_step_duration_seconds_bucket{step_name='decode',le='+Inf'})", 43.0),
        ("quickstart_task_in_flight", 0.0),
        ("histogram_quantile(1, quickstart_task_duration_seconds_bucket{status='ok'}) > bool 0", 1.0),
        ("sum(up)", 1.0),
    ] {
        let found = wait_for(expression, || query(&server, expression));
        assert!((found - expected).abs() < 1e-9, "{expression} is {found}, not {expected}");
    }
    assert!(running.is_running() && program.is_running());
}
