//! The peers, one each.

pub mod autometrics;
pub mod measured;
pub mod metrics;
pub mod metriken;
pub mod prometheus;
pub mod prometheus_client;
pub mod tallied;
pub mod tracing;
pub mod vise;
