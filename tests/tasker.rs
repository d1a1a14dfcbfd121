//! The example `tasker` as those who send it orders, an orchestrator and a Prometheus server meet it.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tallied_tests::http::{Answer, request, send};
use tallied_tests::judges::{ask, find, workspace};
use tallied_tests::program::{Running, example, run, wait_for};
use tallied_tests::table::{self, Row, counter, gauge, histogram, sum};

/// The standard buckets in milliseconds.
const MILLIS: &[&str] = &["1", "5", "10", "50", "100", "500", "1000", "5000", "10000", "30000", "60000", "300000"];

const HANDLERS: &[&str] = &["parse_order", "price_order", "reserve_stock", "render_invoice"];
const QUEUES: &[&str] = &["steps", "results", "events"];
const QUERIES: &[&str] = &["ping", "create_task", "load_task", "load_progress", "keep_event", "move_task", "move_step"];
const OPERATIONS: &[&str] = &[
    "create_task",
    "start_task",
    "discover",
    "enqueue",
    "claim",
    "execute",
    "submit",
    "process_result",
    "finalize",
    "deliver",
];

/// The program, as it serves.
struct Tasker {
    running: Running,
    address: String,
}

impl Tasker {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(example("tasker"));
        command.args(["--listen", "127.0.0.1:0"]).args(arguments).env("RUST_LOG", "info,tasker=debug");
        let mut running = Running::start(&mut command);
        let address = running.listening();
        Tasker { running, address }
    }

    fn get(&self, path: &str) -> Answer {
        request(&self.address, "GET", path).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        send(&self.address, "POST", path, "Content-Type: application/json\r\n", &body).unwrap()
    }

    fn metrics(&self) -> String {
        self.get("/metrics").body
    }

    /// Orders these lines; gives the task's id.
    fn order(&self, namespace: &str, lines: &[&str]) -> String {
        self.create(&new_task("order", namespace, lines))
    }

    fn create(&self, task: &Value) -> String {
        let answer = self.post("/v1/tasks", task);
        assert_eq!(answer.status(), 201, "{answer:?}");
        answer.json()["task_uuid"].as_str().unwrap().to_owned()
    }

    /// Waits until a task is in a state.
    fn until(&self, uuid: &str, state: &str) -> Value {
        wait_for(&format!("{uuid} to be {state}"), || {
            let task = self.get(&format!("/v1/tasks/{uuid}")).json();
            (task["state"] == state).then_some(task)
        })
    }
}

fn new_task(name: &str, namespace: &str, lines: &[&str]) -> Value {
    let input = json!({
        "lines": lines,
        "country": "CH",
        "email": "ada.lovelace@example.org",
        "card_token": "tok_4111111111111111",
        "password": "hunter2",
    });
    json!({"namespace": namespace, "name": name, "input": input})
}

/// Sends it work of every kind, until every family has something to tell.
fn busy() -> Tasker {
    // It tries again for as long as the test takes, and a breaker that is open stays so.
    let tasker = Tasker::start(&["--workers", "3", "--retries", "100000", "--cooldown", "3600"]);
    let paid = tasker.order("acme", &["2 anvil", "10 rope"]);
    tasker.until(&paid, "complete");
    // Too much, until more is delivered.
    let late = tasker.order("birds", &["1 rope", "7 rocket skates"]);
    wait_for("another attempt", || (sum(&tasker.metrics(), "tasker_steps_retried_total", &[]) >= 1.0).then_some(()));
    let delivered = tasker.post("/v1/stock", &json!({"article": "rocket skates", "quantity": 2}));
    assert_eq!(delivered.json(), json!({"article": "rocket skates", "free": 7}));
    tasker.until(&late, "complete");
    // What is wrong stays wrong, and a handler that fails five times in a row is left alone.
    for _ in 0..5 {
        let wrong = tasker.order("roadrunner", &["1 dynamite"]);
        tasker.until(&wrong, "error");
    }
    let refused = tasker.order("acme", &["1 rope"]);
    wait_for("a claim to be refused", || {
        let steps = tasker.get(&format!("/v1/tasks/{refused}")).json()["steps"].clone();
        (steps[0]["state"] == "waiting_for_retry").then_some(())
    });
    assert_eq!(tasker.post("/v1/tasks", &new_task("siege", "acme", &[])).status(), 422);
    assert_eq!(tasker.get("/v1/tasks/00000000-0000-7000-8000-000000000000").status(), 404);
    tasker.get("/health");
    tasker
}

/// Scrapes it, when every event that it published was delivered.
fn settled(tasker: &Tasker) -> String {
    wait_for("the events to be delivered", || {
        let text = tasker.metrics();
        let published = sum(&text, "tasker_events_published_total", &[("status", "ok")]);
        let is_settled = published == sum(&text, "tasker_events_propagation_time_ms_count", &[])
            && published == sum(&text, "tasker_operation_duration_ms_count", &[("operation", "deliver")])
            && sum(&text, "tasker_api_requests_total", &[("method", "POST")]) == 10.0
            && sum(&text, "tasker_api_requests_in_flight", &[]) == 0.0;
        is_settled.then_some(text)
    })
}

fn rows() -> Vec<Row> {
    let tasks: &[&str] = &["/v1/tasks", "/v1/tasks/{uuid}", "/v1/stock"];
    let called: &[&str] = &["ok", "error", "cancelled", "panicked"];
    let checks: &[&str] = &["database", "message_queue", "circuit_breakers", "workers", "resources"];
    vec![
        counter("tasker_tasks_created_total"),
        counter("tasker_tasks_started_total"),
        counter("tasker_tasks_completed_total"),
        counter("tasker_tasks_failed_total").label("namespace", &["roadrunner"]),
        gauge("tasker_tasks_active"),
        histogram("tasker_task_duration_ms", MILLIS),
        counter("tasker_steps_discovered_total"),
        counter("tasker_steps_enqueued_total"),
        counter("tasker_steps_claimed_total").label("status", &["claimed", "refused"]),
        counter("tasker_steps_executed_total")
            .label("handler", HANDLERS)
            .label("status", &["completed", "failed", "transient"]),
        counter("tasker_steps_retried_total"),
        counter("tasker_steps_failed_total").label("handler", HANDLERS),
        histogram("tasker_step_execution_time_ms", MILLIS),
        histogram("tasker_operation_duration_ms", MILLIS)
            .label("operation", OPERATIONS)
            .label("status", &["ok", "error"]),
        gauge("tasker_workers_active"),
        gauge("tasker_circuit_breaker_state").label("handler", HANDLERS),
        counter("tasker_database_queries_total").label("query", QUERIES).label("status", called),
        histogram("tasker_database_query_duration_ms", MILLIS).label("query", QUERIES),
        histogram("tasker_database_commit_duration_ms", MILLIS),
        counter("tasker_database_cache_reads_total").label("status", &["hit", "miss"]),
        gauge("tasker_database_connections").label("state", &["active", "idle"]),
        gauge("tasker_queue_depth").label("queue", QUEUES),
        histogram("tasker_queue_send_duration_ms", MILLIS).label("queue", QUEUES),
        histogram("tasker_queue_receive_duration_ms", MILLIS).label("queue", QUEUES),
        histogram("tasker_queue_notify_duration_ms", MILLIS).label("queue", QUEUES),
        counter("tasker_queue_errors_total").label("queue", QUEUES),
        counter("tasker_events_published_total")
            .label("event_name", &["order.priced", "stock.reserved", "task.completed", "task.failed"])
            .label("namespace", &["acme", "birds", "roadrunner"])
            .label("status", &["ok", "error", "panicked"]),
        histogram("tasker_events_propagation_time_ms", MILLIS),
        counter("tasker_api_requests_total")
            .label("method", &["GET", "POST"])
            .label("route", tasks)
            .label("status", &["200", "201", "404", "422"]),
        histogram("tasker_api_request_duration_ms", MILLIS).label("route", tasks),
        histogram(
            "tasker_api_request_size_bytes",
            &[
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
            ],
        )
        .label("direction", &["request", "response"]),
        gauge("tasker_api_requests_in_flight"),
        gauge("health_check_status").label("check", checks),
        gauge("health_check_duration_seconds").label("check", checks),
        gauge("process_resident_memory_bytes"),
        gauge("process_open_fds"),
        gauge("process_threads"),
        gauge("tokio_alive_tasks").label("runtime", &["main"]),
    ]
}

#[test]
fn every_row_of_the_table_is_there_and_its_numbers_are_what_was_done() {
    const NAME: &str = "every_row_of_the_table_is_there_and_its_numbers_are_what_was_done";
    let tasker = busy();
    let text = settled(&tasker);
    table::check(NAME, &text, "tasker_", &rows());

    let of = |name: &str, labels: &[(&str, &str)]| sum(&text, name, labels);
    let retried = of("tasker_steps_retried_total", &[]);
    for (name, labels, expected) in [
        ("tasker_tasks_created_total", &[][..], 8.0),
        ("tasker_tasks_started_total", &[], 8.0),
        ("tasker_tasks_completed_total", &[], 2.0),
        ("tasker_tasks_failed_total", &[("namespace", "roadrunner")], 5.0),
        ("tasker_tasks_active", &[], 1.0),
        ("tasker_task_duration_ms_count", &[], 7.0),
        // Two orders of four steps, and six that did not get beyond their first.
        ("tasker_steps_discovered_total", &[], 14.0),
        ("tasker_steps_enqueued_total", &[], 14.0 + retried),
        ("tasker_steps_claimed_total", &[("status", "claimed")], 13.0 + retried),
        ("tasker_steps_claimed_total", &[("status", "refused")], 1.0),
        ("tasker_steps_executed_total", &[("handler", "parse_order"), ("status", "completed")], 2.0),
        ("tasker_steps_executed_total", &[("handler", "parse_order"), ("status", "failed")], 5.0),
        ("tasker_steps_executed_total", &[("handler", "render_invoice")], 2.0),
        ("tasker_steps_executed_total", &[("handler", "reserve_stock"), ("status", "completed")], 2.0),
        ("tasker_steps_executed_total", &[("status", "transient")], retried),
        ("tasker_steps_failed_total", &[("handler", "parse_order")], 5.0),
        ("tasker_steps_failed_total", &[], 5.0),
        ("tasker_step_execution_time_ms_count", &[], 13.0 + retried),
        ("tasker_operation_duration_ms_count", &[("operation", "create_task"), ("status", "error")], 1.0),
        ("tasker_operation_duration_ms_count", &[("operation", "claim"), ("status", "error")], 1.0),
        ("tasker_operation_duration_ms_count", &[("operation", "execute"), ("status", "error")], 5.0 + retried),
        ("tasker_operation_duration_ms_count", &[("operation", "finalize")], 7.0),
        ("tasker_workers_active", &[], 3.0),
        ("tasker_circuit_breaker_state", &[("handler", "parse_order")], 2.0),
        ("tasker_circuit_breaker_state", &[], 2.0),
        ("tasker_database_queries_total", &[("query", "create_task"), ("status", "ok")], 8.0),
        ("tasker_database_queries_total", &[("query", "keep_event")], 9.0),
        ("tasker_database_queries_total", &[("status", "error")], 0.0),
        ("tasker_database_connections", &[("state", "active")], 0.0),
        ("tasker_database_connections", &[("state", "idle")], 8.0),
        ("tasker_queue_depth", &[], 0.0),
        ("tasker_queue_errors_total", &[], 0.0),
        ("tasker_events_published_total", &[("event_name", "task.completed"), ("namespace", "birds")], 1.0),
        ("tasker_events_published_total", &[("event_name", "task.failed")], 5.0),
        ("tasker_events_published_total", &[("event_name", "order.priced")], 2.0),
        ("tasker_events_published_total", &[("event_name", "stock.reserved")], 2.0),
        ("tasker_api_requests_total", &[("route", "/v1/tasks"), ("status", "201")], 8.0),
        ("tasker_api_requests_total", &[("route", "/v1/tasks"), ("status", "422")], 1.0),
        ("tasker_api_requests_total", &[("route", "/v1/stock")], 1.0),
        ("tasker_api_requests_total", &[("status", "404")], 1.0),
        ("tasker_api_requests_in_flight", &[], 0.0),
    ] {
        assert_eq!(of(name, labels), expected, "{name} {labels:?}\n{text}");
    }
    // What is sent is received, and every read of a task by the cache or not; nothing is read twice from the tables.
    for queue in QUEUES {
        let of = |name: &str| of(name, &[("queue", queue)]);
        assert_eq!(of("tasker_queue_send_duration_ms_count"), of("tasker_queue_notify_duration_ms_count"), "{queue}");
    }
    let reads = of("tasker_database_queries_total", &[("query", "load_task")]);
    assert_eq!(of("tasker_database_cache_reads_total", &[]), reads);
    // A task may be missed twice at once; the one that there is not is missed, too.
    assert!(of("tasker_database_cache_reads_total", &[("status", "miss")]) >= 9.0);
    assert_eq!(
        of("tasker_database_commit_duration_ms_count", &[]),
        ["create_task", "keep_event", "move_task", "move_step"]
            .iter()
            .map(|query| of("tasker_database_queries_total", &[("query", query)]))
            .sum::<f64>()
            + 1.0,
        "every write is a commit, the first of all too"
    );
    // A group says what the attributes of the queue's calls are about.
    assert!(text.contains("# HELP tasker_queue_send_duration_ms Time to put a message into a queue, in milliseconds,"));
}

#[test]
fn a_task_is_told_with_its_steps_and_transitions_in_the_name_of_its_request() {
    let tasker = Tasker::start(&[]);
    let created = tasker.post("/v1/tasks", &new_task("order", "acme", &["2 anvil", "10 rope"]));
    assert_eq!(created.status(), 201);
    let (uuid, correlation) = {
        let created = created.json();
        (created["task_uuid"].as_str().unwrap().to_owned(), created["correlation_id"].as_str().unwrap().to_owned())
    };
    for id in [&uuid, &correlation] {
        assert!(id.len() == 36 && id.split('-').nth(2).unwrap().starts_with('7'), "{id} is no UUID of version 7");
    }
    assert!(created.head.contains(&format!("x-correlation-id: {correlation}")), "{}", created.head);

    let task = tasker.until(&uuid, "complete");
    assert_eq!(
        [&task["namespace"], &task["name"], &task["correlation_id"]],
        [&json!("acme"), &json!("order"), &json!(correlation)]
    );
    assert_eq!(task["result"]["total_cents"], 40_538);
    assert!(task["result"]["text"].as_str().unwrap().contains("total          405.38"), "{task}");
    let names: Vec<_> = task["steps"].as_array().unwrap().iter().map(|step| step["step_name"].clone()).collect();
    assert_eq!(json!(names), json!(HANDLERS));
    assert!(task["steps"].as_array().unwrap().iter().all(|step| step["state"] == "complete" && step["attempts"] == 1));
    let transitions = task["transitions"].as_array().unwrap();
    // Two of the task, and three of each step.
    assert_eq!(transitions.len(), 14, "{task}");
    assert!(transitions.iter().all(|one| one["correlation_id"] == correlation && one["duration_ms"].is_number()));
    let of = |name: &Value| {
        let of = transitions.iter().filter(|one| one["step_name"] == *name);
        of.map(|one| (one["from_state"].as_str().unwrap(), one["to_state"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(of(&Value::Null), [("pending", "in_progress"), ("in_progress", "complete")]);
    let walked = [("pending", "enqueued"), ("enqueued", "in_progress"), ("in_progress", "complete")];
    assert!(HANDLERS.iter().all(|handler| of(&json!(handler)) == walked), "{task}");
    let events = &task["events"];
    assert_eq!([&events[0]["event_name"], &events[1]["event_name"]], ["stock.reserved", "task.completed"]);

    let lines = lines(tasker);
    let of_it: Vec<_> = lines.iter().filter(|line| line["correlation_id"] == correlation).collect();
    let said: BTreeSet<_> = of_it.iter().map(|line| line["message"].as_str().unwrap()).collect();
    let expected = [
        "call ended",
        "domain event published",
        "parsing",
        "request completed",
        "state changed",
        "task completed",
        "task created",
    ];
    assert_eq!(said, BTreeSet::from(expected));
    let targets: BTreeSet<_> = of_it.iter().map(|line| line["target"].as_str().unwrap()).collect();
    let rooms = ["events", "orchestration", "store", "worker", "workflow"].map(|room| format!("tasker::{room}"));
    assert!(rooms.iter().all(|room| targets.contains(room.as_str())), "{targets:?}");
    // The trace of the request goes with it, too.
    let ids = |key: &str| of_it.iter().map(|line| line[key].as_str().unwrap()).collect::<BTreeSet<_>>().len();
    assert!(ids("trace_id") == 1 && ids("span_id") > 1, "each message has its place in the trace");
    let asked = of_it.iter().find(|line| line["target"] == "access").unwrap();
    assert_eq!(
        [&asked["task_uuid"], &asked["namespace"], &asked["status"]],
        [&json!(uuid), &json!("acme"), &json!(201)]
    );
    assert!(asked.get("user_id").is_none(), "{asked}");
    // A span that counts nothing has the fields that it is given, and no others.
    let mut changed = of_it.iter().filter(|line| line["message"] == "state changed");
    assert!(changed.all(|line| line.get("function").is_none()), "{of_it:#?}");
    let changed = of_it.iter().filter(|line| line["message"] == "state changed");
    assert_eq!(changed.clone().count(), 14);
    for line in changed {
        assert!(line["level"] == "INFO" && line["task_uuid"] == uuid && line["namespace"] == "acme", "{line}");
        assert!(line["from_state"].is_string() && line["to_state"].is_string() && line["duration_ms"].is_number());
    }
    let executed: Vec<_> =
        of_it.iter().filter(|line| line["operation"] == "execute" && line["level"] == "INFO").collect();
    assert_eq!(executed.len(), 4);
    for line in executed {
        assert!(line["elapsed_ms"].is_number() && line["success"] == "true" && line["step_name"].is_string(), "{line}");
        assert!(line["task_uuid"] == uuid && line["step_uuid"].is_string() && line["namespace"] == "acme", "{line}");
    }
    let published: Vec<_> = of_it.iter().filter(|line| line["message"] == "domain event published").collect();
    assert_eq!(published.len(), 3);
    assert!(published.iter().all(|line| line["event_name"].is_string() && line["namespace"] == "acme"));
    let modes: BTreeSet<_> = published.iter().map(|line| line["delivery_mode"].as_str().unwrap()).collect();
    assert_eq!(modes, BTreeSet::from(["Durable", "Fast"]));
    let operations: BTreeSet<_> = of_it
        .iter()
        .filter(|line| line["level"] == "DEBUG" && line["message"] == "call ended" && line["elapsed_ms"].is_number())
        .map(|line| line["operation"].as_str().unwrap())
        .collect();
    let expected = OPERATIONS.iter().copied().filter(|operation| *operation != "execute");
    assert_eq!(operations, expected.collect());
}

/// What a program said in all, which ends.
fn lines(tasker: Tasker) -> Vec<Value> {
    let said = tasker.running.terminate();
    let lines: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["message"], "the queues are empty");
    lines
}

#[test]
fn what_goes_wrong_is_told_at_its_level_and_nothing_secret_is_told_at_all() {
    let tasker = Tasker::start(&["--retries", "2"]);
    let wrong = tasker.order("acme", &["1 dynamite"]);
    let task = tasker.until(&wrong, "error");
    assert_eq!(task["steps"][0]["error"], "line 1 is no number and an article that there is");
    assert_eq!(task["steps"][1]["state"], "pending");
    let late = tasker.order("acme", &["4 anvil"]);
    let task = tasker.until(&late, "error");
    assert_eq!([&task["steps"][2]["state"], &task["steps"][2]["attempts"]], [&json!("error"), &json!(3)]);
    let mut abroad = new_task("order", "acme", &["40 rope"]);
    abroad["input"]["country"] = json!("XX");
    let abroad = tasker.create(&abroad);
    let failed = tasker.until(&abroad, "error");
    assert_eq!([&failed["steps"][1]["state"], &failed["steps"][2]["state"]], ["error", "complete"]);
    wait_for("what was reserved for it to come back", || {
        let stock = tasker.post("/v1/stock", &json!({"article": "rope", "quantity": 0})).json();
        (stock["free"] == 40).then_some(())
    });
    let told = task.to_string();
    let secrets = ["ada.lovelace", "tok_4111", "hunter2"];
    assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");

    let lines = lines(tasker);
    let of = |level: &str, message: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["level"] == level && line["message"] == message).collect()
    };
    let retried = of("WARN", "step execution failed, will retry");
    assert_eq!(retried.iter().map(|line| line["retry_count"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1]);
    let failed = of("ERROR", "step execution failed");
    assert_eq!(failed.iter().map(|line| line["retry_count"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 2, 0]);
    for (line, task) in retried.iter().map(|line| (line, &late)).chain(failed.iter().zip([&wrong, &late, &abroad])) {
        assert!(line["task_uuid"] == **task && line["step_uuid"].is_string() && line["error"].is_string(), "{line}");
        assert!(line["correlation_id"].is_string() && line["namespace"] == "acme", "{line}");
    }
    assert_eq!(of("ERROR", "task failed").len(), 3);
    let ended = lines.iter().filter(|line| line["message"] == "call ended" && line["operation"] == "execute");
    assert_eq!(ended.filter(|line| line["success"] == "false").count(), 5);
    // Whatever is told of a task is told in the name of its request, after a retry too.
    for task in [&wrong, &late, &abroad] {
        let of_it = lines.iter().filter(|line| line["task_uuid"] == **task);
        let ids: BTreeSet<_> = of_it.map(|line| line["correlation_id"].as_str()).collect();
        assert!(ids.len() == 1 && !ids.contains(&None), "{ids:?}");
    }
    let levels: BTreeSet<_> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert_eq!(levels, BTreeSet::from(["DEBUG", "ERROR", "INFO", "WARN"]));
    let parsed = of("DEBUG", "parsing");
    assert!(parsed.iter().all(|line| line["order"].as_str().unwrap().contains("card_token: [redacted]")), "{parsed:?}");
    let all = json!(lines).to_string();
    assert!(parsed.len() == 3 && secrets.iter().all(|secret| !all.contains(secret)), "a secret was told");
}

#[test]
fn health_tells_of_the_pool_the_queues_the_workers_and_the_breakers() {
    let tasker = Tasker::start(&["--cooldown", "3600"]);
    let health = tasker.get("/health");
    assert_eq!(health.status(), 200);
    assert!(health.head.to_lowercase().contains("content-type: application/json"), "{}", health.head);
    let mut health = health.json();
    assert!(health["uptime_seconds"].is_u64());
    let resources = health["checks"].as_object_mut().unwrap().remove("resources").unwrap();
    assert!(resources["memory_bytes"].as_f64().unwrap() > 1e6 && resources["open_files"].as_f64().unwrap() > 2.0);
    assert_eq!(
        [&health["status"], &health["checks"]],
        [
            &json!("healthy"),
            &json!({
                "database": {"status": "healthy", "connections_active": 0, "connections_idle": 8, "connections_max": 8},
                "message_queue": {"status": "healthy", "queues_monitored": 3},
                "circuit_breakers": {"status": "healthy", "open_breakers": 0},
                "workers": {"status": "healthy", "workers_active": 4},
            })
        ]
    );
    for _ in 0..5 {
        let wrong = tasker.order("acme", &["1 dynamite"]);
        tasker.until(&wrong, "error");
    }
    // It still serves, and somebody should look.
    let health = tasker.get("/health");
    assert_eq!(health.status(), 200);
    let health = health.json();
    assert_eq!([&health["status"], &health["checks"]["circuit_breakers"]["status"]], ["degraded", "degraded"]);
    assert_eq!(health["checks"]["circuit_breakers"]["open_breakers"], 1);
    assert_eq!([tasker.get("/health/ready").status(), tasker.get("/health/live").status()], [200, 200]);
}

#[test]
fn events_have_an_exposition_of_their_own_and_parsers_that_are_not_ours_read_all_of_them() {
    const NAME: &str = "events_have_an_exposition_of_their_own_and_parsers_that_are_not_ours_read_all_of_them";
    let tasker = Tasker::start(&[]);
    let paid = tasker.order("acme", &["1 anvil"]);
    tasker.until(&paid, "complete");
    let events = wait_for("the events", || {
        let answer = tasker.get("/metrics/events");
        (sum(&answer.body, "tasker_events_propagation_time_ms_count", &[]) == 3.0).then_some(answer)
    });
    assert!(events.head.to_lowercase().contains("content-type: text/plain; version=0.0.4; charset=utf-8"));
    let families: Vec<_> = events.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(families, ["tasker_events_propagation_time_ms histogram", "tasker_events_published_total counter"]);
    table::judge(NAME, "text", &events.body);
    for path in ["/metrics", "/metrics/events"] {
        let answer = tasker.get(&format!("{path}?format=openmetrics"));
        assert!(answer.head.contains("application/openmetrics-text; version=1.0.0"), "{}", answer.head);
        assert!(answer.body.ends_with("# EOF\n"));
        table::judge(NAME, "openmetrics", &answer.body);
        // A slow event leads to the trace of its request.
        assert!(answer.body.contains("# {trace_id=\""), "{}", answer.body);
    }
}

#[test]
fn once_it_works_off_its_orders_and_every_operation_is_a_span() {
    let mut command = Command::new(example("tasker"));
    let (text, said) = run(command.args(["--once", "--tree"]).env("RUST_LOG", "debug"));
    let of = |name: &str, labels: &[(&str, &str)]| sum(&text, name, labels);
    for (name, labels, expected) in [
        ("tasker_tasks_created_total", &[][..], 7.0),
        ("tasker_tasks_completed_total", &[], 4.0),
        ("tasker_tasks_failed_total", &[("namespace", "acme")], 1.0),
        ("tasker_tasks_failed_total", &[("namespace", "birds")], 2.0),
        ("tasker_tasks_active", &[], 0.0),
        ("tasker_steps_discovered_total", &[], 23.0),
        ("tasker_steps_enqueued_total", &[], 28.0),
        ("tasker_steps_retried_total", &[], 5.0),
        ("tasker_steps_failed_total", &[("handler", "parse_order")], 1.0),
        ("tasker_steps_failed_total", &[("handler", "price_order")], 1.0),
        ("tasker_steps_failed_total", &[("handler", "reserve_stock")], 1.0),
        ("tasker_events_propagation_time_ms_count", &[], 17.0),
        ("tasker_workers_active", &[], 0.0),
    ] {
        assert_eq!(of(name, labels), expected, "{name} {labels:?}\n{text}");
    }
    // A line of a tree: how deep, its name, its fields.
    let spans: Vec<(usize, &str, &str)> = said
        .lines()
        .filter_map(|line| {
            let (before, rest) =
                line.split_once('[').filter(|(before, _)| before.chars().all(|c| " │├└─\u{a0}".contains(c)))?;
            let (name, fields) = rest.split_once("] ")?;
            Some((before.chars().count() / 4, name, fields))
        })
        .collect();
    let count = |name: &str| spans.iter().filter(|span| span.1 == name).count();
    assert_eq!([count("run_step"), count("claim"), count("execute"), count("submit")], [28; 4]);
    assert_eq!([count("finalize"), count("publish_domain_event"), count("deliver")], [7, 17, 17]);
    assert!(count("queue_send") > 0 && count("queue_receive") > 0);
    let inside = |outer: &str| -> BTreeSet<Vec<&str>> {
        let starts = spans.iter().enumerate().filter(|(_, span)| span.1 == outer);
        let of = |(at, (depth, ..)): (usize, &(usize, &str, &str))| {
            let within = spans[at + 1..].iter().take_while(|span| span.0 > *depth);
            within.filter(|span| span.0 == depth + 1 && OPERATIONS.contains(&span.1)).map(|span| span.1).collect()
        };
        starts.map(of).collect()
    };
    assert_eq!(inside("run_step"), BTreeSet::from([vec!["claim", "execute", "submit"]]));
    assert!(inside("orchestration").contains(&vec!["process_result", "discover", "enqueue", "enqueue"]));
    let is_told = |name: &str, part: &str| spans.iter().any(|span| span.1 == name && span.2.contains(part));
    assert!(is_told("execute", "success=true") && is_told("execute", "success=false"));
    assert!(is_told("publish_domain_event", "event_name=task.completed namespace=acme correlation_id="));
    assert!(is_told("publish_domain_event", "delivery_mode=Durable") && !is_told("publish_domain_event", "payload"));
    assert!(said.lines().last().unwrap().contains("the queues are empty"), "{said}");
}

#[test]
fn every_query_of_the_readme_is_promql_about_families_that_there_are() {
    const NAME: &str = "every_query_of_the_readme_is_promql_about_families_that_there_are";
    let page = std::fs::read_to_string(workspace().join("examples/tasker/README.md")).unwrap();
    let blocks = page.split("```promql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let queries: Vec<&str> =
        blocks.flat_map(str::lines).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(queries.len() >= 20, "{queries:#?}");
    let tasker = busy();
    let text = settled(&tasker);
    let exposed: BTreeSet<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).collect();
    for query in &queries {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named: Vec<_> = words
            .filter(|word| word.starts_with("tasker_") || word.starts_with("health_") || word.starts_with("process_"))
            .collect();
        assert!(!named.is_empty() && named.iter().all(|name| exposed.contains(name)), "{query}");
    }
    let Some(promtool) = find(NAME, "promtool") else { return };
    let rules: Vec<_> =
        queries.iter().enumerate().map(|(n, query)| json!({"record": format!("query:{n}"), "expr": query})).collect();
    // JSON is YAML.
    let rules = json!({"groups": [{"name": "readme", "rules": rules}]}).to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, rules).unwrap();
    let read = ask(&promtool, &["check", "rules", &file.display().to_string()], "");
    assert!(read.as_ref().is_ok_and(|read| read.contains(&format!("{} rules found", queries.len()))), "{read:?}");
}

#[test]
fn an_argument_that_is_wrong_is_said_and_nothing_begins() {
    for (arguments, said) in [(&["--once", "--twice"][..], "--twice"), (&["--workers", "some"], "some")] {
        let output = Command::new(example("tasker")).args(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && stderr.starts_with("tasker: ") && stderr.contains(said), "{stderr}");
    }
}
