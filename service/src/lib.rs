//! What a service needs round its metrics: logs, correlation, health, endpoints and request metrics.
//!
//! Each part is a Cargo feature.

#[cfg(feature = "correlation")]
pub mod correlation;
#[cfg(feature = "logs")]
pub mod logs;
pub mod redact;
#[cfg(feature = "logs")]
mod text;

#[cfg(feature = "correlation")]
pub use correlation::{Correlate, Correlation, TraceContext, carrying};
pub use redact::{Redaction, Sensitive};
