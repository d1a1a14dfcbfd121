//! Requests as metrics, spans and lines of an access log, by a middleware of `tower`.
//!
//! ```
//! use axum::{Router, routing::get};
//! use tallied_service::requests::{AccessLog, RequestLayer};
//!
//! tallied_service::request_metrics! {
//!     pub struct Http { prefix: "shop" }
//! }
//!
//! let app: Router = Router::new()
//!     .route("/carts/{id}", get(|| async { "a cart" }))
//!     .layer(RequestLayer::new(Http).access_log(AccessLog::Fields));
//! ```
//!
//! counts `shop_requests_total{method="GET",route="/carts/{id}",status="200"}`, its duration, its size and how many run, and
//! every line that is logged below it has its correlation id. A request is done when its answer's last byte is handed over; a
//! client that goes away before has `status="cancelled"`, a handler that panics `status="panicked"`.
//!
//! `Router::layer` is the place for it: there the matched route is known. Around a whole router it is not, and `route` is
//! `unmatched`.

mod access;
mod body;
mod ended;
mod incoming;
mod macros;
mod middleware;
mod settings;

use tallied::GaugeGuard;

#[cfg(feature = "logs")]
pub use access::AccessFile;
pub use access::AccessLog;
pub use body::{Counted, Taken};
pub use ended::{Class, Direction, Ended, Method, Outcome, SIZES, size};
pub use incoming::Incoming;
pub use middleware::{RequestHandle, RequestService, ResponseFuture};
pub use settings::RequestLayer;

/// What counts requests: made by [`request_metrics!`](crate::request_metrics), or by hand for names, labels and types of
/// one's own.
///
/// ```
/// use tallied::{Counter, Gauge, GaugeGuard, LabelSet, Metrics, Summary};
/// use tallied_service::requests::{Class, Ended, RequestMetrics};
///
/// #[derive(LabelSet)]
/// struct Call<'a> {
///     #[label(max = 100)]
///     route: &'a str,
///     class: Class,
/// }
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "api")]
/// struct Api {
///     /// Calls, by route and class of the answer.
///     calls_total: Counter<Call<'static>>,
///     /// Time of calls.
///     call_seconds: Summary,
///     /// Calls that are running.
///     running_calls: Gauge<(), i64>,
/// }
/// static API: Api = Api::new();
///
/// struct Calls;
/// impl RequestMetrics for Calls {
///     fn begin(&self, _label: &dyn Fn(&str) -> String) -> Option<GaugeGuard> {
///         Some(API.running_calls.guard())
///     }
///
///     fn end(&self, call: &Ended<'_>) {
///         API.calls_total.with(Call { route: call.route(), class: call.class() }).inc();
///         API.call_seconds.observe(call.elapsed());
///     }
/// }
/// ```
pub trait RequestMetrics: Send + Sync + 'static {
    /// The further labels that there are, if that is known: what [`RequestLayer::label`] does not give is warned of.
    fn label_names(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// A request begins. What is returned is dropped when it has ended, however it did. `label` gives the further labels that
    /// [`RequestLayer::label`] knows.
    fn begin(&self, label: &dyn Fn(&str) -> String) -> Option<GaugeGuard> {
        let _ = label;
        None
    }

    /// A request has ended, in whatever way.
    fn end(&self, request: &Ended<'_>);
}

/// Counts nothing: for spans, correlation and logs alone.
impl RequestMetrics for () {
    fn end(&self, _: &Ended<'_>) {}
}
