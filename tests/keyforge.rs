//! The example `keyforge`: its metrics are the table of its document, and say what was done.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tallied_tests::http::{Answer, request, send};
use tallied_tests::program::{Running, example, run, wait_for};
use tallied_tests::table::{self, Row, counter, gauge, histogram, sum};

/// From 50 nanoseconds to 100 microseconds.
const BOUNDS: &[&str] = &["50", "100", "250", "500", "1000", "2500", "5000", "10000", "25000", "50000", "100000"];

fn families() -> [Row; 4] {
    [
        gauge("keyforge_jobs_active"),
        counter("keyforge_jobs_total").label("status", &["success", "failed"]),
        histogram("keyforge_score_latency_ns", BOUNDS),
        counter("keyforge_worker_heartbeats"),
    ]
}

fn command(arguments: &[&str], filter: &str) -> Command {
    let mut command = Command::new(example("keyforge"));
    command.args(arguments).env("RUST_LOG", filter);
    command
}

fn start(arguments: &[&str], filter: &str) -> (Running, String) {
    let mut running = Running::start(command(&["--listen", "127.0.0.1:0"], filter).args(arguments));
    let address = running.listening();
    (running, address)
}

/// One that is ready.
fn start_ready(arguments: &[&str], filter: &str) -> (Running, String) {
    let (running, address) = start(arguments, filter);
    wait_for("readiness", || (get(&address, "/health/ready").status() == 200).then_some(()));
    (running, address)
}

fn get(address: &str, path: &str) -> Answer {
    request(address, "GET", path).unwrap()
}

fn metrics(address: &str) -> String {
    get(address, "/metrics").body
}

fn submit(address: &str, headers: &str, order: &Value) -> u64 {
    let answer = send(address, "POST", "/jobs", headers, &order.to_string()).unwrap();
    assert_eq!(answer.status(), 202, "{}", answer.body);
    answer.json()["id"].as_u64().unwrap()
}

/// Waits until a job is in one of these states.
fn wait_job(address: &str, id: u64, states: &[&str]) -> Value {
    wait_for("a job", || {
        let job = get(address, &format!("/jobs/{id}")).json();
        states.contains(&job["state"].as_str().unwrap()).then_some(job)
    })
}

fn ended(address: &str, id: u64) -> Value {
    wait_job(address, id, &["success", "failed"])
}

fn jobs(text: &str) -> [f64; 3] {
    let total = |status| sum(text, "keyforge_jobs_total", &[("status", status)]);
    [sum(text, "keyforge_jobs_active", &[]), total("success"), total("failed")]
}

fn parsed(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect()
}

fn said<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

/// Whether a line has these keys, with these values.
fn has(line: &Value, keys: &Value) -> bool {
    keys.as_object().unwrap().iter().all(|(key, value)| &line[key] == value)
}

/// The keys of a line, without that of its time.
fn keys(line: &Value) -> BTreeSet<&str> {
    line.as_object().unwrap().keys().map(String::as_str).filter(|key| *key != "timestamp").collect()
}

#[test]
fn once_it_prints_the_table_with_every_score_timed() {
    let (text, log) = run(&mut command(&["--once"], "info"));
    table::check("once_it_prints_the_table_with_every_score_timed", &text, "keyforge_", &families());
    assert_eq!(jobs(&text), [0.0, 2.0, 0.0]);
    assert!(sum(&text, "keyforge_worker_heartbeats", &[]) >= 2.0);
    // QWERTY and 10,000 steps, twice.
    assert_eq!(sum(&text, "keyforge_score_latency_ns_count", &[]), 20_002.0);
    let lines = parsed(&log.lines().map(str::to_owned).collect::<Vec<_>>());
    let completed = said(&lines, "job completed");
    assert_eq!(completed.len(), 2, "{log}");
    assert!(completed.iter().all(|line| line["level"] == "INFO" && line["score"].as_f64() < line["qwerty"].as_f64()));
    assert!(said(&lines, "score calculated").is_empty());
}

#[test]
fn who_asks_for_it_sees_every_score_in_the_spans_of_its_job() {
    let (text, log) = run(&mut command(&["--once"], "keyforge=trace"));
    let lines = parsed(&log.lines().map(str::to_owned).collect::<Vec<_>>());
    let scores = said(&lines, "score calculated");
    assert_eq!(sum(&text, "keyforge_score_latency_ns_count", &[]), f64::from(u32::try_from(scores.len()).unwrap()));
    let spans = |job: u64| json!({"level": "TRACE", "steps": 10_000, "start_temp": 0.1, "job_id": job, "worker_id": "worker-1", "attempt": 1});
    assert!(scores.iter().all(|line| line["score"].is_f64() && (has(line, &spans(1)) || has(line, &spans(2)))));
    // The fields of the spans are those of the document, and no more.
    let documented = ["level", "target", "message", "score", "steps", "start_temp", "job_id", "worker_id", "attempt"];
    assert_eq!(keys(scores[0]), documented.into());
}

#[test]
fn what_was_sent_is_what_is_counted_and_told() {
    const NAME: &str = "what_was_sent_is_what_is_counted_and_told";
    let (running, address) = start_ready(&[], "debug");
    let order = |seed| json!({"steps": 2000, "start_temp": 0.1, "seed": seed});
    let own =
        json!({"corpus": "the quick brown fox jumps over the lazy dog", "steps": 3000, "start_temp": 0.2, "seed": 9});
    let headers = "x-request-id: order-66\r\nx-user-id: ada\r\n";
    let ids = [submit(&address, headers, &order(7)), submit(&address, "", &order(7)), submit(&address, "", &order(8))];
    let of_own = submit(&address, "", &own);
    let mut found: Vec<Value> = ids.into_iter().chain([of_own]).map(|id| ended(&address, id)).collect();
    assert!(found.iter().all(|job| job["state"] == "success" && job["attempt"] == 1), "{found:?}");
    let results: Vec<Value> = found.iter_mut().map(|job| job["result"].take()).collect();
    // A seed says what is found, and it is better than QWERTY.
    assert_eq!(results[0], results[1]);
    assert_ne!(results[0]["layout"], results[2]["layout"]);
    assert!(results.iter().all(|result| result["score"].as_f64() < result["qwerty"].as_f64()), "{results:?}");
    let scores: f64 = results.iter().map(|result| result["scores"].as_f64().unwrap()).sum();
    assert_eq!(scores, 3.0 * 2001.0 + 3001.0);

    // What cannot be done well is a failure, and not tried again.
    let bad = submit(&address, "", &json!({"corpus": "12, 34.", "steps": 10, "start_temp": 0.1, "seed": 1}));
    let bad = ended(&address, bad);
    assert!(has(&bad, &json!({"state": "failed", "attempt": 1, "error": "the corpus has no letters"})), "{bad}");
    // What is no order is no job.
    for (order, why) in [
        ("{}", "missing field"),
        (r#"{"steps": 0, "start_temp": 0.1, "seed": 1}"#, "`steps` is 0"),
        (r#"{"steps": 9, "start_temp": -1, "seed": 1}"#, "`start_temp` is -1"),
        (r#"{"steps": 9, "start_temp": 1, "seed": 1, "sede": 2}"#, "unknown field"),
    ] {
        let answer = send(&address, "POST", "/jobs", "", order).unwrap();
        assert!(answer.status() == 400 && answer.body.contains(why), "{}", answer.body);
    }
    let beat = |worker| send(&address, "POST", &format!("/workers/{worker}/heartbeat"), "", "").unwrap().status();
    assert_eq!(["agent-7", "agent-7", "agent-8", "agent-7", "a,b"].map(beat), [204, 204, 204, 204, 400]);

    // The workers of the process go on beating: the counter and the list agree between two beats.
    let beats = || -> Value { get(&address, "/workers").json() };
    let total = |list: &Value| -> f64 {
        list.as_array().unwrap().iter().map(|worker| worker["heartbeats"].as_f64().unwrap()).sum()
    };
    let (text, list) = wait_for("no beat between two looks", || {
        let (before, text, after) = (beats(), metrics(&address), beats());
        (total(&before) == total(&after)).then_some((text, after))
    });
    assert_eq!(sum(&text, "keyforge_worker_heartbeats", &[]), total(&list));
    let of =
        |id: &str| list.as_array().unwrap().iter().find(|worker| worker["id"] == id).unwrap()["heartbeats"].clone();
    assert_eq!([of("agent-7"), of("agent-8")], [json!(3), json!(1)]);
    assert!(of("worker-1").as_u64() > Some(0) && of("worker-2").as_u64() > Some(0));

    table::check(NAME, &text, "keyforge_", &families());
    assert_eq!(jobs(&text), [0.0, 4.0, 1.0]);
    assert_eq!(sum(&text, "keyforge_score_latency_ns_count", &[]), scores);
    let content_type =
        |answer: &Answer| answer.head.to_ascii_lowercase().split_once("content-type: ").unwrap().1.to_owned();
    assert!(content_type(&get(&address, "/metrics")).starts_with("text/plain; version=0.0.4; charset=utf-8"));
    let open =
        send(&address, "GET", "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n", "").unwrap();
    assert!(content_type(&open).starts_with("application/openmetrics-text; version=1.0.0"), "{}", open.head);
    table::judge(NAME, "openmetrics", &open.body);

    let health = get(&address, "/health").json();
    let checks = json!({"database": {"status": "healthy"}, "migrations": {"status": "healthy", "schema_version": 2}});
    assert_eq!((&health["status"], &health["checks"]), (&json!("healthy"), &checks));
    assert_eq!(["/health/live", "/health/ready", "/jobs/99"].map(|path| get(&address, path).status()), [200, 200, 404]);

    let lines = parsed(&running.terminate());
    let http = json!({"method": "POST", "path": "/jobs", "request_id": "order-66", "user_id": "ada"});
    let submitted = said(&lines, "job submitted");
    assert!(submitted.len() == 5 && submitted.iter().all(|line| line["level"] == "INFO"), "{submitted:?}");
    assert!(has(submitted[0], &http) && submitted[0]["job_id"] == 1, "{}", submitted[0]);
    assert!(submitted[1]["user_id"].is_null() && submitted[1]["request_id"].is_string(), "{}", submitted[1]);
    // The fields of the request's span are those of the document, and no more.
    let ids = ["correlation_id", "trace_id", "span_id"];
    let documented =
        [&["level", "target", "message", "job_id", "method", "path", "request_id", "user_id"], &ids[..]].concat();
    assert_eq!(keys(submitted[0]), documented.into_iter().collect());
    // What a job does is told in the name of the request that brought it.
    let of_first =
        |message| said(&lines, message).into_iter().find(|line| line["correlation_id"] == "order-66").unwrap();
    let job = json!({"level": "DEBUG", "job_id": 1, "attempt": 1, "steps": 2000, "start_temp": 0.1});
    assert!(has(of_first("job started"), &job) && of_first("job started")["worker_id"].is_string());
    assert!(has(of_first("annealed"), &job));
    assert!(has(of_first("job completed"), &json!({"level": "INFO", "job_id": 1})));
    let failed = said(&lines, "job failed");
    let why = json!({"level": "WARN", "job_id": 5, "error": "the corpus has no letters"});
    assert!(failed.len() == 1 && has(failed[0], &why), "{failed:?}");
    assert!(said(&lines, "job retrying").is_empty() && said(&lines, "score calculated").is_empty());
    assert!(said(&lines, "shutting down").len() == 1 && lines.last().unwrap()["message"] == "ended");
}

#[test]
fn a_corpus_that_is_not_there_yet_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("corpus.txt");
    let (mut running, address) = start_ready(&["--corpus", file.to_str().unwrap(), "--retry-wait", "2"], "info");
    let id = submit(&address, "", &json!({"steps": 10, "start_temp": 0.1, "seed": 1}));
    let retrying = parsed(&[running.line("job retrying")]).remove(0);
    let first = json!({"level": "WARN", "job_id": id, "attempt": 1, "retry_in_ms": 2000});
    assert!(has(&retrying, &first) && retrying["error"].as_str().unwrap().contains("cannot be read"), "{retrying}");
    // It is processed while it waits.
    assert_eq!(jobs(&metrics(&address)), [1.0, 0.0, 0.0]);
    std::fs::write(&file, "the quick brown fox").unwrap();
    let job = ended(&address, id);
    assert!(job["state"] == "success" && job["attempt"].as_u64() > Some(1), "{job}");
    assert_eq!(jobs(&metrics(&address)), [0.0, 1.0, 0.0], "a job is counted once, however often it is tried");
}

#[test]
fn a_corpus_that_never_comes_is_a_failed_job() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("corpus.txt");
    let arguments = ["--corpus", file.to_str().unwrap(), "--retry-wait", "0.01"];
    let (running, address) = start_ready(&arguments, "info");
    let id = submit(&address, "", &json!({"steps": 10, "start_temp": 0.1, "seed": 1}));
    let job = ended(&address, id);
    assert!(job["state"] == "failed" && job["attempt"] == 4, "{job}");
    let text = metrics(&address);
    assert_eq!(jobs(&text), [0.0, 0.0, 1.0]);
    assert_eq!(sum(&text, "keyforge_score_latency_ns_count", &[]), 0.0);
    let lines = parsed(&running.terminate());
    let waits: Vec<_> = said(&lines, "job retrying").iter().map(|line| line["retry_in_ms"].clone()).collect();
    assert_eq!(waits, [10, 20, 40]);
    assert!(said(&lines, "job failed").iter().all(|line| line["level"] == "ERROR"));
}

#[test]
fn a_job_that_is_killed_has_failed() {
    let (running, address) = start_ready(&[], "info");
    let id = submit(&address, "", &json!({"steps": 5_000_000, "start_temp": 0.1, "seed": 1}));
    wait_for("the job", || (jobs(&metrics(&address)) == [1.0, 0.0, 0.0]).then_some(()));
    let kill = || request(&address, "DELETE", &format!("/jobs/{id}")).unwrap().status();
    assert_eq!(kill(), 202);
    let job = ended(&address, id);
    assert!(has(&job, &json!({"state": "failed", "error": "killed", "result": null})), "{job}");
    assert_eq!(jobs(&metrics(&address)), [0.0, 0.0, 1.0]);
    assert_eq!(kill(), 409);
    let lines = parsed(&running.terminate());
    assert!(has(said(&lines, "job killed")[0], &json!({"level": "INFO", "job_id": id})));
}

/// One worker, so that jobs wait.
fn on(data: &Path) -> [&str; 4] {
    ["--workers", "1", "--data", data.to_str().unwrap()]
}

#[test]
fn jobs_outlive_the_program_and_it_is_ready_when_the_database_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("keyforge.redb");
    let (first, at_first) = start_ready(&on(&data), "info");
    let long = submit(&at_first, "", &json!({"steps": 5_000_000, "start_temp": 0.1, "seed": 1}));
    let short = submit(&at_first, "", &json!({"steps": 100, "start_temp": 0.1, "seed": 1}));
    wait_job(&at_first, long, &["running"]);

    // A second one lives, and is not ready: the database belongs to the first.
    let (mut second, at_second) = start(&on(&data), "info");
    let failed = parsed(&[second.line("database connection failed")]).remove(0);
    assert!(failed["level"] == "ERROR" && failed["error"].is_string(), "{failed}");
    assert_eq!(["/health/live", "/health/ready"].map(|path| get(&at_second, path).status()), [200, 503]);
    let health = get(&at_second, "/health").json();
    let database = json!({"status": "unhealthy", "error": "not connected"});
    assert_eq!((&health["status"], &health["checks"]["database"]), (&json!("unhealthy"), &database));
    let order = json!({"steps": 1, "start_temp": 0.1, "seed": 1}).to_string();
    assert_eq!(send(&at_second, "POST", "/jobs", "", &order).unwrap().status(), 503);
    table::check("jobs_outlive_the_program", &metrics(&at_second), "keyforge_", &families());

    // The first is killed in the midst of a job.
    drop(first);
    wait_for("readiness", || (get(&at_second, "/health/ready").status() == 200).then_some(()));
    let interrupted = parsed(&[second.line("jobs were interrupted")]).remove(0);
    assert!(has(&interrupted, &json!({"level": "WARN", "interrupted": 1})), "{interrupted}");
    let again = wait_for("the second attempt", || {
        let job = get(&at_second, &format!("/jobs/{long}")).json();
        (job["state"] == "running" && job["attempt"] == 2).then_some(job)
    });
    assert_eq!(again["worker_id"], "worker-1");
    assert_eq!(request(&at_second, "DELETE", &format!("/jobs/{long}")).unwrap().status(), 202);
    assert_eq!(ended(&at_second, long)["error"], "killed");
    assert_eq!(ended(&at_second, short)["state"], "success");
    assert_eq!(jobs(&metrics(&at_second)), [0.0, 1.0, 1.0]);
    second.terminate();
}

#[test]
fn what_is_wrong_at_the_start_is_said() {
    for (arguments, why) in [
        (&["--onec"][..], "unknown argument `--onec`"),
        (&["--workers", "many"], "many"),
        (&["--once", "--data", "/"], "the database cannot be opened"),
    ] {
        let output = command(arguments, "info").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(why), "{said}");
    }
}
