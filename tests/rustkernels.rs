//! The example `rustkernels` as a user, a server of metrics and an operator meet it.
#![cfg(unix)]
#![allow(clippy::float_cmp)] // whole numbers

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};
use tallied_tests::exposition::value;
use tallied_tests::http::{Answer, request, send};
use tallied_tests::judges::workspace;
use tallied_tests::program::{Running, example, run, wait_for};
use tallied_tests::table::{Row, check, counter, gauge, histogram, judge, sum, values};

const BOUNDS: &[&str] = &["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1"];
const KERNELS: [&str; 4] = ["graph/pagerank", "linear/matmul", "compliance/iban", "stats/top"];
const EXECUTIONS: &str = "rustkernel_executions_total";
const MEMORY: &str = "rustkernel_memory_bytes";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(example("rustkernels"));
    command.args(arguments).env_remove("RUST_LOG").envs(environment.iter().copied());
    command
}

fn start(arguments: &[&str], environment: &[(&str, &str)]) -> (Running, String) {
    let mut running = Running::start(program(&["--listen", "127.0.0.1:0"], environment).args(arguments));
    let address = running.listening();
    (running, address)
}

fn post(address: &str, kernel: &str, headers: &str, input: &Value) -> Answer {
    let headers = format!("content-type: application/json\r\n{headers}");
    send(address, "POST", &format!("/kernels/{kernel}"), &headers, &input.to_string()).unwrap()
}

fn get(address: &str, path: &str) -> Answer {
    request(address, "GET", path).unwrap()
}

fn scrape(address: &str) -> String {
    get(address, "/metrics").body
}

fn lines(said: &[String]) -> Vec<Value> {
    said.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect()
}

fn of<'a>(lines: &'a [Value], message: &str, kernel: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message && line["kernel_id"] == kernel).collect()
}

/// The document's table, for a program in which every kernel ran.
fn table(statuses: &[&'static str]) -> [Row; 5] {
    let kernels = [&KERNELS[..], &["lock-file"]].concat();
    let domains = ["GraphAnalytics", "LinearAlgebra", "Compliance", "Statistics", "Custom"];
    [
        counter(EXECUTIONS).label("kernel", &kernels).label("domain", &domains).label("status", statuses),
        histogram("rustkernel_execution_duration_seconds", BOUNDS).label("kernel", &kernels).label("domain", &domains),
        gauge("rustkernel_active_kernels"),
        gauge(MEMORY).label("pool", &["host", "device", "custom"]),
        gauge("rustkernel_circuit_breaker_state").label("breaker", &KERNELS),
    ]
}

/// The packages of the lock file, and how many paths of length two there are: for each package those that need it, times those
/// that it needs.
fn packages_and_paths() -> (usize, f64) {
    let text = std::fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    let packages: Vec<(String, String, Vec<&str>)> = text
        .split("[[package]]\n")
        .skip(1)
        .map(|package| {
            let field = |key: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(key)).unwrap();
                line.trim_matches('"').to_owned()
            };
            let needs = package.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
            (field("name = "), field("version = "), needs.collect())
        })
        .collect();
    let mut needed_by: BTreeMap<String, f64> = BTreeMap::new();
    for need in packages.iter().flat_map(|(.., needs)| needs) {
        *needed_by.entry((*need).to_owned()).or_default() += 1.0;
    }
    let paths = packages.iter().map(|(name, version, needs)| {
        let by = [name.clone(), format!("{name} {version}")].iter().filter_map(|name| needed_by.get(name)).sum::<f64>();
        by * f64::from(u32::try_from(needs.len()).unwrap())
    });
    (packages.len(), paths.sum())
}

#[test]
fn once_runs_every_kernel_and_prints_the_table_of_the_document() {
    let (text, said) = run(&mut program(&["--once"], &[]));
    check(
        "once_runs_every_kernel_and_prints_the_table_of_the_document",
        &text,
        "rustkernel_",
        &table(&["ok", "error"]),
    );
    for (kernel, domain) in KERNELS.iter().zip(["GraphAnalytics", "LinearAlgebra", "Compliance", "Statistics"]) {
        let ok = [("kernel", *kernel), ("domain", domain), ("status", "ok")];
        assert_eq!(value(&text, EXECUTIONS, &ok), Some(1.0), "{kernel}");
    }
    assert_eq!(sum(&text, EXECUTIONS, &[("status", "error")]), 1.0);
    // Five runs, one that failed among them, and the reading of the lock file.
    assert_eq!(sum(&text, EXECUTIONS, &[]), 6.0);
    assert_eq!(sum(&text, "rustkernel_execution_duration_seconds_count", &[]), 6.0);
    let lines = lines(&said.lines().map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(lines.iter().filter(|line| line["message"] == "Kernel execution complete").count(), 4);
    assert_eq!(of(&lines, "Kernel execution failed", "compliance/iban")[0]["level"], "WARN");
}

#[test]
fn what_kernels_compute_is_right_and_every_run_is_counted() {
    const NAME: &str = "what_kernels_compute_is_right_and_every_run_is_counted";
    let (running, address) = start(&[], &[]);
    let (packages, paths) = packages_and_paths();

    let ranked = post(&address, "graph/pagerank", "", &json!({"top": 3})).json();
    assert_eq!(ranked["output"]["packages"], packages);
    assert!((ranked["output"]["sum"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{ranked}");
    let top: Vec<f64> =
        ranked["output"]["top"].as_array().unwrap().iter().map(|one| one["value"].as_f64().unwrap()).collect();
    assert!(top.len() == 3 && top[0] >= top[1] && top[1] >= top[2] && top[2] > 0.0, "{ranked}");

    let squared = post(&address, "linear/matmul", "", &json!({})).json();
    assert_eq!((&squared["output"]["packages"], &squared["output"]["paths"]), (&json!(packages), &json!(paths)));

    let accounts =
        json!({"accounts": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "DE89370400440532013001", "x"]});
    let checked = post(&address, "compliance/iban", "", &accounts).json();
    assert_eq!((&checked["output"]["valid"], &checked["output"]["invalid"]), (&json!(2), &json!(2)));
    let verdicts: Vec<_> = checked["output"]["accounts"].as_array().unwrap().iter().map(|one| &one["valid"]).collect();
    assert_eq!(verdicts, [true, true, false, false]);

    // Bad input is a failure that is counted, and none of the kernel's.
    for (kernel, input) in [
        ("graph/pagerank", json!({"damping": 1.5})),
        ("graph/pagerank", json!({"dumping": 0.5})),
        ("linear/matmul", json!({"power": 0})),
        ("compliance/iban", json!({"accounts": []})),
        ("stats/top", json!({"values": [1.0], "count": 2})),
    ] {
        assert_eq!(post(&address, kernel, "", &input).status(), 422, "{kernel} {input}");
    }
    // More than the device has is one.
    let many = json!({"values": vec![0; 600_000], "count": 1});
    assert_eq!(post(&address, "stats/top", "", &many).status(), 503);
    assert_eq!(post(&address, "graph/nothing", "", &json!({})).status(), 404);

    let text = scrape(&address);
    check(NAME, &text, "rustkernel_", &table(&["ok", "error"]));
    let count = |kernel, status| sum(&text, EXECUTIONS, &[("kernel", kernel), ("status", status)]);
    let counts = KERNELS.map(|kernel| [count(kernel, "ok"), count(kernel, "error")]);
    assert_eq!(counts, [[1.0, 2.0], [1.0, 1.0], [1.0, 1.0], [1.0, 2.0]]);
    assert_eq!(sum(&text, EXECUTIONS, &[]), sum(&text, "rustkernel_execution_duration_seconds_count", &[]));
    assert_eq!(value(&text, "rustkernel_active_kernels", &[]), Some(0.0));
    assert_eq!(sum(&text, "rustkernel_circuit_breaker_state", &[]), 0.0);

    let health = get(&address, "/health").json();
    assert_eq!([&health["status"], &health["checks"]["memory"]["status"]], ["healthy", "healthy"]);
    // What runs took they have given back; the graph stays.
    for pool in ["host", "device"] {
        assert_eq!(value(&text, MEMORY, &[("pool", pool)]), Some(0.0), "{pool}");
        assert_eq!(health["checks"]["memory"][format!("{pool}_used")], 0.0);
    }
    assert!(value(&text, MEMORY, &[("pool", "custom")]) > Some(0.0));

    let answer = get(&address, "/metrics");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
    judge(NAME, "openmetrics", &get(&address, "/metrics?format=openmetrics").body);
    for path in ["/health/live", "/health/ready", "/healthz", "/readyz"] {
        assert_eq!(get(&address, path).status(), 200, "{path}");
    }
    let said = lines(&running.terminate());
    assert_eq!(said.last().unwrap()["message"], "shutting down");
}

#[test]
fn a_line_has_the_keys_of_the_document_and_a_message_keeps_its_trace() {
    let (running, address) = start(&[], &[]);
    let headers = format!("x-tenant-id: tenant-456\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n");
    let answer = post(&address, "graph/pagerank", &headers, &json!({"top": 1}));
    assert_eq!(answer.json()["trace_id"], TRACE);
    post(&address, "compliance/iban", "", &json!({"accounts": ["GB82WEST12345698765432"]}));
    let open = get(&address, "/metrics?format=openmetrics").body;
    let exemplars = || open.lines().filter(|line| line.contains(&format!("trace_id=\"{TRACE}\"")));
    for kernel in ["graph/pagerank", "stats/top"] {
        assert!(exemplars().any(|line| line.contains(&format!("kernel=\"{kernel}\""))), "{kernel}: {open}");
    }

    let said = lines(&running.terminate());
    let mut spans = BTreeSet::new();
    for (kernel, domain) in [("graph/pagerank", "GraphAnalytics"), ("stats/top", "Statistics")] {
        let [line] = of(&said, "Kernel execution complete", kernel)[..] else { panic!("{said:#?}") };
        let told = ["level", "domain", "trace_id", "tenant_id"].map(|key| line[key].as_str().unwrap());
        assert_eq!(told, ["INFO", domain, TRACE, "tenant-456"]);
        assert!(line["duration_ms"].is_f64() && line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
        assert_eq!(line["path"], "/kernels/graph/pagerank", "it is in the span of the request");
        // Nothing else of the kernel's span is told: trees are drawn with its name.
        assert!(["function", "otel.name"].iter().all(|key| line.get(key).is_none()), "{line}");
        spans.insert(line["span_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(spans.len(), 2, "each has a span of its own in the trace");
    let debug: Vec<_> = said.iter().filter(|line| line["level"] == "DEBUG").collect();
    assert!(debug.len() == 1 && debug[0]["domain"] == "Compliance" && debug[0]["valid"] == true, "{debug:#?}");
    assert!(!said.iter().any(|line| line.to_string().contains("12345698765432")), "an account is nobody's business");
}

#[test]
fn a_domain_has_a_level_of_its_own() {
    let (_, said) = run(&mut program(&["--once"], &[("RUSTKERNEL_LOG_LEVEL", "warn")]));
    let lines = lines(&said.lines().map(str::to_owned).collect::<Vec<_>>());
    let levels: BTreeSet<_> =
        lines.iter().filter_map(|line| Some((line["domain"].as_str()?, line["level"].as_str()?))).collect();
    assert_eq!(levels, ["DEBUG", "INFO", "WARN"].map(|level| ("Compliance", level)).into());
}

#[test]
fn a_warning_says_whose_it_is_where_no_more_than_warnings_are_told() {
    let level = "info,rustkernels::api=warn,rustkernels::kernel=warn";
    let (running, address) = start(&[], &[("RUSTKERNEL_LOG_LEVEL", level)]);
    post(&address, "graph/pagerank", "x-tenant-id: tenant-456\r\n", &json!({}));
    post(&address, "graph/pagerank", "x-tenant-id: tenant-456\r\n", &json!({"iterations": 1}));
    let said = lines(&running.terminate());
    assert_eq!(of(&said, "Kernel execution complete", "graph/pagerank").len(), 0);
    assert_eq!(of(&said, "Kernel execution failed", "graph/pagerank")[0]["tenant_id"], "tenant-456");
}

#[test]
fn a_run_is_a_tree_of_its_stages() {
    let (_, said) = run(&mut program(&["--once"], &[("RUSTKERNEL_LOG_FORMAT", "tree")]));
    // The name and that there is a time; behind it the fields of a kernel, and none of a stage.
    let shape = |line: &str| {
        let (name, rest) = line.split_once("] ")?;
        let time = if name.contains("[kernel:") { rest.split(' ').next()? } else { rest };
        time.strip_suffix("ms")?.parse::<f64>().ok().map(|_| format!("{name}]"))
    };
    let drawn: Vec<String> = said.lines().filter_map(shape).collect();
    let stages = |indent: &str| {
        ["├── [validate]", "├── [prepare_input]", "├── [gpu_execute]", "└── [collect_output]"]
            .map(|stage| format!("{indent}{stage}"))
    };
    let mut expected = vec!["[kernel:graph/pagerank]".to_owned()];
    expected.extend(stages(""));
    expected.push("    └── [kernel:stats/top]".to_owned());
    expected.extend(stages("        "));
    for kernel in ["linear/matmul", "compliance/iban"] {
        expected.push(format!("[kernel:{kernel}]"));
        expected.extend(stages(""));
    }
    expected.extend(["[kernel:compliance/iban]".to_owned(), "└── [validate]".to_owned()]);
    assert_eq!(drawn, expected, "{said}");
}

#[test]
fn a_breaker_opens_after_failures_in_a_row_and_then_nothing_is_executed() {
    let (running, address) = start(&[], &[]);
    let hopeless = json!({"iterations": 1});
    for _ in 0..2 {
        assert_eq!(post(&address, "graph/pagerank", "", &hopeless).status(), 500);
    }
    assert_eq!(post(&address, "graph/pagerank", "", &json!({})).status(), 200);
    let state = |text: &str, kernel| value(text, "rustkernel_circuit_breaker_state", &[("breaker", kernel)]);
    for _ in 0..3 {
        assert_eq!(state(&scrape(&address), "graph/pagerank"), Some(0.0));
        assert_eq!(post(&address, "graph/pagerank", "", &hopeless).status(), 500);
    }
    let text = scrape(&address);
    assert_eq!((state(&text, "graph/pagerank"), state(&text, "stats/top")), (Some(2.0), Some(0.0)));
    let rejected = post(&address, "graph/pagerank", "", &json!({}));
    assert_eq!(rejected.status(), 503);
    assert_eq!(rejected.json()["error"], "the circuit breaker of graph/pagerank is open");
    let count = |status| sum(&scrape(&address), EXECUTIONS, &[("kernel", "graph/pagerank"), ("status", status)]);
    assert_eq!((count("ok"), count("error")), (1.0, 5.0));
    let health = get(&address, "/health");
    let breakers = &health.json()["checks"]["circuit_breakers"];
    assert_eq!((health.status(), &health.json()["status"]), (200, &json!("degraded")));
    assert_eq!(breakers["error"], "open: graph/pagerank");
    assert_eq!(get(&address, "/readyz").status(), 200);
    let said = lines(&running.terminate());
    let opened: Vec<_> = said.iter().filter(|line| line["message"] == "circuit breaker opened").collect();
    assert!(
        opened.len() == 1 && opened[0]["level"] == "ERROR" && opened[0]["breaker"] == "graph/pagerank",
        "{said:#?}"
    );
}

#[test]
fn a_breaker_that_has_cooled_down_is_half_open_and_a_success_closes_it() {
    let (_running, address) = start(&["--cool-down", "0"], &[]);
    let state = || value(&scrape(&address), "rustkernel_circuit_breaker_state", &[("breaker", "graph/pagerank")]);
    for _ in 0..3 {
        assert_eq!(state(), Some(0.0));
        post(&address, "graph/pagerank", "", &json!({"iterations": 1}));
    }
    assert_eq!(state(), Some(1.0));
    assert_eq!(post(&address, "graph/pagerank", "", &json!({"iterations": 1})).status(), 500);
    assert_eq!(state(), Some(1.0));
    assert_eq!(post(&address, "graph/pagerank", "", &json!({})).status(), 200);
    assert_eq!(state(), Some(0.0));
}

#[test]
fn a_run_whose_client_goes_away_is_cancelled_and_gives_its_memory_back() {
    let (running, address) = start(&[], &[]);
    // Some minutes of work.
    let body = json!({"power": 1000}).to_string();
    let mut client = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(client, "POST /kernels/linear/matmul HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    // Three matrices are on the device, while nothing is staged any more.
    let packages = f64::from(u32::try_from(packages_and_paths().0).unwrap());
    let in_use = |text: &str| ["host", "device"].map(|pool| value(text, MEMORY, &[("pool", pool)]).unwrap());
    wait_for("the run", || (in_use(&scrape(&address)) == [0.0, 3.0 * 8.0 * packages * packages]).then_some(()));
    assert_eq!(value(&scrape(&address), "rustkernel_active_kernels", &[]), Some(1.0));
    drop(client);
    let text = wait_for("its end", || {
        let text = scrape(&address);
        let of = [("kernel", "linear/matmul"), ("domain", "LinearAlgebra"), ("status", "cancelled")];
        (value(&text, EXECUTIONS, &of) == Some(1.0)).then_some(text)
    });
    assert_eq!(value(&text, "rustkernel_active_kernels", &[]), Some(0.0));
    assert_eq!(values(&text, EXECUTIONS, "status"), ["ok", "cancelled"].map(str::to_owned).into());
    wait_for("the memory", || (in_use(&scrape(&address)) == [0.0, 0.0]).then_some(()));
    let said = lines(&running.terminate());
    assert_eq!(of(&said, "Kernel execution cancelled", "linear/matmul")[0]["level"], "WARN");
}

#[test]
fn configuration_replaces_bounds_and_switches_parts_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rustkernels.toml");
    std::fs::write(
        &file,
        "[metrics.buckets]\nrustkernel_execution_duration_seconds = [0.01, 1.5]\n[domains.Compliance]\nlog_level = \"warn\"\n",
    )
    .unwrap();
    let (text, said) = run(program(&["--once"], &[]).arg("--config").arg(&file));
    let bounds = values(&text, "rustkernel_execution_duration_seconds", "le");
    assert_eq!(bounds, ["0.01", "1.5", "+Inf"].map(str::to_owned).into());
    assert!(!said.contains("DEBUG"), "{said}");

    let (text, said) = run(&mut program(&["--once"], &[("RUSTKERNEL_METRICS_ENABLED", "false")]));
    assert!(text.is_empty() && said.contains("Kernel execution complete"), "{text}");

    let (_running, address) = start(&[], &[("RUSTKERNEL_TRACING_ENABLED", "false")]);
    post(&address, "linear/matmul", &format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n"), &json!({}));
    let open = get(&address, "/metrics?format=openmetrics").body;
    assert!(open.contains("kernel=\"linear/matmul\"") && !open.contains(TRACE), "nothing is recorded");

    for (arguments, environment) in
        [(&["--once"][..], ("RUSTKERNEL_LOG_LEVEL", "inof")), (&["--twice"], ("RUSTKERNEL_LOG_LEVEL", ""))]
    {
        let output = program(arguments, &[environment]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.starts_with("rustkernels: "), "{said}");
    }
}
