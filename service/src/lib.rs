//! What a service needs round its metrics: logs, correlation, health, endpoints and request metrics.
//!
#![cfg_attr(all(feature = "axum", feature = "logs", feature = "requests", feature = "signals"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "axum", feature = "logs", feature = "requests", feature = "signals")), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use tallied_service::requests::{AccessLog, RequestLayer};
//!
//! tallied_service::request_metrics! {
//!     pub struct Http { prefix: "shop" }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     tallied_service::logs::init_tracing()?;
//!     let shop = Router::new()
//!         .route("/carts/{id}", get(|| async { "a cart" }))
//!         .layer(RequestLayer::new(Http).access_log(AccessLog::Fields));
//!     let app = tallied_service::router().merge(shop); // /metrics, /health, /readyz, …
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     Ok(axum::serve(listener, app).with_graceful_shutdown(tallied_service::terminated()).await?)
//! }
//! ```
//!
//! # Where to look
//!
//! Each part is a Cargo feature; all are on unless `default-features = false`.
//!
//! - `logs`: `logs::init_tracing` and the builder `logs::Logging`; [`redact`] for what must not be read.
//! - `correlation`: `Correlation`, the id of a request, and `TraceContext`, its trace.
//! - `health`: `health::Health` and its checks.
//! - `http`: `http::Endpoints` and `http::Exposition`, of no framework's types; `axum`: `router`, and `Endpoints::router`;
//!   `serve`: `serve_metrics`, for programs that have no server.
//! - `requests`: `requests::RequestLayer` and `request_metrics!`.
//! - `process`: `process::expose` and `process::expose_runtime`.
//! - `config`: `config::Config`, all of it from TOML and the environment.
//! - `signals`: `terminated`, and `serve_until`, for servers that end though a request does not.
//! - `metrics`: without it everything still works, and nothing is counted.

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "correlation")]
pub mod correlation;
#[cfg(feature = "health")]
pub mod health;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(feature = "process")]
pub mod process;
pub mod redact;
#[cfg(feature = "requests")]
pub mod requests;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "signals")]
mod signals;
#[cfg(any(feature = "logs", feature = "health"))]
mod text;

#[cfg(feature = "axum")]
pub use self::axum::router;
#[cfg(feature = "correlation")]
pub use correlation::{Correlate, Correlation, TraceContext, carrying};
pub use redact::{Redaction, Sensitive};
#[cfg(feature = "serve")]
pub use serve::{ServeError, Server, serve, serve_metrics};
#[cfg(feature = "signals")]
pub use signals::{Ending, serve_until, terminated};

/// What macros of this crate name.
#[doc(hidden)]
pub mod __private {
    pub use tallied;
}

/// The page of the crate: its block compiles, too.
#[cfg(all(doctest, feature = "axum", feature = "logs", feature = "requests", feature = "signals"))]
#[doc = include_str!("../README.md")]
struct Page;
