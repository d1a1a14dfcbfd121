//! Requests over real sockets, as metrics, spans and lines.
#![cfg(all(feature = "requests", feature = "axum", feature = "logs"))]

mod lines;

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};
use tallied::testing::value;
use tallied_service::logs::{Format, Logging, Logs, To};
use tallied_service::requests::{AccessFile, AccessLog, RequestHandle, RequestLayer};
use tallied_service::{Correlation, TraceContext};
use tracing::instrument::WithSubscriber as _;

use lines::{Kept, objects};

tallied_service::request_metrics! {
    /// With everything said.
    pub struct Bext {
        prefix: "bext",
        labels: { app: 3 },
        routes: 5,
        status: code,
        duration: summary_ms,
        size_buckets: [10.0, 100.0, 1000.0],
    }
}

tallied_service::request_metrics! {
    struct Shop { prefix: "shop" }
}

tallied_service::request_metrics! {
    struct Classes { prefix: "classes", status: class, duration: histogram_ms, buckets: [1.0, 1000.0] }
}

tallied_service::request_metrics! {
    struct Seconds { prefix: "seconds", duration: summary_seconds, }
}

/// A server on a free port for the life of the process, whose logs are kept.
fn start(app: Router) -> (SocketAddr, Kept, Logs) {
    let kept = Kept::default();
    let logging = Logging::new().filter("info").format(Format::Json).level_of("app", "quiet", "error");
    let (logs, dispatch) = logging.output(To::writer(kept.clone())).build().unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // The tasks of connections are run by this thread, too.
        tracing::dispatcher::with_default(&dispatch.clone(), || {
            runtime.block_on(
                async {
                    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                    send.send(listener.local_addr().unwrap()).unwrap();
                    axum::serve(listener, app).await.unwrap();
                }
                .with_subscriber(dispatch),
            );
        });
    });
    (receive.recv().unwrap(), kept, logs)
}

struct Got {
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }
}

/// A request whose every byte one sees.
fn request(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Got {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{length}{headers}\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    // A handler that panics closes the connection.
    let _ = stream.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Got { head: head.to_owned(), body: body.to_owned() }
}

fn fetch(address: SocketAddr, path: &str) -> Got {
    request(address, "GET", path, "", "")
}

/// What is counted just after the answer.
#[track_caller]
fn soon(what: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !what() {
        assert!(Instant::now() < until, "it did not become true");
        thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn counted(name: &str, labels: &[(&str, &str)], expected: Option<f64>) {
    if cfg!(feature = "metrics") {
        let until = Instant::now() + Duration::from_secs(20);
        while value(name, labels) != expected {
            assert!(
                Instant::now() < until,
                "{name}{labels:?} is {:?} and not {expected:?}\n{}",
                value(name, labels),
                tallied::gather_metrics()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn requests_are_counted_by_method_route_and_status_with_names_of_ones_own() {
    let app = Router::new()
        .route(
            "/carts/{id}",
            get(|| async { "a cart" }).post(|body: String| async move { (StatusCode::CREATED, body) }),
        )
        .nest("/deep", Router::new().route("/{a}/{b}", get(|| async { StatusCode::NO_CONTENT })))
        .layer(RequestLayer::new(Bext).label("app", |request| {
            request.headers.get("x-app").and_then(|app| app.to_str().ok()).unwrap_or("none").to_owned()
        }));
    let (address, ..) = start(app);
    for id in 0..3 {
        assert_eq!(request(address, "GET", &format!("/carts/{id}?secret=1"), "x-app: web\r\n", "").body, "a cart");
    }
    request(address, "POST", "/carts/7", "x-app: web\r\n", &"x".repeat(500));
    request(address, "DELETE", "/carts/7", "x-app: web\r\n", "");
    fetch(address, "/deep/1/2");
    fetch(address, "/nowhere/at/all");
    request(address, "BREW", "/carts/1", "", "");
    let total = |app, method, route, status| [("app", app), ("method", method), ("route", route), ("status", status)];
    let name = "bext_requests_total";
    counted(name, &total("web", "GET", "/carts/{id}", "200"), Some(3.0));
    counted(name, &total("web", "POST", "/carts/{id}", "201"), Some(1.0));
    counted(name, &total("web", "DELETE", "/carts/{id}", "405"), Some(1.0));
    counted(name, &total("none", "GET", "/deep/{a}/{b}", "204"), Some(1.0));
    counted(name, &total("none", "GET", "unmatched", "404"), Some(1.0));
    counted(name, &total("none", "other", "/carts/{id}", "405"), Some(1.0));
    counted("bext_request_duration_ms_count", &[("app", "web"), ("route", "/carts/{id}")], Some(5.0));
    let size = |direction, le| [("app", "web"), ("direction", direction), ("le", le)];
    counted("bext_request_size_bytes_bucket", &size("request", "10"), Some(4.0));
    counted("bext_request_size_bytes_bucket", &size("request", "1000"), Some(5.0));
    counted("bext_request_size_bytes_bucket", &size("response", "10"), Some(4.0));
    counted("bext_request_size_bytes_sum", &[("app", "web"), ("direction", "response")], Some(3.0 * 6.0 + 500.0));
    counted("bext_requests_in_flight", &[("app", "web")], Some(0.0));
    if cfg!(feature = "metrics") {
        let text = tallied::gather_metrics();
        assert!(
            text.contains("bext_request_duration_ms{app=\"web\",route=\"/carts/{id}\",quantile=\"0.99\"} "),
            "{text}"
        );
        // Only what there was.
        assert_eq!(text.lines().filter(|line| line.starts_with("bext_requests_total{")).count(), 6, "{text}");
        assert!(!text.contains("secret") && !text.contains("/carts/1"));
    }
}

#[test]
fn routes_and_applications_that_strangers_make_up_are_bounded() {
    tallied_service::request_metrics! { struct Bounded { prefix: "bounded", labels: { app: 3 }, routes: 5 } }
    // A route function that breaks the rule and gives the path.
    let layer = RequestLayer::new(Bounded)
        .route(|request| Some(request.uri.path().to_owned()))
        .label("app", |request| request.uri.path().to_owned());
    let (address, ..) = start(Router::new().fallback(|| async {}).layer(layer));
    for n in 0..50 {
        fetch(address, &format!("/{n}"));
    }
    counted("bounded_request_duration_seconds_count", &[("app", "_other"), ("route", "_other")], Some(45.0));
}

#[test]
fn the_forms_of_status_and_duration_are_ones_own() {
    let routes = || Router::new().route("/", get(|| async { StatusCode::IM_A_TEAPOT }));
    let (classes, ..) = start(routes().layer(RequestLayer::new(Classes)));
    fetch(classes, "/");
    counted("classes_requests_total", &[("method", "GET"), ("route", "/"), ("status", "4xx")], Some(1.0));
    counted("classes_request_duration_ms_bucket", &[("route", "/"), ("le", "1000")], Some(1.0));
}

#[test]
fn a_client_that_goes_away_is_cancelled_and_leaves_nothing_in_flight() {
    let app = Router::new()
        .route("/waits", get(|| async { std::future::pending::<()>().await }))
        .route(
            "/streams",
            get(|| async {
                let endless = futures_util::stream::unfold((), |()| async {
                    tokio::task::yield_now().await;
                    Some((Ok::<_, Infallible>(Bytes::from(vec![b'x'; 1000])), ()))
                });
                Body::from_stream(endless)
            }),
        )
        .layer(RequestLayer::new(Shop));
    let (address, kept, _logs) = start(app);
    for path in ["/waits", "/streams"] {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        if path == "/streams" {
            stream.read_exact(&mut [0; 2000]).unwrap();
        }
        if cfg!(feature = "metrics") {
            soon(|| value("shop_requests_in_flight", &[]) == Some(1.0));
        }
        drop(stream);
        counted("shop_requests_total", &[("method", "GET"), ("route", path), ("status", "cancelled")], Some(1.0));
        counted("shop_requests_in_flight", &[], Some(0.0));
    }
    assert_eq!(kept.text(), "", "nothing is told without being asked");
}

#[test]
fn a_handler_that_panics_is_panicked_and_one_that_fails_late_is_failed() {
    tallied_service::request_metrics! { struct Ends { prefix: "ends" } }
    let app = Router::new()
        .route("/panics", get(|| async { panic!("in the handler") as () }))
        .route(
            "/fails",
            get(|| async {
                let parts = [Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("the rest is gone"))];
                Body::from_stream(futures_util::stream::iter(parts))
            }),
        )
        .route(
            "/panics-late",
            get(|| async {
                let endless =
                    futures_util::stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, Infallible>>> {
                        panic!("in the body")
                    });
                Body::from_stream(endless)
            }),
        )
        .layer(RequestLayer::new(Ends));
    let (address, ..) = start(app);
    let of = |route, status| [("method", "GET"), ("route", route), ("status", status)];
    fetch(address, "/panics");
    counted("ends_requests_total", &of("/panics", "panicked"), Some(1.0));
    fetch(address, "/fails");
    counted("ends_requests_total", &of("/fails", "failed"), Some(1.0));
    fetch(address, "/panics-late");
    counted("ends_requests_total", &of("/panics-late", "panicked"), Some(1.0));
    counted("ends_requests_in_flight", &[], Some(0.0));
}

#[test]
fn an_answer_without_a_body_is_no_cancelled_one() {
    tallied_service::request_metrics! { struct Heads { prefix: "heads" } }
    let app = Router::new()
        .route("/", get(|| async { "a body that HEAD does not see" }))
        .route("/304", get(|| async { StatusCode::NOT_MODIFIED }))
        .route(
            "/stream",
            get(|| async {
                let parts = [Ok::<_, Infallible>(Bytes::from_static(b"one")), Ok(Bytes::from_static(b"two"))];
                Body::from_stream(futures_util::stream::iter(parts))
            }),
        )
        .route(
            "/file",
            get(|| async {
                let parts = [Ok::<_, Infallible>(Bytes::from_static(b"12345")), Ok(Bytes::from_static(b"67890"))];
                let body = Body::from_stream(futures_util::stream::iter(parts));
                Response::builder().header("content-length", 10).body(body).unwrap()
            }),
        )
        .route(
            "/long",
            get(|| async { Response::builder().header("content-length", 5).body(Body::from("12345")).unwrap() }),
        )
        .layer(RequestLayer::new(Heads));
    let (address, ..) = start(app);
    for (method, path) in [
        ("HEAD", "/"),
        ("HEAD", "/stream"),
        ("GET", "/"),
        ("GET", "/304"),
        ("GET", "/stream"),
        ("GET", "/long"),
        ("GET", "/file"),
    ] {
        request(address, method, path, "", "");
        let status = if path == "/304" { "304" } else { "200" };
        counted("heads_requests_total", &[("method", method), ("route", path), ("status", status)], Some(1.0));
    }
    counted("heads_request_size_bytes_sum", &[("direction", "response")], Some(29.0 + 6.0 + 5.0 + 10.0));
}

#[test]
fn every_line_below_a_request_has_its_correlation_and_so_has_the_answer() {
    let app = Router::new()
        .route(
            "/",
            get(|Extension(request): Extension<RequestHandle>| async move {
                tracing::info!("in the handler");
                request.set_user_id("ada");
                tracing::info!("known");
                assert_eq!(Correlation::current().as_ref(), Some(request.correlation()));
                Correlation::current().unwrap().id().to_owned()
            }),
        )
        .layer(
            RequestLayer::new(())
                .label("app", |request| if request.uri.query() == Some("quiet") { "quiet" } else { "web" }),
        );
    let (address, kept, _logs) = start(app);
    let got = fetch(address, "/");
    let id = got.header("x-correlation-id").unwrap();
    assert_eq!((got.body.as_str(), got.header("x-request-id")), (id, Some(id)));
    assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    let lines = objects(&kept.text());
    for line in &lines {
        assert_eq!([&line["correlation_id"], &line["request_id"]], [id, id]);
        assert_eq!([&line["method"], &line["path"], &line["route"], &line["app"]], ["GET", "/", "/", "web"]);
        assert_eq!((line["trace_id"].as_str().unwrap().len(), line["span_id"].as_str().unwrap().len()), (32, 16));
    }
    assert_eq!((&lines[0]["user_id"], &lines[1]["user_id"]), (&Value::Null, &json!("ada")));
    // An application has its own level.
    assert_eq!(fetch(address, "/?quiet").head.lines().next(), Some("HTTP/1.1 200 OK"));
    assert_eq!(objects(&kept.text()).len(), 2);
    // What comes in is kept if it is valid, and the first that is.
    let id =
        |headers: &str| request(address, "GET", "/?quiet", headers, "").header("x-correlation-id").unwrap().to_owned();
    assert_eq!(id("x-correlation-id: mine\r\n"), "mine");
    assert_eq!(id("x-request-id: theirs\r\n"), "theirs");
    assert_eq!(id("x-request-id: theirs\r\nx-correlation-id: mine\r\n"), "mine");
    assert_eq!(id("x-correlation-id: a b\r\nx-request-id: theirs\r\n"), "theirs");
    for hostile in ["", " ", "a b", "{\"a\":1}", "ä", &"x".repeat(129), "a\tb", "<script>"] {
        let id = id(&format!("x-correlation-id: {hostile}\r\n"));
        assert_eq!(id.len(), 36, "{hostile:?} gave {id}");
    }
}

#[test]
fn a_trace_that_comes_in_goes_on_and_a_hostile_one_does_not() {
    let app = Router::new()
        .route("/", get(|| async { Correlation::current().unwrap().trace().unwrap().traceparent() }))
        .route(
            "/state",
            get(|| async {
                Correlation::current().unwrap().trace().unwrap().tracestate().unwrap_or("none").to_owned()
            }),
        )
        .layer(RequestLayer::new(()).sampled(0.0));
    let (address, ..) = start(app);
    let trace = |headers: &str| request(address, "GET", "/", headers, "").body.parse::<TraceContext>().unwrap();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mine = trace(&format!("traceparent: {parent}\r\n"));
    assert_eq!((mine.trace_id().as_str(), mine.is_sampled()), ("0af7651916cd43dd8448eb211c80319c", true));
    assert_ne!(mine.span_id(), "b7ad6b7169203331");
    let hostile = [
        format!("traceparent: {parent}\r\ntraceparent: {parent}\r\n"),
        format!("traceparent: {parent}-more\r\n"),
        format!("traceparent: {}\r\n", parent.to_uppercase()),
        "traceparent: \r\n".to_owned(),
        format!("traceparent: {}\r\n", "0".repeat(8000)),
    ];
    for hostile in hostile {
        let trace = trace(&hostile);
        assert!(trace.trace_id() != mine.trace_id() && !trace.is_sampled(), "{hostile}");
    }
    let state = |state: &str| request(address, "GET", "/state", &format!("traceparent: {parent}\r\n{state}"), "").body;
    assert_eq!(state("tracestate: a=1\r\ntracestate: b=2\r\n"), "a=1,b=2");
    assert_eq!(state("tracestate: no state\r\n"), "none");
}

#[test]
fn an_access_log_has_a_line_for_each_request() {
    let app = |access| {
        Router::new().route("/about", get(|| async { "0123456789" })).layer(
            RequestLayer::new(())
                .access_log(access)
                .slow(None)
                .user_id(|_| Some("ada lovelace".into()))
                .remote(|_| Some("203.0.113.9".into())),
        )
    };
    let ask = |address| {
        let headers = "user-agent: curl \"x\"\\\r\nreferer: https://example.org/a?token=hunter2\r\n";
        request(address, "GET", "/about?token=hunter2", headers, "");
    };
    let (address, kept, _logs) = start(app(AccessLog::Fields));
    ask(address);
    soon(|| !kept.text().is_empty());
    let mut line = objects(&kept.text()).remove(0);
    assert!(line["duration_ms"].as_f64().is_some());
    for key in ["timestamp", "duration_ms", "trace_id", "span_id", "correlation_id", "request_id"] {
        line.as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("{key}"));
    }
    assert_eq!(
        line,
        json!({"level": "INFO", "target": "access", "message": "request completed", "method": "GET", "path": "/about",
            "route": "/about", "status": 200, "request_bytes": 0, "response_bytes": 10, "remote": "203.0.113.9",
            "user_id": "ada lovelace", "user_agent": "curl \"x\"\\"})
    );
    let is_combined = |line: &str| {
        let (before, rest) = line.split_once(" [").unwrap();
        let (at, rest) = rest.split_once("] ").unwrap();
        assert_eq!(before, "203.0.113.9 - ada_lovelace");
        assert!(jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", at).is_ok(), "{at}");
        assert_eq!(rest, r#""GET /about HTTP/1.1" 200 10 "https://example.org/a" "curl \"x\"\\""#);
    };
    let (address, kept, _logs) = start(app(AccessLog::Combined));
    ask(address);
    soon(|| !kept.text().is_empty());
    is_combined(objects(&kept.text())[0]["message"].as_str().unwrap());

    let apart = Kept::default();
    let file = AccessFile::open(To::writer(apart.clone())).unwrap();
    let (address, kept, _logs) = start(app(AccessLog::File(file)));
    ask(address);
    soon(|| !apart.text().is_empty());
    is_combined(apart.text().strip_suffix('\n').unwrap());
    assert_eq!(kept.text(), "");
}

#[test]
fn a_span_of_ones_own_has_the_fields_that_it_says_and_no_others() {
    async fn cached(Extension(request): Extension<RequestHandle>) -> &'static str {
        request.span().record("cache", "hit");
        "a page"
    }
    let layer = RequestLayer::new(()).label("tenant", |_| "t1").access_log(AccessLog::Fields).span(|_, request| {
        tracing::info_span!(
            "page",
            page = request.path(),
            tenant = request.label("tenant"),
            nobody = request.label("none"),
            cache = tracing::field::Empty,
        )
    });
    let (address, kept, logs) = start(Router::new().route("/pages/{id}", get(cached)).layer(layer));
    fetch(address, "/pages/1?token=hidden");
    soon(|| kept.text().contains("request completed"));
    logs.flush();
    let lines = objects(&kept.text());
    let line = lines.iter().find(|line| line["message"] == "request completed").unwrap();
    assert_eq!([&line["page"], &line["tenant"], &line["cache"]], ["/pages/1", "t1", "hit"]);
    assert!(line.get("user_id").is_none() && line.get("nobody").is_none(), "{line}");
    assert_eq!(line["status"], 200);
}

#[test]
fn where_only_warnings_are_told_they_say_of_which_request_they_are() {
    use tower::ServiceExt as _;
    async fn odd() {
        tracing::warn!("odd");
    }
    for (filter, is_known) in [("warn", true), ("requests=warn", false), ("requests=warn,tallied_service=error", true)]
    {
        let kept = Kept::default();
        let logging = Logging::new().filter(filter).format(Format::Json).output(To::writer(kept.clone()));
        let (logs, dispatch) = logging.build().unwrap();
        let app = Router::new().route("/odd/{id}", get(odd)).layer(RequestLayer::new(()));
        let request = http::Request::get("/odd/1").body(Body::empty()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        tracing::dispatcher::with_default(&dispatch, || runtime.block_on(app.oneshot(request))).unwrap();
        logs.flush();
        let line = objects(&kept.text()).remove(0);
        assert_eq!(line["path"] == "/odd/1", is_known, "{filter}: {line}");
        assert!(line["correlation_id"].is_string(), "whatever the filter is: {line}");
    }
}

#[test]
fn a_slow_request_is_told_and_a_fast_one_is_not() {
    let app = |slow| Router::new().route("/", post(|| async {})).layer(RequestLayer::new(()).slow(slow));
    // No request takes an hour, and each takes a nanosecond.
    let (address, kept, _logs) = start(app(Duration::from_secs(3600)));
    request(address, "POST", "/", "", "x");
    assert_eq!(kept.text(), "");
    let (address, kept, _logs) = start(app(Duration::from_nanos(1)));
    request(address, "POST", "/", "", "x");
    soon(|| !kept.text().is_empty());
    let line = objects(&kept.text()).remove(0);
    assert_eq!([&line["message"], &line["level"], &line["route"]], ["slow request", "WARN", "/"]);
    assert!(line["duration_ms"].as_f64().unwrap() >= line["threshold_ms"].as_f64().unwrap());
}

#[test]
#[cfg(feature = "metrics")]
fn histograms_name_the_trace_of_a_request_without_an_exporter() {
    tallied_service::request_metrics! { struct Traced { prefix: "traced" } }
    let app = Router::new().route("/", get(|| async {})).layer(RequestLayer::new(Traced).exemplars());
    let (address, ..) = start(app);
    request(address, "GET", "/", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", "");
    soon(|| {
        let mut out = Vec::new();
        tallied::encode(tallied::Format::OpenMetrics, &mut out);
        let text = String::from_utf8(out).unwrap();
        text.lines().any(|line| {
            line.starts_with("traced_request_duration_seconds_bucket")
                && line.contains("# {trace_id=\"0af7651916cd43dd8448eb211c80319c\"")
        })
    });
}

#[test]
fn a_service_that_is_none_of_axums_can_be_observed() {
    use tower::{Layer as _, Service as _};
    tallied_service::request_metrics! { struct Plain { prefix: "plain" } }
    static IS_CALLED: AtomicBool = AtomicBool::new(false);
    let inner = tower::service_fn(|request: http::Request<_>| async move {
        let _: tallied_service::requests::Taken<Body> = request.into_body();
        IS_CALLED.store(true, Ordering::SeqCst);
        Err::<Response<Body>, _>("no answer")
    });
    let mut service = RequestLayer::new(Plain).route(|_| Some("/fixed".into())).layer(inner);
    let request = http::Request::builder().uri("/x").body(Body::from("body")).unwrap();
    let answer = futures_util::FutureExt::now_or_never(service.call(request)).unwrap();
    assert_eq!(answer.map(drop).unwrap_err(), "no answer");
    assert!(IS_CALLED.load(Ordering::SeqCst));
    counted("plain_requests_total", &[("method", "GET"), ("route", "/fixed"), ("status", "failed")], Some(1.0));
}

#[test]
fn seconds_as_a_summary_are_a_form_too() {
    let (address, ..) = start(Router::new().route("/", get(|| async {})).layer(RequestLayer::new(Seconds)));
    fetch(address, "/");
    counted("seconds_request_duration_seconds_count", &[("route", "/")], Some(1.0));
}

#[test]
fn an_answer_that_a_layer_above_replaces_is_no_cancelled_one() {
    tallied_service::request_metrics! { struct Replaced { prefix: "replaced" } }
    let app = Router::new()
        .route("/", get(|| async { (StatusCode::NOT_FOUND, "plain") }))
        .layer(RequestLayer::new(Replaced))
        .layer(axum::middleware::map_response(async |answer: Response<Body>| {
            let (head, _) = answer.into_parts();
            Response::from_parts(head, Body::from("a nicer page"))
        }));
    let (address, ..) = start(app);
    fetch(address, "/");
    counted("replaced_requests_total", &[("method", "GET"), ("route", "/"), ("status", "404")], Some(1.0));
}

#[test]
fn an_application_in_an_application_has_the_request_of_the_outer_one() {
    let inner = Router::new()
        .route(
            "/",
            get(|Extension(request): Extension<RequestHandle>| async move {
                request.set_user_id("ada");
                Correlation::current().unwrap().id().to_owned()
            }),
        )
        .layer(RequestLayer::new(()));
    let app = Router::new().nest("/inner", inner).layer(RequestLayer::new(()).access_log(AccessLog::Fields).slow(None));
    let (address, kept, _logs) = start(app);
    let got = fetch(address, "/inner");
    let id = Some(got.body.as_str());
    assert_eq!((got.header("x-correlation-id"), got.header("x-request-id")), (id, id));
    soon(|| !kept.text().is_empty());
    assert_eq!(objects(&kept.text())[0]["user_id"], "ada");
}

#[test]
fn where_traces_are_not_recorded_those_that_come_in_are_not_either() {
    let app = Router::new()
        .route("/", get(|| async { Correlation::current().unwrap().trace().unwrap().traceparent() }))
        .layer(RequestLayer::new(()).recorded(false));
    let (address, ..) = start(app);
    let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let got = request(address, "GET", "/", parent, "").body;
    assert!(got.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && got.ends_with("-00"), "{got}");
}

#[test]
fn metrics_by_hand_that_panic_hurt_nobody() {
    struct Panics;
    impl tallied_service::requests::RequestMetrics for Panics {
        fn end(&self, _: &tallied_service::requests::Ended<'_>) {
            panic!("in the metrics");
        }
    }
    let app = Router::new()
        .route("/", get(|| async { "fine" }))
        .route("/panics", get(|| async { panic!("in the handler") as () }))
        .layer(RequestLayer::new(Panics));
    let (address, ..) = start(app);
    // A second panic while one unwinds would end this process.
    fetch(address, "/panics");
    assert_eq!(fetch(address, "/").body, "fine");
}

#[test]
fn what_a_stranger_makes_up_is_cut_and_says_no_password() {
    let apart = Kept::default();
    let file = AccessFile::open(To::writer(apart.clone())).unwrap();
    let app = Router::new().fallback(|| async {}).layer(RequestLayer::new(()).access_log(AccessLog::File(file)));
    let (address, ..) = start(app);
    request(address, &"A".repeat(20_000), "/", "referer: https://ada:hunter2@example.org:80/p?q=1\r\n", "");
    soon(|| !apart.text().is_empty());
    let text = apart.text();
    assert!(text.contains(&format!("\"{} /", "A".repeat(32))) && text.len() < 200, "{text}");
    assert!(text.contains("\"https://example.org:80/p\"") && !text.contains("hunter2"), "{text}");
}

#[test]
fn names_of_ones_own_do_not_meet_those_of_the_macro() {
    const SIZES: [f64; 2] = [1.0, 2.0];
    tallied_service::request_metrics! { pub struct Running { prefix: "hygiene_a", labels: { r#type: 4, request: 2 }, size_buckets: SIZES } }
    tallied_service::request_metrics! { pub struct Group { prefix: "hygiene_b", status: class, budget: 8_080 } }
    let layer = RequestLayer::new(Running).label("type", |_| "mobile");
    let (address, ..) = start(Router::new().route("/", get(|| async {})).layer(layer).layer(RequestLayer::new(Group)));
    fetch(address, "/");
    counted("hygiene_a_request_duration_seconds_count", &[("type", "mobile"), ("route", "/")], Some(1.0));
    counted("hygiene_b_requests_total", &[("method", "GET"), ("route", "/"), ("status", "2xx")], Some(1.0));
}

#[test]
fn a_path_that_is_unknown_is_a_request_too() {
    tallied_service::request_metrics! { struct Unknown { prefix: "unknown_path" } }
    let own = Router::new().route("/", get(|| async {})).layer(RequestLayer::new(Unknown));
    let (address, ..) = start(tallied_service::router().merge(own));
    let got = fetch(address, "/nowhere");
    assert!(got.head.starts_with("HTTP/1.1 404") && got.header("x-correlation-id").is_some(), "{}", got.head);
    counted("unknown_path_requests_total", &[("method", "GET"), ("route", "unmatched"), ("status", "404")], Some(1.0));
    // And probes are none.
    assert!(fetch(address, "/healthz").header("x-correlation-id").is_none());
}

#[test]
fn the_status_of_a_line_is_a_number_or_not_there() {
    let app = Router::new()
        .route("/", get(|| async { panic!("in the handler") as () }))
        .layer(RequestLayer::new(()).access_log(AccessLog::Fields).slow(None));
    let (address, kept, _logs) = start(app);
    fetch(address, "/");
    soon(|| kept.text().contains("request completed"));
    let line = objects(&kept.text()).pop().unwrap();
    assert_eq!((line.get("status"), &line["outcome"]), (None, &json!("panicked")));
}

#[test]
fn labels_that_do_not_fit_the_metrics_are_warned_of_once() {
    tallied_service::request_metrics! { struct Misfit { prefix: "misfit", labels: { tenant: 2 } } }
    let kept = Kept::default();
    let (_logs, dispatch) =
        Logging::new().filter("info").format(Format::Json).output(To::writer(kept.clone())).build().unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        let layer = RequestLayer::new(Misfit).label("tenat", |_| "x").label("app", |_| "y");
        let _app: Router = Router::new().route("/a", get(|| async {})).route("/b", get(|| async {})).layer(layer);
    });
    let said: Vec<_> = objects(&kept.text()).iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        said,
        [
            "the label `tenant` of request metrics is always empty: give it by `.label(\"tenant\", …)`",
            "no request metric has the label `tenat` that `.label(…)` gives"
        ]
    );
}
