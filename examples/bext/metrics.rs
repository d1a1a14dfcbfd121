//! What is counted where no call is the measure of it, and the labels of it all. The rest stands on functions: `render` in
//! `isolates.rs`, `run` in `plugins.rs`, `compress` in `compression.rs`, `replace` in `apps.rs`, `step` and `run` in `flows.rs`, the
//! operations of `cache.rs`.

use tallied::{Counter, Gauge, Label, LabelSet, Metrics};

tallied_service::request_metrics! {
    /// Requests: `bext_requests_total` and the like.
    pub struct Http { prefix: "bext", labels: { app: 16 }, routes: 64, duration: summary_ms }
}

/// How many values `app` has: those of applications, `unknown` and `bext`.
pub const APPS: usize = 16;
/// How many plugins have.
pub const PLUGINS: usize = 32;

/// Bounds for what takes microseconds.
pub const MICROSECONDS: [f64; 12] =
    [1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0, 10_000.0, 100_000.0];

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Label)]
pub enum Layer {
    /// Whole pages.
    Isr,
    /// Parts of them.
    Fragment,
    /// What is round them.
    Layout,
    /// What is known of tenants.
    Tenant,
}

/// Why something is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum Invalidated {
    Tag,
    Path,
    /// Its generation is not served.
    Gc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum Encoding {
    Gzip,
    Brotli,
}

#[derive(Clone, Copy, Debug, Label)]
pub enum Hook {
    OnRequest,
    OnResponse,
}

#[derive(Clone, Copy, Debug, Label)]
pub enum RenderErrorType {
    MissingValue,
    Recursion,
    TooLarge,
    TooMuchWork,
    Crash,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfApp<'a> {
    #[label(max = APPS)]
    pub app: &'a str,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfLayer<'a> {
    #[label(max = APPS)]
    pub app: &'a str,
    pub layer: Layer,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfInvalidation<'a> {
    #[label(max = APPS)]
    pub app: &'a str,
    pub method: Invalidated,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfError<'a> {
    #[label(max = APPS)]
    pub app: &'a str,
    pub error_type: RenderErrorType,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfEncoding<'a> {
    #[label(max = APPS)]
    pub app: &'a str,
    pub encoding: Encoding,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfHook<'a> {
    #[label(max = PLUGINS)]
    pub plugin: &'a str,
    pub hook: Hook,
}

#[derive(Clone, Copy, LabelSet)]
pub struct OfPlugin<'a> {
    #[label(max = PLUGINS)]
    pub plugin: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "bext")]
pub struct Bext {
    /// What was asked of a cache and was there.
    pub cache_hits_total: Counter<OfLayer<'static>>,
    /// What was asked of a cache and was not there.
    pub cache_misses_total: Counter<OfLayer<'static>>,
    /// What had to go because a cache was full.
    pub cache_evictions_total: Counter<OfLayer<'static>>,
    /// What was taken out of caches, by how it was chosen.
    pub cache_invalidations_total: Counter<OfInvalidation<'static>>,
    /// What is kept now.
    pub cache_entries: Gauge<OfLayer<'static>, i64>,
    /// The bytes of what is kept now.
    pub cache_bytes: Gauge<OfLayer<'static>, i64>,
    /// Isolates that are ready to render or do.
    // Dashboards have this name.
    #[metrics(allow(reserved_suffix))]
    pub isolate_count: Gauge<OfApp<'static>, i64>,
    /// The bytes of the buffers that isolates keep.
    pub isolate_memory_bytes: Gauge<OfApp<'static>, i64>,
    /// Renderings that failed, by why.
    pub isolate_errors_total: Counter<OfError<'static>>,
    /// Bytes before compression by bytes after it, of the last answer.
    pub compression_ratio: Gauge<OfEncoding<'static>>,
    /// Hooks that failed.
    pub plugin_errors_total: Counter<OfHook<'static>>,
    /// Fuel that plugins burnt.
    // And this one.
    #[metrics(allow(total_suffix))]
    pub plugin_fuel_consumed: Counter<OfPlugin<'static>>,
    /// Runs of flows that came to their end.
    pub flow_completed_total: Counter,
    /// Runs of flows that did not.
    pub flow_failed_total: Counter,
}

pub static BEXT: Bext = Bext::new();
