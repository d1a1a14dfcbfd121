//! The example `service` as a user and an orchestrator meet it.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use tallied_tests::exposition::value;
use tallied_tests::http::{Answer, raw, request};
use tallied_tests::judges::{ask, find, workspace};
use tallied_tests::program::{Running, example, wait_for};

fn start(environment: &[(&str, &str)]) -> (Running, String) {
    let mut command = Command::new(example("service"));
    command.args(["--listen", "127.0.0.1:0"]).env_remove("RUST_LOG").envs(environment.iter().copied());
    let mut running = Running::start(&mut command);
    let line = json_of(&running.line("\"listening\""));
    (running, line["address"].as_str().unwrap().to_owned())
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

fn post(address: &str, headers: &str, text: &str) -> std::io::Result<Answer> {
    let length = text.len();
    raw(
        address,
        &format!(
            "POST /documents HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{text}"
        ),
    )
}

fn get(address: &str, path: &str) -> Answer {
    request(address, "GET", path).unwrap()
}

#[test]
fn what_it_does_is_what_it_tells() {
    let (running, address) = start(&[]);
    let brought = post(&address, "x-correlation-id: order-66\r\n", "The quick brown fox").unwrap();
    assert!(
        brought.head.starts_with("HTTP/1.1 202") && brought.head.contains("x-correlation-id: order-66"),
        "{}",
        brought.head
    );
    assert_eq!(json_of(&brought.body), json!({"id": 1, "correlation_id": "order-66"}));
    post(&address, "x-collection: drafts\r\n", "A fox; password=hunter2").unwrap();
    post(&address, "", " … ").unwrap();
    let found = wait_for("both documents", || {
        let found = json_of(&get(&address, "/search?q=FOX").body);
        (found.as_array().unwrap().len() == 2).then_some(found)
    });
    assert_eq!(found, json!([{"id": 1, "count": 1}, {"id": 2, "count": 1}]));
    assert_eq!(get(&address, "/documents/2").body, "A fox; password=hunter2");
    assert!(get(&address, "/documents/9").head.starts_with("HTTP/1.1 404"));

    let health = json_of(&get(&address, "/health").body);
    assert_eq!([&health["status"], &health["checks"]["queue"]["status"]], ["healthy", "healthy"]);
    assert_eq!(health["checks"]["index"], json!({"status": "healthy", "documents": 2, "words": 7}));
    assert!(health["uptime_secs"].is_u64());
    assert!(get(&address, "/readyz").head.starts_with("HTTP/1.1 200"));

    let text = wait_for("the third document", || {
        let text = get(&address, "/metrics").body;
        let taken =
            value(&text, "search_request_duration_ms_count", &[("app", "public"), ("route", "/documents/{id}")]);
        (taken == Some(2.0) && value(&text, "search_queue_depth", &[]) == Some(0.0)).then_some(text)
    });
    let total = |app, method, route, status| {
        value(&text, "search_requests_total", &[("app", app), ("method", method), ("route", route), ("status", status)])
    };
    assert_eq!(total("public", "POST", "/documents", "202"), Some(2.0));
    assert_eq!(total("drafts", "POST", "/documents", "202"), Some(1.0));
    assert_eq!(total("public", "GET", "/documents/{id}", "404"), Some(1.0));
    let step = |status| value(&text, "service_step_calls_total", &[("step_name", "add"), ("status", status)]);
    assert_eq!((step("ok"), step("error")), (Some(2.0), Some(1.0)));
    assert_eq!([value(&text, "search_documents", &[]), value(&text, "search_words", &[])], [Some(2.0), Some(7.0)]);
    assert!(
        value(&text, "health_check_status", &[("check", "queue")]) == Some(1.0)
            && text.contains("\nprocess_start_time_seconds ")
    );
    let view = json_of(&get(&address, "/metrics?format=json").body);
    assert_eq!((&view["apps"]["drafts"]["requests"]["total"], &view["index"]["documents"]), (&json!(1), &json!(2)));

    // When it is asked to end it says so before it takes no more.
    let at = address.clone();
    let saw = thread::spawn(move || {
        std::iter::repeat_with(|| request(&at, "GET", "/readyz"))
            .take_while(Result::is_ok)
            .any(|answer| answer.is_ok_and(|answer| answer.head.starts_with("HTTP/1.1 503")))
    });
    let said = running.terminate();
    assert!(saw.join().unwrap(), "nobody saw that it was not ready");
    let lines: Vec<Value> = said.iter().map(|line| json_of(line)).collect();
    let of = |id: &str| {
        lines
            .iter()
            .filter(|line| line["correlation_id"] == id)
            .map(|line| line["message"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("order-66").iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(["request completed", "taken in"])
    );
    // An application has its own level.
    let debug: Vec<_> = lines.iter().filter(|line| line["level"] == "DEBUG").collect();
    assert!(debug.len() == 1 && debug[0]["app"] == "drafts", "{debug:?}");
    assert!(lines.iter().any(|line| line["level"] == "WARN" && line["error"] == "there is no word in it"));
    assert!(lines.iter().all(|line| line["path"] != "/metrics"));
    assert_eq!(lines.last().unwrap()["message"], "the queue is empty");
}

#[test]
fn every_format_of_its_metrics_is_read_by_parsers_that_are_not_ours() {
    const NAME: &str = "every_format_of_its_metrics_is_read_by_parsers_that_are_not_ours";
    let Some(python) = find(NAME, "python3") else { return };
    let (_running, address) = start(&[]);
    post(&address, "", "The quick \"brown\" fox").unwrap();
    get(&address, "/search?q=fox");
    get(&address, "/health");
    let script = workspace().join("tests/judges/read.py");
    let families = [
        "search_requests",
        "search_request_size_bytes",
        "search_request_duration_ms",
        "health_check_status",
        "process_open_fds",
    ];
    for format in ["text", "openmetrics"] {
        let body = get(&address, &format!("/metrics?format={format}")).body;
        let read = ask(&python, &["-B", script.to_str().unwrap(), format], &body);
        let read = read.unwrap_or_else(|why| panic!("{format}: {why}\n{body}"));
        for family in families {
            assert!(read.contains(&format!("\"{family}")), "{format}: {family}: {read}");
        }
    }
}

#[test]
fn when_it_is_asked_to_end_no_line_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.log");
    // The first line goes to the file as well.
    let mut command = Command::new(example("service"));
    command.args(["--listen", "127.0.0.1:0"]).env("SERVICE_LOG_OUTPUT", &file).env("SERVICE_LOG_QUEUE", "100000");
    let running = Running::start(&mut command);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let address = wait_for("the first line", || {
        let text = read();
        let first = text.lines().next().filter(|_| text.contains('\n'))?;
        Some(json_of(first)["address"].as_str()?.to_owned())
    });
    let number = AtomicUsize::new(0);
    let answered: Vec<String> = thread::scope(|scope| {
        let send = |thread: usize| {
            let (address, number) = (&address, &number);
            scope.spawn(move || {
                let mut answered = Vec::new();
                for n in 0.. {
                    let id = format!("{thread}-{n}");
                    let hostile = format!("x-correlation-id: {id}\r\nuser-agent: \"\\{{}}\t\r\n");
                    // Until it takes no more.
                    let Ok(answer) = post(address, &hostile, &format!("document {n} of {thread}\n\"\\\u{1b}")) else {
                        break;
                    };
                    number.fetch_add(1, Ordering::Relaxed);
                    if answer.head.starts_with("HTTP/1.1 202") {
                        answered.push(id);
                    } else {
                        break;
                    }
                }
                answered
            })
        };
        let threads: Vec<_> = (0..8).map(send).collect();
        wait_for("some requests", || (number.load(Ordering::Relaxed) > 200).then_some(()));
        running.terminate();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answered.len() > 200, "{}", answered.len());
    let lines: Vec<Value> = read().lines().map(json_of).collect();
    let said = |message: &str| -> BTreeSet<String> {
        lines
            .iter()
            .filter(|line| line["message"] == message)
            .map(|line| line["correlation_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (completed, taken) = (said("request completed"), said("taken in"));
    for id in &answered {
        assert!(completed.contains(id) && taken.contains(id), "{id}");
    }
    assert_eq!(lines.last().unwrap()["message"], "the queue is empty");
}

#[test]
fn a_configuration_that_is_wrong_is_said_and_nothing_begins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, "[log]\nlevle = \"info\"\n[health.checks.database]\nlimit = \"1s\"\n").unwrap();
    let output = Command::new(example("service")).arg("--config").arg(&file).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("did you mean `log.level`?"), "{said}");
    let output = Command::new(example("service")).env("SERVICE_LOG_FORMAT", "xml").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("SERVICE_LOG_FORMAT"), "{said}");
}
