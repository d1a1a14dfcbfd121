//! An application server: two applications, caches in four layers, isolates that render, plugins, and flows.
//!
//! `cargo run --example bext -- [--once] [--listen 127.0.0.1:8080] [--config FILE] [--data FOLDER]`; the README beside this file
//! says what to look at.

mod about;
mod apps;
mod cache;
mod compression;
mod database;
mod flows;
mod isolates;
mod metrics;
mod plugins;
mod server;
mod template;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use pico_args::Arguments;
use serde_json::{Value, json};
use tallied_service::config::Config;
use tallied_service::health::Health;
use tallied_service::http::{Endpoints, Exposition};
use tallied_service::requests::RequestLayer;
use tallied_service::{serve_until, terminated};
use tower::ServiceExt as _;
use tracing::error_span;
use tracing::field::Empty;

use apps::Source;
use database::Database;
use metrics::Http;
use server::Server;

/// So long it is not ready and still answers, when it is asked to end.
const DRAIN: Duration = Duration::from_millis(500);

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "bext: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut given = Arguments::from_env();
    let once = given.contains("--once");
    let listen: Option<String> = given.opt_value_from_str("--listen")?;
    let file: Option<PathBuf> = given.opt_value_from_str("--config")?;
    let data: Option<PathBuf> = given.opt_value_from_str("--data")?;
    if let Some(unknown) = given.finish().first() {
        return Err(format!("unknown argument `{}`", unknown.to_string_lossy()).into());
    }
    let config = match file {
        Some(file) => Config::new().merge_file(file).map_err(|error| format!("--config {error}"))?,
        None => Config::new().merge_toml(include_str!("bext.toml"), "bext.toml")?,
    };
    let config = config.merge_env("BEXT")?;
    let logs = config.logging().init()?;
    tallied::init_with(&config.metrics())?;
    #[cfg(feature = "metrics")]
    config.expose_runtime();

    // Without a folder of one's own the data are gone with the program.
    let temporary = if data.is_none() { Some(tempfile::tempdir()?) } else { None };
    let folder = data.or_else(|| temporary.as_ref().map(|temporary| temporary.path().to_owned())).unwrap_or_default();
    let wrong = |why: &dyn Display| format!("--data {}: {why}", folder.display());
    std::fs::create_dir_all(&folder).map_err(|error| wrong(&error))?;
    let server = Server::new(Database::open(&folder.join("bext.redb")).map_err(|error| wrong(&error))?);
    let health = config.health(about::health(&server, folder))?.build();
    server.tell(health.clone());
    let sites: BTreeMap<String, Source> = serde_json::from_str(include_str!("sites.json"))?;
    for (app, site) in sites {
        server.deploy(&app, site).await?;
    }

    let (of_label, of_route) = (server.clone(), server.clone());
    let layer = RequestLayer::new(Http)
        .label("app", move |request| of_label.label_of(request))
        .route(move |request| of_route.route_of(request))
        .span(|_, request| {
            error_span!(
                "http_request",
                app = request.label("app"),
                method = request.method(),
                path = request.path(),
                status = Empty,
                outcome = Empty,
                cache = Empty,
            )
        })
        .exemplars();
    let (of_view, uptime) = (server.clone(), health.clone());
    let view = move |now: &_, before: Option<&_>| about::view(&of_view, uptime.uptime().as_secs(), now, before);
    let exposition = Exposition::new().json(view);
    let endpoints = Endpoints::new().name("bext").health(health.clone()).metrics_at("/metrics", exposition);
    let pages = server::router(server).layer(config.requests(layer));
    let router = config.endpoints(endpoints)?.router().merge(pages);
    if once {
        some_requests(&router).await?;
        std::io::stdout().write_all(tallied::gather_metrics().as_bytes())?;
    } else {
        serve(router, health, listen.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    }
    logs.shut_down();
    drop(temporary);
    Ok(())
}

async fn serve(router: Router, health: Health, listen: &str) -> Result<(), Box<dyn Error>> {
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| format!("--listen {listen}: {error}"))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let end = async move {
        terminated().await;
        tracing::info!("shutting down");
        health.drain(DRAIN).await;
    };
    let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
    served.unwrap_or(Ok(()))?;
    Ok(())
}

/// A request of every fate, without a socket.
async fn some_requests(router: &Router) -> Result<(), Box<dyn Error>> {
    let get = |app: &str, path: &str| Request::get(path).header("x-app", app);
    for path in ["/", "/", "/about", "/posts/ferry", "/posts/bridge", "/posts/mill", "/posts/none", "/nowhere"] {
        send(router, get("marketing", path).body(Body::empty())?).await?;
    }
    for encoding in ["gzip", "br"] {
        send(router, get("marketing", "/").header("accept-encoding", encoding).body(Body::empty())?).await?;
    }
    for path in ["/v1/stations", "/v1/stations/n1", "/v1/stations/s2"] {
        send(router, get("api", path).body(Body::empty())?).await?;
    }
    send(router, get("nobody", "/").body(Body::empty())?).await?;
    // More than a plugin has fuel for.
    send(router, get("marketing", &format!("/{}", "long".repeat(200))).body(Body::empty())?).await?;

    let post = |path: &str, body: &Value| {
        Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string()))
    };
    let content = json!({ "/": { "title": "Rivers", "text": "What is left of the roads." } });
    let version = |version: &str, page: &str| json!({ "version": version, "pages": { "/": page }, "content": content });
    for deployed in [
        // The first page has what it needs, the second is not understood, the third needs what there is not.
        version("m2", "<h1>{{title}}</h1>"),
        version("m3", "<h1>{{title</h1>"),
        version("m4", "<h1>{{subtitle}}</h1>"),
    ] {
        send(router, post("/_bext/deploys/marketing", &deployed)?).await?;
    }
    send(router, post("/_bext/flows/warm/api", &Value::Null)?).await?;
    send(router, post("/_bext/flows/digest/marketing", &Value::Null)?).await?;
    send(router, post("/_bext/flows/digest/api", &Value::Null)?).await?;
    send(router, post("/_bext/invalidations/api", &json!({ "tag": "v1" }))?).await?;
    send(router, post("/_bext/invalidations/marketing", &json!({ "path": "/" }))?).await?;
    Ok(())
}

/// To the last byte of the answer: then the request has ended.
async fn send(router: &Router, request: Request<Body>) -> Result<StatusCode, Box<dyn Error>> {
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    to_bytes(response.into_body(), usize::MAX).await?;
    Ok(status)
}
