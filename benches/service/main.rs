//! What a line of a log and a request cost with the service kit, beside the crates that do the same: see README.md.

#[path = "../common.rs"]
#[allow(dead_code)]
mod common;

use std::hint::black_box;
use std::io;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use common::Spread;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use tallied_service::logs::{Format, Logging, Logs, To};
use tallied_service::requests::{AccessLog, RequestLayer};
use tower::ServiceExt as _;
use tracing::dispatcher::with_default;
use tracing::{Dispatch, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

tallied_service::request_metrics! {
    struct Http { prefix: "bench" }
}

/// One side of a case: what it is called, and a round of so many calls.
struct Side {
    name: &'static str,
    run: Box<dyn FnMut(u32)>,
}

fn side(name: &'static str, run: impl FnMut(u32) + 'static) -> Side {
    Side { name, run: Box::new(run) }
}

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if is_quick { 5 } else { 101 };
    println!("{}\n", common::about());
    measure("a line: an event with 4 fields in a span with 3, written to nowhere", rounds, 200, lines());
    measure("a request: GET of a route with a parameter, in process", rounds, 200, requests());
}

/// Each side in turn in every round; the first is the reference.
fn measure(case: &str, rounds: usize, calls: u32, mut sides: Vec<Side>) {
    let mut times = vec![Vec::new(); sides.len()];
    for round in 0..=rounds {
        for (side, times) in sides.iter_mut().zip(&mut times) {
            let began = Instant::now();
            (side.run)(calls);
            let each = began.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
            // The first one makes what is made once.
            if round > 0 {
                times.push(each);
            }
        }
    }
    println!("{case}\n{:<44} {:>9} {:>8} {:>15}", "", "ns", "x ref", "25..75 %");
    for (side, own) in sides.iter().zip(&times) {
        let ratio = Spread::of(own.iter().zip(&times[0]).map(|(own, reference)| own / reference));
        let time = Spread::of(own.iter().copied()).median;
        println!("{:<44} {time:>9.0} {:>8.2} {:>7.2}..{:<6.2}", side.name, ratio.median, ratio.low, ratio.high);
    }
    println!();
}

fn event(n: u32) {
    let _span = info_span!(
        "http_request",
        method = "GET",
        path = "/carts/7",
        request_id = "019d0000-0000-7000-8000-000000000000"
    )
    .entered();
    info!(total = n, user = "ada", cached = true, elapsed_ms = 2.1, "cart paid");
}

fn lines() -> Vec<Side> {
    let of = |name, dispatch: Dispatch, logs: Option<Logs>| {
        side(name, move |calls| {
            let _logs = &logs;
            with_default(&dispatch, || (0..calls).for_each(event));
        })
    };
    let ours = |name, format| {
        let (logs, dispatch) =
            Logging::new().filter("info").format(format).output(To::writer(io::sink())).build().expect("it builds");
        of(name, dispatch, Some(logs))
    };
    let filter = || tracing_subscriber::EnvFilter::new("info");
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(io::sink);
    let text = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::sink);
    vec![
        of("tracing-subscriber, JSON", tracing_subscriber::registry().with(filter()).with(json).into(), None),
        ours("tallied-service, JSON", Format::Json),
        of("tracing-subscriber, text", tracing_subscriber::registry().with(filter()).with(text).into(), None),
        ours("tallied-service, text", Format::Text),
    ]
}

fn requests() -> Vec<Side> {
    let app = || Router::new().route("/carts/{id}", get(|| async { "a cart" }));
    let of = |name, app: Router| {
        side(name, move |calls| {
            for _ in 0..calls {
                let request = Request::builder().uri("/carts/7").body(Body::empty()).expect("it is one");
                let whole = async {
                    let answer = app.clone().oneshot(request).await.expect("it cannot fail");
                    answer.into_body().collect().await.expect("it is there").to_bytes()
                };
                black_box(whole.now_or_never().expect("it waits for nothing"));
            }
        })
    };
    let logged = |name, app: Router| {
        let (logs, dispatch) = Logging::new()
            .filter("info")
            .format(Format::Json)
            .output(To::writer(io::sink()))
            .build()
            .expect("it builds");
        let Side { mut run, .. } = of(name, app);
        side(name, move |calls| {
            let _logs = &logs;
            with_default(&dispatch, || run(calls));
        })
    };
    let trace = || tower_http::trace::TraceLayer::new_for_http();
    vec![
        of("nothing", app()),
        of("tower-http's TraceLayer, nobody listens", app().layer(trace())),
        of("RequestLayer without metrics, nobody listens", app().layer(RequestLayer::new(()))),
        of("RequestLayer with metrics, nobody listens", app().layer(RequestLayer::new(Http))),
        logged(
            "TraceLayer, JSON",
            app().layer(
                trace()
                    .on_response(tower_http::trace::DefaultOnResponse::new().level(tracing::Level::INFO))
                    .make_span_with(tower_http::trace::DefaultMakeSpan::new().level(tracing::Level::INFO)),
            ),
        ),
        logged(
            "RequestLayer with metrics and access log, JSON",
            app().layer(RequestLayer::new(Http).access_log(AccessLog::Fields)),
        ),
    ]
}
