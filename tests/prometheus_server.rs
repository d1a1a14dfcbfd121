//! A real Prometheus server scrapes the quickstart, and its query API gives back what the folder holds.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use tallied::{Format, Histogram, Metrics, Trace};
use tallied_tests::http::request;
use tallied_tests::judges::find;
use tallied_tests::program::{Running, example, quickstart, wait_for, write_files};
use tallied_tests::server::{query, scraping};

#[test]
fn prometheus_scrapes_the_service_and_knows_what_it_was_asked() {
    let Some(prometheus) = find("prometheus_scrapes_the_service_and_knows_what_it_was_asked", "prometheus") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(example("service"));
    let mut program = Running::start(command.args(["--listen", "127.0.0.1:0"]).env_remove("RUST_LOG"));
    let line: serde_json::Value = serde_json::from_str(&program.line("\"listening\"")).unwrap();
    let target = line["address"].as_str().unwrap();
    for _ in 0..7 {
        request(target, "GET", "/search?q=fox").unwrap();
    }
    let (server, _running) = scraping(&prometheus, folder.path(), target, None);
    for (expression, expected) in [
        ("search_requests_total{app='public',method='GET',route='/search',status='200'}", 7.0),
        ("search_request_duration_ms_count{route='/search'}", 7.0),
        ("count(search_request_duration_ms{route='/search',quantile='0.99'})", 1.0),
        ("sum(search_requests_in_flight)", 0.0),
        ("min(process_open_fds) > bool 0", 1.0),
        ("up", 1.0),
    ] {
        wait_for(expression, || query(&server, expression).filter(|found| (found - expected).abs() < 0.5));
    }
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

    let (server, mut running) = scraping(&prometheus, folder.path(), &target, None);
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

#[derive(Metrics)]
#[metrics(prefix = "served")]
struct Served {
    /// Time, with native buckets.
    #[metrics(native)]
    native_seconds: Histogram,
    /// Time, with classic buckets alone.
    classic_seconds: Histogram,
}

static SERVED: Served = Served::new();

thread_local! {
    static TRACE: Cell<Option<Trace>> = const { Cell::new(None) };
}

/// Serves what is counted here, in the format that each request asks for; gives the address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            let accept = head.iter().find_map(|line| line.strip_prefix("Accept: ")).unwrap_or_default();
            let format = Format::negotiate(accept);
            let mut body = Vec::new();
            tallied::encode(format, &mut body);
            let (kind, len) = (format.content_type(), body.len());
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

#[test]
fn prometheus_keeps_native_histograms_and_exemplars() {
    let Some(prometheus) = find("prometheus_keeps_native_histograms_and_exemplars", "prometheus") else { return };
    assert!(tallied::trace_from(|| TRACE.get()));
    assert!(!tallied::trace_from(|| None), "there is one already");
    for millis in 1..=100u8 {
        // Each observation has a trace of its own, every tenth has none.
        TRACE.set((millis % 10 != 0).then_some(Trace { trace_id: [millis; 16], span_id: [millis; 8] }));
        SERVED.native_seconds.observe(Duration::from_millis(millis.into()));
        SERVED.classic_seconds.observe(Duration::from_millis(millis.into()));
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, mut running) = scraping(&prometheus, folder.path(), &serve(), None);
    let native = |expression: &str| wait_for(expression, || query(&server, expression));
    assert!((native("histogram_count(served_native_seconds)") - 100.0).abs() < 1e-9);
    assert!((native("histogram_sum(served_native_seconds)") - 5.05).abs() < 1e-9);
    // A bucket of the schema is 9 % wide.
    let median = native("histogram_quantile(0.5, served_native_seconds)");
    assert!((0.045..0.055).contains(&median), "{median}");
    assert!((native("served_classic_seconds_bucket{le='0.05'}") - 50.0).abs() < 1e-9);
    let exemplars = wait_for("the exemplars", || {
        let path = "/api/v1/query_exemplars?query=served_classic_seconds_bucket&start=0&end=9999999999";
        let answer: serde_json::Value = serde_json::from_str(&request(&server, "GET", path).ok()?.body).ok()?;
        answer["data"].as_array().filter(|data| !data.is_empty()).cloned()
    });
    let found: Vec<(&str, &str)> = exemplars
        .iter()
        .flat_map(|series| series["exemplars"].as_array().unwrap())
        .map(|exemplar| (exemplar["labels"]["trace_id"].as_str().unwrap(), exemplar["value"].as_str().unwrap()))
        .collect();
    // The last observation of the bucket from 50 to 100 ms that had a trace.
    assert!(found.contains(&("63636363636363636363636363636363", "0.099")), "{found:?}");
    assert!(found.contains(&("01010101010101010101010101010101", "0.001")), "{found:?}");
    assert!(running.is_running());
}
