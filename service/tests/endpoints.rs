//! What a service answers, over real sockets.
#![cfg(all(feature = "axum", feature = "serve"))]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use tallied::{Counter, Metrics};
use tallied_service::health::{Check, Finding, Health};
use tallied_service::http::{Details, Endpoint, Endpoints, Exposition};
use tallied_service::{Server, router, serve, serve_metrics};

#[derive(Metrics)]
#[metrics(prefix = "endpoints")]
struct Counted {
    /// Orders.
    orders_total: Counter,
    /// Events.
    event_sent_total: Counter,
    /// Seconds of waiting.
    wait_seconds: tallied::Histogram,
}
static COUNTED: Counted = Counted::new();

/// An `axum` server on a free port, for the life of the process.
fn axum_server(app: impl FnOnce() -> Router + Send + 'static) -> SocketAddr {
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app()).await.unwrap();
        });
    });
    receive.recv().unwrap()
}

struct Got {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }
}

/// By a client of somebody else's, that takes every status.
fn request(method: &str, address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Got {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).accept_encoding(ureq::config::AutoHeaderValue::None);
    let agent = ureq::Agent::new_with_config(
        config.allow_non_standard_methods(true).timeout_global(Some(Duration::from_secs(30))).build(),
    );
    let mut request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = agent.run(request.body(()).unwrap()).unwrap();
    let body = response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    Got { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

fn fetch(address: SocketAddr, path: &str) -> Got {
    request("GET", address, path, &[])
}

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

fn everywhere(endpoints: &Endpoints) -> [(SocketAddr, Option<Server>); 2] {
    let served = serve("127.0.0.1:0", endpoints.clone()).unwrap();
    let endpoints = endpoints.clone();
    [(axum_server(|| endpoints.router()), None), (served.address(), Some(served))]
}

#[test]
fn every_endpoint_answers_get_and_head_and_nothing_else() {
    let health = Health::builder().version("1.2.3").build();
    for (address, _server) in everywhere(&Endpoints::new().health(health).name("shop").info("commit", "abc")) {
        for path in ["/metrics", "/health", "/health/live", "/health/ready", "/healthz", "/readyz", "/info"] {
            let got = fetch(address, path);
            assert_eq!(got.status, 200, "{path}");
            let head = request("HEAD", address, path, &[]);
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            assert_eq!(head.header("content-type"), got.header("content-type"));
            // A scrape may be longer than the one before.
            if path != "/metrics" {
                assert_eq!(head.header("content-length"), Some(&*got.body.len().to_string()), "{path}");
            }
            assert_eq!(got.header("cache-control"), Some("no-store"));
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
                let refused = request(method, address, path, &[]);
                assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
            }
        }
        for path in ["/", "/metrics/", "/metrics/events", "/healthz/x", "/HEALTH"] {
            assert_eq!(fetch(address, path).status, 404, "{path}");
        }
        assert_eq!(fetch(address, "/health").json()["version"], "1.2.3");
        let info = fetch(address, "/info").json();
        assert_eq!([&info["name"], &info["version"], &info["commit"]], ["shop", "1.2.3", "abc"]);
        assert_eq!(info["metrics"], cfg!(feature = "metrics"));
    }
}

#[test]
fn the_router_is_merged_and_nested_into_an_application() {
    let address = axum_server(|| {
        let own = Router::new().route("/", get(|| async { "hello" })).with_state(());
        own.merge(router()).nest("/internal", router())
    });
    assert_eq!(fetch(address, "/").text(), "hello");
    for path in ["/metrics", "/internal/metrics", "/internal/health/ready"] {
        assert_eq!(fetch(address, path).status, 200, "{path}");
    }
}

#[test]
#[cfg(feature = "metrics")]
fn metrics_are_given_in_the_format_that_is_asked_for() {
    COUNTED.orders_total.inc();
    COUNTED.wait_seconds.observe(0.2);
    let server = serve_metrics("127.0.0.1:0").unwrap();
    let given = |path: &str, accept: &str| {
        let got = request("GET", server.address(), path, &[("accept", accept)]);
        assert_eq!(got.header("vary"), Some("Accept, Accept-Encoding"));
        got.header("content-type").unwrap().to_owned()
    };
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    // What real servers send.
    let v2_53 = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let v3_native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    for (accept, expected) in
        [("*/*", TEXT), ("text/html", TEXT), ("nonsense;;q=,", TEXT), (v2_53, openmetrics), (v3_native, protobuf)]
    {
        assert_eq!(given("/metrics", accept), expected, "{accept}");
    }
    for (query, expected) in
        [("json", "application/json"), ("text", TEXT), ("openmetrics", openmetrics), ("protobuf", protobuf)]
    {
        assert_eq!(given(&format!("/metrics?format={query}"), v2_53), expected);
    }
    let refused = fetch(server.address(), "/metrics?format=%3Cxml%3E%0a");
    assert_eq!(
        (refused.status, refused.text()),
        (400, "there is no format \"<xml>\\n\"; ask for text, openmetrics, protobuf or json\n")
    );
    let text = fetch(server.address(), "/metrics");
    assert!(text.text().contains("endpoints_orders_total "), "{}", text.text());
    assert!(request("GET", server.address(), "/metrics", &[("accept", openmetrics)]).text().ends_with("# EOF\n"));
}

#[test]
#[cfg(feature = "metrics")]
fn families_are_asked_for_by_name() {
    let server = serve_metrics("127.0.0.1:0").unwrap();
    let names = |query: &str| {
        let got = fetch(server.address(), &format!("/metrics?{query}"));
        let text = got.text().to_owned();
        let types = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .map(|line| line.split(' ').next().unwrap().to_owned());
        types.collect::<Vec<_>>()
    };
    assert_eq!(names("name[]=endpoints_orders_total"), ["endpoints_orders_total"]);
    assert_eq!(
        names("name%5B%5D=endpoints_orders_total&name[]=endpoints_wait_seconds_bucket"),
        ["endpoints_orders_total", "endpoints_wait_seconds"]
    );
    assert_eq!(names("name[]=endpoints_orders"), Vec::<String>::new());
    assert_eq!(names("name[]="), Vec::<String>::new());
    assert!(names("name=endpoints_orders_total").len() > 3);
    let json = fetch(server.address(), "/metrics?format=json&name[]=endpoints_orders_total").json();
    assert_eq!(json["families"].as_array().unwrap().len(), 1);
}

#[test]
#[cfg(feature = "metrics")]
fn a_second_exposition_has_chosen_families_alone() {
    let events = Exposition::new().only(|family| family.starts_with("endpoints_event_"));
    for (address, _server) in everywhere(&Endpoints::new().metrics_at("/metrics/events", events)) {
        let text = fetch(address, "/metrics/events").text().to_owned();
        assert!(text.contains("# TYPE endpoints_event_sent_total counter") && !text.contains("orders"), "{text}");
        assert_eq!(fetch(address, "/metrics/events?name[]=endpoints_orders_total").text(), "");
        assert!(fetch(address, "/metrics").text().contains("endpoints_orders_total"));
    }
}

#[test]
#[cfg(feature = "metrics")]
fn a_body_is_zipped_when_it_is_asked_for() {
    for (address, _server) in everywhere(&Endpoints::new()) {
        let path = "/metrics?name[]=endpoints_wait_seconds";
        let plain = fetch(address, path);
        assert_eq!(plain.header("content-encoding"), None);
        let zipped = request("GET", address, path, &[("accept-encoding", "br, gzip;q=0.9")]);
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*zipped.body).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain.text());
        assert_eq!(request("GET", address, path, &[("accept-encoding", "gzip;q=0")]).header("content-encoding"), None);
    }
}

#[test]
#[cfg(feature = "metrics")]
fn json_has_the_shape_of_ones_own_with_rates_since_the_last() {
    let view = Exposition::new().json(|now, before| {
        json!({
            "sent": now.sum("endpoints_event_sent_total", &[]),
            "rate": before.and_then(|before| now.rate(before, "endpoints_event_sent_total", &[])),
        })
    });
    let server = serve("127.0.0.1:0", Endpoints::new().metrics_at("/metrics", view)).unwrap();
    let look = || fetch(server.address(), "/metrics?format=json").json();
    COUNTED.event_sent_total.add(10);
    let first = look();
    assert_eq!((first["sent"].as_f64(), &first["rate"]), (Some(10.0), &Value::Null));
    COUNTED.event_sent_total.add(100);
    // Until a second has passed there is nothing to divide by.
    let second = std::iter::repeat_with(look).find(|view| !view["rate"].is_null()).unwrap();
    assert_eq!(second["sent"].as_f64(), Some(110.0));
    let rate = second["rate"].as_f64().unwrap();
    assert!(rate > 1.0 && rate <= 100.0, "{rate}");
    // At once again: of the same second, not of the last milliseconds.
    let again = look()["rate"].as_f64().unwrap();
    assert!(again > 1.0 && again <= rate + 0.1, "{again} after {rate}");
    // Other formats, and families that are asked for, are as ever.
    assert!(fetch(server.address(), "/metrics").text().contains("# TYPE"));
    let some = fetch(server.address(), "/metrics?format=json&name[]=endpoints_orders_total").json();
    assert_eq!(some["families"][0]["name"], "endpoints_orders_total");
}

#[test]
fn a_view_that_fails_is_a_503_and_no_half_body() {
    let panics = Exposition::new().json(|_, _| -> u8 { panic!("in the view") });
    let unsayable = Exposition::new().json(|_, _| std::collections::BTreeMap::from([(vec![1], 2)]));
    let endpoints = Endpoints::new().metrics_at("/panics", panics).metrics_at("/unsayable", unsayable);
    for (address, _server) in everywhere(&endpoints) {
        for path in ["/panics?format=json", "/unsayable?format=json"] {
            let got = fetch(address, path);
            assert_eq!(
                (got.status, got.text()),
                (503, "the metrics could not be written; the log says more\n"),
                "{path}"
            );
        }
        assert_eq!(fetch(address, "/panics").status, 200);
    }
}

#[test]
#[cfg(not(feature = "metrics"))]
fn without_metrics_every_format_is_an_empty_one() {
    COUNTED.orders_total.inc();
    COUNTED.event_sent_total.inc();
    COUNTED.wait_seconds.observe(0.2);
    let server = serve_metrics("127.0.0.1:0").unwrap();
    for (query, body) in [("text", ""), ("openmetrics", "# EOF\n"), ("protobuf", ""), ("json", "{\"families\":[]}")] {
        let got = fetch(server.address(), &format!("/metrics?format={query}"));
        assert_eq!((got.status, got.text()), (200, body));
    }
}

#[test]
fn two_hundred_connections_scrape_at_once() {
    for (address, _server) in everywhere(&Endpoints::new()) {
        // All are there before the first is answered.
        let mut streams: Vec<_> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
        for stream in &mut streams {
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            write!(stream, "GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        }
        for stream in &mut streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), body.len());
            assert_eq!(body.contains("# TYPE endpoints_orders_total counter"), cfg!(feature = "metrics"));
        }
    }
}

#[test]
fn health_says_what_an_orchestrator_understands() {
    let health = Health::builder()
        .uptime_key("uptime_secs")
        .start_gate()
        .check(Check::new("database", || async { Finding::healthy().figure("latency_ms", 2) }))
        .check(Check::new("hangs", std::future::pending::<()>).limit(Duration::from_millis(50)).optional())
        .check(Check::new("panics", || -> std::future::Ready<()> { panic!("in the check") }).optional())
        .build();
    let [(axum, _), (served, _server)] = everywhere(&Endpoints::new().health(health.clone()));
    for address in [axum, served] {
        let got = fetch(address, "/health");
        assert_eq!((got.status, got.header("content-type")), (200, Some("application/json")));
        let body = got.json();
        assert_eq!((&body["status"], &body["uptime_secs"]), (&json!("degraded"), &json!(0)));
        assert_eq!(body["checks"]["database"], json!({"status": "healthy", "latency_ms": 2}));
        assert_eq!(body["checks"]["hangs"], json!({"status": "unhealthy", "error": "the check took longer than 50ms"}));
        assert_eq!(body["checks"]["panics"], json!({"status": "unhealthy", "error": "the check panicked"}));
        assert_eq!((fetch(address, "/health/live").status, fetch(address, "/healthz").status), (200, 200));
    }
    let ready = || [fetch(axum, "/readyz").status, fetch(served, "/health/ready").status];
    assert_eq!(ready(), [503, 503]);
    assert_eq!(fetch(axum, "/readyz").json()["reason"], "starting");
    health.started();
    assert_eq!(ready(), [200, 200]);
    health.shut_down();
    assert_eq!(ready(), [503, 503]);
    assert_eq!(fetch(axum, "/readyz").json()["reason"], "shutting down");
    assert_eq!((fetch(axum, "/health/live").status, fetch(axum, "/health").status), (200, 200));
}

#[test]
fn an_unhealthy_service_is_a_503() {
    let health = Health::builder().check(Check::new("database", || async { Err::<(), _>("refused") })).build();
    for (address, _server) in everywhere(&Endpoints::new().health(health)) {
        assert_eq!(
            [fetch(address, "/health").status, fetch(address, "/readyz").status, fetch(address, "/healthz").status],
            [503, 503, 200]
        );
        assert_eq!(fetch(address, "/health").json()["checks"]["database"]["error"], "refused");
    }
}

#[test]
fn details_are_hidden_from_strangers() {
    let health = || Health::builder().version("1").check(Check::new("database", || async {})).build();
    let of = |details| Endpoints::new().health(health()).details(details);
    let server = serve("127.0.0.1:0", of(Details::Bearer("s3cret".to_owned().into()))).unwrap();
    let with =
        |path: &str, authorization: &str| request("GET", server.address(), path, &[("authorization", authorization)]);
    assert_eq!(fetch(server.address(), "/health").text(), r#"{"status":"healthy"}"#);
    for wrong in ["Bearer s3cre", "Bearer s3crets", "Bearer  s3cret", "Basic s3cret", "s3cret", "Bearer"] {
        assert_eq!(with("/health", wrong).text(), r#"{"status":"healthy"}"#, "{wrong}");
        assert_eq!(
            (with("/info", wrong).status, with("/info", wrong).header("www-authenticate")),
            (401, Some("Bearer"))
        );
    }
    assert_eq!(with("/health", "bearer s3cret").json()["checks"]["database"]["status"], "healthy");
    assert_eq!(with("/info", "Bearer s3cret").json()["version"], "1");

    let server = serve("127.0.0.1:0", of(Details::Never)).unwrap();
    assert_eq!(fetch(server.address(), "/readyz").text(), r#"{"status":"healthy"}"#);
    assert_eq!(fetch(server.address(), "/info").status, 403);
    let trusted = Details::If(std::sync::Arc::new(|request| request.headers.contains_key("x-internal")));
    let server = serve("127.0.0.1:0", of(trusted)).unwrap();
    assert_eq!(fetch(server.address(), "/info").status, 403);
    assert_eq!(request("GET", server.address(), "/info", &[("x-internal", "1")]).status, 200);
}

#[test]
fn a_path_may_be_taken_away_and_another_given() {
    let endpoints = Endpoints::new().without("/info").at("live", Endpoint::Live);
    let server = serve("127.0.0.1:0", endpoints).unwrap();
    assert_eq!([fetch(server.address(), "/info").status, fetch(server.address(), "/live").status], [404, 200]);
}

#[test]
fn a_server_that_shuts_down_answers_what_is_on_its_way_and_takes_no_more() {
    let (say, said) = std::sync::mpsc::channel();
    let say = std::sync::Mutex::new(say);
    let (release, wait) = std::sync::mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let slow = Exposition::new().json(move |_, _| {
        say.lock().unwrap().send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
        "done"
    });
    let server = serve("127.0.0.1:0", Endpoints::new().metrics_at("/slow", slow)).unwrap();
    let address = server.address();
    let asked = thread::spawn(move || fetch(address, "/slow?format=json").text().to_owned());
    // Idle connections hold nothing up.
    let _idle = TcpStream::connect(address).unwrap();
    said.recv().unwrap();
    let ends = thread::spawn(move || server.shut_down());
    while TcpStream::connect(address).is_ok() {}
    release.send(()).unwrap();
    assert_eq!(asked.join().unwrap(), "\"done\"");
    ends.join().unwrap();
}

#[test]
fn a_server_says_why_it_cannot_listen() {
    let taken = serve_metrics("127.0.0.1:0").unwrap();
    let error = serve_metrics(taken.address()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen at {}: ", taken.address())), "{error}");
    assert!(serve_metrics("nowhere.invalid:0").is_err());
}

#[test]
fn a_server_can_be_started_and_stopped_within_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let server = serve_metrics("127.0.0.1:0").unwrap();
        let address = server.address();
        assert_eq!(tokio::task::spawn_blocking(move || fetch(address, "/metrics").status).await.unwrap(), 200);
        drop(server);
    });
}

#[test]
fn bad_requests_are_refused_and_the_server_goes_on() {
    for (address, _server) in everywhere(&Endpoints::new()) {
        for bytes in [
            &b"\0\0\0\0\r\n\r\n"[..],
            b"GET /metrics\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
            b"GET /met\xffrics HTTP/1.1\r\nhost: a\r\n\r\n",
            &[b"GET /", &*vec![b'a'; 1 << 20], b" HTTP/1.1\r\n\r\n"].concat(),
        ] {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let _ = stream.write_all(bytes);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4"),
                "{answer}"
            );
        }
        assert_eq!(fetch(address, "/metrics").status, 200);
    }
}

#[test]
fn a_scrape_that_never_ends_keeps_neither_others_nor_the_end_waiting() {
    let (stop, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let (say, said) = std::sync::mpsc::channel();
    let stuck = Exposition::new().json(move |_, _| {
        say.send(()).unwrap();
        let _ = wait.lock().unwrap().recv();
    });
    let server = serve("127.0.0.1:0", Endpoints::new().metrics_at("/stuck", stuck)).unwrap();
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(stream, "GET /stuck?format=json HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        streams.push(stream);
        said.recv_timeout(Duration::from_millis(200)).unwrap_or_default();
    }
    drop(streams);
    assert_eq!(fetch(server.address(), "/metrics").status, 200);
    let began = std::time::Instant::now();
    server.shut_down();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(stop);
}

#[test]
fn a_question_about_trust_that_panics_trusts_nobody() {
    let details = Details::If(std::sync::Arc::new(|_| panic!("in the question")));
    let server = serve("127.0.0.1:0", Endpoints::new().details(details)).unwrap();
    assert_eq!(fetch(server.address(), "/health").text(), r#"{"status":"healthy"}"#);
    assert_eq!(fetch(server.address(), "/info").status, 403);
}

#[test]
#[cfg(all(unix, feature = "signals"))]
fn a_program_without_a_runtime_of_its_own_can_wait_for_its_end() {
    let future = tallied_service::terminated();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let waited = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(20), future).await });
    assert!(waited.is_err(), "nobody has asked");
}

#[cfg(all(feature = "axum", feature = "signals"))]
#[tokio::test]
async fn a_request_that_was_sent_by_half_keeps_no_program_from_ending() {
    use tallied_service::serve_until;
    use tokio::sync::oneshot;

    let app = Router::new().route("/", axum::routing::post(|body: String| async { body }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx").unwrap();
    let serve = |app: Router| {
        let end = async { tokio::time::sleep(Duration::from_millis(50)).await };
        serve_until(end, Duration::from_millis(50), |end| axum::serve(listener, app).with_graceful_shutdown(end))
    };
    assert!(serve(app.clone()).await.is_none(), "the request is dropped");
    // One without requests ends at once, and with what the server says.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (tell, told) = oneshot::channel::<()>();
    drop(tell);
    let end = async { drop(told.await) };
    let served = serve_until(end, Duration::MAX, |end| axum::serve(listener, app).with_graceful_shutdown(end)).await;
    assert!(served.is_some_and(|served| served.is_ok()));
}
