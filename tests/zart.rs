//! The example `zart`: a durable task queue, and what its page of metrics, alerts and probes promises.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers
#![cfg_attr(not(feature = "metrics"), allow(unused_imports))]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tallied_tests::http::{Answer, request, send};
use tallied_tests::judges::{ask, find, workspace};
use tallied_tests::program::{Running, example_of, run, wait_for};
use tallied_tests::server::{alerts, query, scraping};
use tallied_tests::table::{STANDARD, check, counter, gauge, histogram, judge, sum};

fn program() -> PathBuf {
    let features: &[&str] = if cfg!(feature = "metrics") { &[] } else { &["--no-default-features"] };
    example_of("zart-example", "zart", features)
}

fn command() -> Command {
    let mut command = Command::new(program());
    command.env_remove("RUST_LOG");
    command
}

/// A program that serves, with these further arguments.
fn serve(arguments: &[&str]) -> (Running, String) {
    let mut running = Running::start(command().args(["--listen", "127.0.0.1:0"]).args(arguments));
    let address = running.listening();
    (running, address)
}

fn schedule(address: &str, task: &str, input: &Value) -> Answer {
    let json = "Content-Type: application/json\r\n";
    send(address, "POST", &format!("/tasks/{task}"), json, &input.to_string()).unwrap()
}

fn id(address: &str, task: &str, input: &Value) -> u64 {
    let answer = schedule(address, task, input);
    assert_eq!(answer.status(), 201, "{answer:?}");
    answer.json()["id"].as_u64().unwrap()
}

fn get(address: &str, path: &str) -> Answer {
    request(address, "GET", path).unwrap()
}

/// Waits until a task is in a state, and gives it.
fn ended(address: &str, id: u64, state: &str) -> Value {
    wait_for(state, || {
        let task = get(address, &format!("/tasks/{id}")).json();
        (task["state"] == state).then_some(task)
    })
}

fn metrics(address: &str) -> String {
    get(address, "/metrics").body
}

#[cfg(feature = "metrics")]
#[test]
fn what_it_prints_is_its_whole_table_and_what_was_done() {
    const NAME: &str = "what_it_prints_is_its_whole_table_and_what_was_done";
    let (text, log) = run(command().arg("--once"));
    let tasks = ["publish", "count_primes"];
    let steps = ["parse", "link", "approve", "write", "sieve"];
    let task_status = ["completed", "failed", "cancelled", "scheduled"];
    let step_status = ["completed", "failed", "scheduled", "waiting_for_event"];
    check(
        NAME,
        &text,
        "zart_",
        &[
            counter("zart_tasks_total").label("status", &task_status),
            // Nothing that ran was cancelled.
            histogram("zart_task_duration_seconds", STANDARD)
                .label("task_name", &tasks)
                .label("status", &["completed", "failed", "scheduled"]),
            counter("zart_executions_total")
                .label("status", &["started", "waiting", "retried", "completed", "failed", "cancelled"])
                .label("task_name", &tasks),
            counter("zart_steps_total").label("status", &step_status).label("step_name", &steps),
            histogram("zart_step_duration_seconds", STANDARD)
                .label("step_name", &steps)
                .label("status", &["completed", "failed", "waiting_for_event"]),
            gauge("zart_queue_depth"),
            gauge("zart_worker_concurrent_tasks"),
            histogram("zart_poll_interval_seconds", STANDARD),
            counter("zart_events_delivered_total")
                .label("event_name", &["approved"])
                .label("status", &["delivered", "early", "not_found", "failed"]),
            counter("zart_task_heartbeat_renewals_total").unused(),
            gauge("zart_heartbeat_active"),
        ],
    );

    let sections = include_str!("../README.md").split("\n## ").count();
    // The sections, one that came early, and one that was agreed to; and the primes.
    let (published, primes) = (f64::from(u32::try_from(sections).unwrap()) + 2.0, 1.0);
    let tasks = |status| sum(&text, "zart_tasks_total", &[("status", status)]);
    assert_eq!([tasks("completed"), tasks("failed"), tasks("cancelled")], [published + primes, 2.0, 1.0]);
    let of = |name, labels: &[(&str, &str)]| sum(&text, name, labels);
    let publish = ("task_name", "publish");
    let executions = |status| of("zart_executions_total", &[publish, ("status", status)]);
    assert_eq!(executions("started"), published + 3.0);
    assert_eq!([executions("completed"), executions("failed"), executions("cancelled")], [published, 2.0, 1.0]);
    assert_eq!(executions("waiting"), 2.0);
    // What was scheduled: once each from outside, once by the event that somebody waited for, and once a retry.
    assert_eq!(tasks("scheduled"), published + primes + 3.0 + 1.0 + executions("retried"));
    let duration = |status| of("zart_task_duration_seconds_count", &[publish, ("status", status)]);
    assert_eq!([duration("completed"), duration("failed")], [published, 2.0]);
    assert_eq!(duration("scheduled"), executions("retried") + executions("waiting"));
    let steps = |step, status| of("zart_steps_total", &[("step_name", step), ("status", status)]);
    assert_eq!([steps("parse", "completed"), steps("parse", "failed")], [published + 2.0, 1.0]);
    assert_eq!([steps("write", "completed"), steps("sieve", "completed")], [published, 16.0]);
    assert_eq!([steps("approve", "waiting_for_event"), steps("approve", "completed")], [2.0, 1.0]);
    // Every failure of `link` was a retry, but for the last one.
    assert_eq!(steps("link", "failed"), executions("retried") + 1.0);
    let failed = of("zart_step_duration_seconds_count", &[("step_name", "link"), ("status", "failed")]);
    assert_eq!(failed, steps("link", "failed"));
    let events = |status| of("zart_events_delivered_total", &[("event_name", "approved"), ("status", status)]);
    assert_eq!([events("delivered"), events("not_found"), events("early")], [1.0, 1.0, 0.0]);
    for gauge in ["zart_queue_depth", "zart_worker_concurrent_tasks", "zart_heartbeat_active"] {
        assert_eq!(of(gauge, &[]), 0.0, "{gauge}");
    }
    assert!(of("zart_poll_interval_seconds_count", &[]) > 5.0);

    let lines = |level: &str, message: &str| {
        let is = |line: &&str| line.contains(&format!(" {level} ")) && line.contains(message);
        log.lines().filter(is).count()
    };
    assert_eq!(lines("INFO", ": task completed"), sections + 3, "{log}");
    assert_eq!(lines("ERROR", ": task failed"), 2);
    let retried = u32::try_from(lines("WARN", ": task failed and is tried again")).unwrap();
    assert_eq!(f64::from(retried), executions("retried"));
}

#[cfg(feature = "metrics")]
#[test]
fn it_serves_what_an_orchestrator_and_a_server_ask_for() {
    const NAME: &str = "it_serves_what_an_orchestrator_and_a_server_ask_for";
    let (running, address) = serve(&[]);
    let scraped = get(&address, "/metrics");
    assert!(scraped.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", scraped.head);
    for path in ["/healthz", "/readyz", "/health", "/worker"] {
        wait_for(path, || (get(&address, path).status() == 200).then_some(()));
    }
    assert_eq!(get(&address, "/health").json()["checks"]["database"]["queued"], 0);
    assert_eq!(schedule(&address, "unknown", &json!({})).status(), 404);
    assert_eq!(get(&address, "/tasks/99").status(), 404);

    let primes = id(&address, "count_primes", &json!({ "below": 1_000_000 }));
    assert_eq!(ended(&address, primes, "completed")["result"]["primes"], 78_498);
    let wrong = id(&address, "publish", &json!({ "title": "../outside", "text": "a text" }));
    assert!(ended(&address, wrong, "failed")["error"].as_str().unwrap().contains("is no title"));

    let before = metrics(&address);
    // It would take hours: heartbeats keep it, until it is cancelled, and then one of them finds it gone.
    let hours = 10_000_000_000_u64;
    let endless = id(&address, "count_primes", &json!({ "below": hours, "part": hours }));
    let of = |text: &str, name: &str, labels: &[(&str, &str)]| sum(text, name, labels);
    let renewals = |text: &str, status| {
        of(text, "zart_task_heartbeat_renewals_total", &[("task_name", "count_primes"), ("status", status)])
    };
    let renewed = renewals(&before, "success");
    let text =
        wait_for("two renewals", || Some(metrics(&address)).filter(|text| renewals(text, "success") >= renewed + 2.0));
    assert_eq!([of(&text, "zart_heartbeat_active", &[]), of(&text, "zart_worker_concurrent_tasks", &[])], [1.0, 1.0]);
    let cancel = |id| request(&address, "DELETE", &format!("/tasks/{id}")).unwrap().status();
    assert_eq!([cancel(endless), cancel(endless)], [204, 409]);
    let cancelled = [("task_name", "count_primes"), ("status", "cancelled")];
    let dropped = |times| {
        wait_for("the task to be dropped", || {
            let text = metrics(&address);
            (of(&text, "zart_task_duration_seconds_count", &cancelled) == times).then_some(text)
        })
    };
    assert_eq!([renewals(&dropped(1.0), "not_found"), renewals(&dropped(1.0), "failed")], [1.0, 0.0]);
    // One of many steps finds it by itself, or by a heartbeat.
    let steps = id(&address, "count_primes", &json!({ "below": hours }));
    ended(&address, steps, "running");
    assert_eq!(cancel(steps), 204);
    let text = dropped(2.0);
    assert_eq!(of(&text, "zart_tasks_total", &[("status", "cancelled")]), 2.0);
    assert_eq!(of(&text, "zart_executions_total", &cancelled), 2.0);
    assert_eq!([of(&text, "zart_heartbeat_active", &[]), of(&text, "zart_worker_concurrent_tasks", &[])], [0.0, 0.0]);

    // An event may come before anybody asks for it.
    let events = format!("/tasks/{endless}/events/approved");
    let bring =
        |path: &str| send(&address, "POST", path, "Content-Type: application/json\r\n", "{\"by\":\"Eve\"}").unwrap();
    assert_eq!(bring(&events).status(), 404);
    let agreed = id(&address, "publish", &json!({ "title": "agreed", "text": "a text", "ask": true }));
    assert_eq!(bring(&format!("/tasks/{agreed}/events/approved")).status(), 202);
    assert_eq!(ended(&address, agreed, "completed")["result"]["approved_by"], "Eve");

    judge(NAME, "openmetrics", &get(&address, "/metrics?format=openmetrics").body);
    let said = running.terminate();
    assert!(said.last().unwrap().contains("worker stopped"), "{said:#?}");
}

#[test]
fn a_task_goes_on_where_a_process_that_was_killed_left_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let arguments = ["--data", data.as_str()];
    let (running, address) = serve(&arguments);
    let task = id(&address, "count_primes", &json!({ "below": 20_000_000 }));
    let parts = |text: &str| sum(text, "zart_steps_total", &[("step_name", "sieve"), ("status", "completed")]);
    let before = wait_for("some parts of it", || {
        let is_running = get(&address, &format!("/tasks/{task}")).json()["state"] == "running";
        let done = parts(&metrics(&address));
        (is_running && (done > 20.0 || !cfg!(feature = "metrics"))).then_some(done)
    });
    // Killed, not asked.
    drop(running);
    let (_running, address) = serve(&arguments);
    let task = ended(&address, task, "completed");
    assert_eq!(task["result"]["primes"], 1_270_607);
    assert_eq!(task["claims"], 2, "two workers had it: {task}");
    let after = parts(&metrics(&address));
    assert!(before + after <= 306.0, "no part was done twice: {before} and {after} of 306");
}

#[test]
fn a_task_that_does_not_end_is_put_back_when_the_program_is_asked_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let (running, address) = serve(&["--data", &data]);
    let hours = 10_000_000_000_u64;
    let task = id(&address, "count_primes", &json!({ "below": hours, "part": hours }));
    ended(&address, task, "running");
    let said = running.terminate();
    assert!(said.iter().any(|line| line.contains("task put back")), "{said:#?}");
    let (_running, address) = serve(&["--data", &data, "--workers", "0"]);
    let task = get(&address, &format!("/tasks/{task}")).json();
    assert_eq!(
        [&task["state"], &task["failures"]],
        [&json!("queued"), &json!(0)],
        "at once, and as no failure: {task}"
    );
}

#[test]
fn its_logs_are_json_when_that_is_asked_for() {
    let (_, log) = run(command().args(["--once", "--json"]));
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = lines.iter().find(|line| line["message"] == "task failed").expect("one has failed");
    assert_eq!([&failed["level"], &failed["target"], &failed["task_name"]], ["ERROR", "zart::worker", "publish"]);
    assert_eq!(failed["error"], "`nothing` has no words");
    assert!(failed["task_id"].is_u64() && failed["attempt"] == 1, "{failed}");
    // `zart=info,warn`: what is no zart's is told from WARN on.
    assert!(lines.iter().all(|line| line["target"].as_str().unwrap().starts_with("zart")), "{log}");
    let (_, log) = run(command().arg("--once").env("RUST_LOG", "zart=warn,error"));
    assert!(!log.contains(" INFO ") && log.contains(" WARN "), "{log}");
}

#[test]
fn metrics_are_opt_in_and_their_crates_are_not_in_the_librarys_tree() {
    // Each with its depth before it.
    let tree = |package: &str, features: &[&str]| -> Vec<String> {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--package", package, "--edges", "normal", "--prefix", "depth"])
            .args(features)
            .current_dir(workspace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    let has = |tree: &[String], name: &str| {
        tree.iter().any(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(&format!("{name} v")))
    };
    for package in ["zart", "zart-api"] {
        assert!(has(&tree(package, &["--features", "metrics"]), "prometheus"), "{package}");
        assert!(!has(&tree(package, &[]), "prometheus"), "{package}");
    }
    // What logs are made of has its own reasons for lazy statics; what counts has none.
    let zart = tree("zart", &[]);
    let at = zart.iter().position(|line| line.starts_with("1tallied v")).expect("it counts with tallied");
    let own: Vec<_> = zart[at + 1..].iter().take_while(|line| !line.starts_with('1')).cloned().collect();
    assert!(has(&own, "tracing") && !has(&own, "lazy_static") && !has(&own, "prometheus"), "{own:?}");
    assert!(!own.iter().any(|line| line.starts_with("2once_cell")), "{own:?}");
}

#[cfg(not(feature = "metrics"))]
#[test]
fn without_the_feature_every_callsite_does_nothing_and_the_exposition_is_empty() {
    let (text, log) = run(command().arg("--once"));
    assert_eq!(text, "");
    assert!(log.contains("task completed"), "it works all the same: {log}");
    let (_running, address) = serve(&[]);
    let answer = get(&address, "/metrics");
    assert_eq!((answer.status(), answer.body.as_str()), (200, ""));
    assert!(answer.head.contains("text/plain; version=0.0.4"), "{}", answer.head);
}

/// The rules of the example, with minutes that are seconds.
#[cfg(feature = "metrics")]
fn quick_rules(folder: &Path) -> PathBuf {
    let rules = include_str!("../examples/zart/alerts.yml");
    let quick =
        ["1m", "2m", "5m"].iter().fold(rules.to_owned(), |rules, time| rules.replace(time, &time.replace('m', "s")));
    let file = folder.join("alerts.yml");
    std::fs::write(&file, quick).unwrap();
    file
}

#[cfg(feature = "metrics")]
#[test]
fn a_real_prometheus_sees_each_alert_fire_and_not_fire() {
    let Some(prometheus) = find("a_real_prometheus_sees_each_alert_fire_and_not_fire", "prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = Command::new("sh");
    // Its files may have 16 MiB, so the disk can be full.
    command.args(["-c", "ulimit -f 32768; trap '' XFSZ; exec \"$@\"", "sh"]).arg(program()).env_remove("RUST_LOG");
    let mut zart = Running::start(command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data));
    let address = zart.listening();
    let (server, _running) = scraping(&prometheus, folder.path(), &address, Some(&quick_rules(folder.path())));
    let states = |wanted: [&str; 3]| {
        let names = ["ZartTaskFailureRateHigh", "ZartQueueDepthHigh", "ZartHeartbeatRenewalsFailing"];
        let wanted: Vec<_> =
            names.iter().zip(wanted).map(|(name, state)| ((*name).to_owned(), state.to_owned())).collect();
        wait_for(&format!("{wanted:?}"), || alerts(&server).filter(|found| *found == wanted).map(|_| ()));
    };
    let publish =
        |n: usize, text: &str| schedule(&address, "publish", &json!({ "title": format!("t{n}"), "text": text }));

    for n in 0..20 {
        assert_eq!(publish(n, "a text").status(), 201);
    }
    wait_for("the server to see them", || {
        query(&server, "zart_tasks_total{status='completed'}").filter(|completed| *completed == 20.0)
    });
    states(["inactive", "inactive", "inactive"]);

    // Half of the tasks fail, until somebody is told.
    for n in 0.. {
        publish(n, if n % 2 == 0 { " " } else { "a text" });
        let found = alerts(&server).unwrap_or_default();
        if found.first().is_some_and(|(_, state)| state == "firing") {
            break;
        }
        assert!(n < 20_000, "{found:?}");
    }
    // When they stop it stops.
    states(["inactive", "inactive", "inactive"]);

    let hours = 10_000_000_000_u64;
    // Four that take hours have all of the places; more than five hundred wait.
    let endless: Vec<u64> =
        (0..4).map(|_| id(&address, "count_primes", &json!({ "below": hours, "part": hours }))).collect();
    for n in 0..510 {
        assert_eq!(publish(n, "a text").status(), 201);
    }
    states(["inactive", "firing", "inactive"]);
    for task in &endless[1..] {
        assert_eq!(request(&address, "DELETE", &format!("/tasks/{task}")).unwrap().status(), 204);
    }
    states(["inactive", "inactive", "inactive"]);

    // The disk is filled to its last page: the one that still runs cannot be kept.
    let sizes = [1_000_000, 100_000, 10_000, 1000, 1];
    let mut said = String::new();
    wait_for("the disk to be full", || {
        let answers = sizes.map(|size| publish(0, &"a".repeat(size)));
        said.clone_from(&answers.iter().find(|answer| answer.status() == 500)?.body);
        alerts(&server).filter(|found| found[2] == ("ZartHeartbeatRenewalsFailing".into(), "firing".into()))
    });
    assert!(said.contains("the database: "), "{said}");
    assert_eq!(get(&address, "/healthz").status(), 200);
}

#[cfg(feature = "metrics")]
#[test]
fn the_rules_and_their_times_are_what_the_page_says() {
    const NAME: &str = "the_rules_and_their_times_are_what_the_page_says";
    let Some(promtool) = find(NAME, "promtool") else { return };
    let folder = workspace().join("examples/zart");
    let file = |name: &str| folder.join(name).display().to_string();
    for arguments in [["check", "rules", &file("alerts.yml")], ["check", "config", &file("prometheus.yml")]] {
        ask(&promtool, &arguments, "").unwrap_or_else(|why| panic!("{why}"));
    }
    ask(&promtool, &["test", "rules", &file("alerts.test.yml")], "").unwrap_or_else(|why| panic!("{why}"));
}
