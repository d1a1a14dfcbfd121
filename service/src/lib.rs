//! What a service needs round its metrics: logs, correlation, health, endpoints and request metrics.
//!
//! Each part is a Cargo feature.

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
pub use signals::terminated;

/// What macros of this crate name.
#[doc(hidden)]
pub mod __private {
    pub use tallied;
}
