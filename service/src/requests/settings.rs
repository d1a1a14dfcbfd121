//! What a middleware for requests is told.

use std::fmt;
use std::sync::{Arc, Once};
use std::time::Duration;

use http::request::Parts;
use tower_layer::Layer;
use tracing::Span;

use super::{AccessLog, Incoming, RequestMetrics, RequestService};
use crate::correlation::Correlation;

pub(super) type Read = dyn Fn(&Parts) -> Option<String> + Send + Sync;
pub(super) type Open = dyn Fn(&Parts, &Incoming<'_>) -> Span + Send + Sync;
pub(super) type Label = dyn Fn(&Parts) -> String + Send + Sync;

/// The slowest request that is not told.
const SLOW: Duration = Duration::from_millis(100);

/// A layer of `tower` that counts requests, opens a span for each, and says in whose name it runs: see
/// [the module](crate::requests).
pub struct RequestLayer<M = ()> {
    settings: Arc<Settings<M>>,
}

pub(super) struct Settings<M> {
    pub(super) metrics: Arc<M>,
    pub(super) labels: Vec<(&'static str, Arc<Label>)>,
    pub(super) route: Option<Arc<Read>>,
    pub(super) user: Option<Arc<Read>>,
    pub(super) remote: Option<Arc<Read>>,
    pub(super) span: Option<Arc<Open>>,
    pub(super) access: AccessLog,
    pub(super) slow: Option<Duration>,
    pub(super) sampled: f64,
    pub(super) is_recorded: bool,
    /// Whether mistakes were warned of.
    pub(super) told: Arc<Once>,
}

impl<M> Clone for Settings<M> {
    fn clone(&self) -> Self {
        Settings {
            metrics: self.metrics.clone(),
            labels: self.labels.clone(),
            route: self.route.clone(),
            user: self.user.clone(),
            remote: self.remote.clone(),
            span: self.span.clone(),
            access: self.access.clone(),
            slow: self.slow,
            sampled: self.sampled,
            is_recorded: self.is_recorded,
            told: self.told.clone(),
        }
    }
}

impl<M: RequestMetrics> RequestLayer<M> {
    /// Counts by these metrics; `()` counts nothing.
    #[must_use]
    pub fn new(metrics: M) -> Self {
        let settings = Settings {
            metrics: Arc::new(metrics),
            labels: Vec::new(),
            route: None,
            user: None,
            remote: None,
            span: None,
            access: AccessLog::Off,
            slow: Some(SLOW),
            sampled: 1.0,
            is_recorded: true,
            told: Arc::new(Once::new()),
        };
        RequestLayer { settings: Arc::new(settings) }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings<M>)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// A further label, read from each request's head: `app`, a tenant. It is for metrics whose labels have one of that name;
    /// that of the name `app` is in the span, too (unless [`span`](Self::span) opens another), so an application can have [a level of its
    /// own](crate::logs::Logging::level_of).
    #[must_use]
    pub fn label<T: Into<String>>(
        self,
        name: &'static str,
        read: impl Fn(&Parts) -> T + Send + Sync + 'static,
    ) -> Self {
        self.set(|settings| {
            settings.labels.retain(|(known, _)| *known != name);
            settings.labels.push((name, Arc::new(move |request| read(request).into())));
        })
    }

    /// The route that a request matched, where `axum` does not know it. A pattern, never the path: there are as many series as
    /// there are routes.
    #[must_use]
    pub fn route(self, read: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.route = Some(Arc::new(read)))
    }

    /// Who sends a request, where its head says it. Else see [`RequestHandle`](super::RequestHandle).
    #[must_use]
    pub fn user_id(self, read: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.user = Some(Arc::new(read)))
    }

    /// Where a request comes from, for the access log: of `axum`, `ConnectInfo<SocketAddr>` among its extensions.
    #[must_use]
    pub fn remote(self, read: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.remote = Some(Arc::new(read)))
    }

    /// The span of a request, in the place of the one that there is: with other fields, or fewer. Of `user_id`, `status` and
    /// `outcome` those that it has are recorded when they are known, and the rest is the handler's, by
    /// [`RequestHandle::span`](super::RequestHandle::span). The lines of the access log are within it. One of level `ERROR` is
    /// there at every level that a filter has, so that a warning says of which request it is; a filter that names targets alone,
    /// `shop=info`, leaves it out unless it names the span's target, too.
    ///
    /// ```
    /// use tallied_service::requests::RequestLayer;
    /// use tracing::{error_span, field::Empty};
    ///
    /// let layer = RequestLayer::new(()).span(|_, request| {
    ///     error_span!("http_request", method = request.method(), path = request.path(), status = Empty, cache = Empty)
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn span(self, open: impl Fn(&Parts, &Incoming<'_>) -> Span + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.span = Some(Arc::new(open)))
    }

    /// A line for each request; none, unless it is said.
    #[must_use]
    pub fn access_log(self, access: AccessLog) -> Self {
        self.set(|settings| settings.access = access)
    }

    /// From so long on a request is told as slow, by a `WARN` event: 100 ms unless it is said. `None` tells of none.
    #[must_use]
    pub fn slow(self, slow: impl Into<Option<Duration>>) -> Self {
        self.set(|settings| settings.slow = slow.into())
    }

    /// How much of the traces that begin here is recorded, from 0 to 1: all, unless it is said. Whoever sends a trace has
    /// decided that already.
    #[must_use]
    pub fn sampled(self, share: f64) -> Self {
        self.set(|settings| settings.sampled = share)
    }

    /// Whether traces are recorded at all, those too that come in as recorded; they are, unless it is said.
    #[must_use]
    pub fn recorded(self, is_recorded: bool) -> Self {
        self.set(|settings| {
            settings.is_recorded = is_recorded;
            if !is_recorded {
                settings.sampled = 0.0;
            }
        })
    }

    /// Histograms keep exemplars that name the traces of requests. For the whole program: see [`tallied::trace_from`], and
    /// without effect if that was called before.
    #[must_use]
    pub fn exemplars(self) -> Self {
        tallied::trace_from(Correlation::current_trace);
        self
    }
}

impl<M> Clone for RequestLayer<M> {
    fn clone(&self) -> Self {
        RequestLayer { settings: self.settings.clone() }
    }
}

impl<M> fmt::Debug for RequestLayer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.settings.labels.iter().map(|(name, _)| name).collect();
        f.debug_struct("RequestLayer")
            .field("labels", &labels)
            .field("access", &self.settings.access)
            .field("slow", &self.settings.slow)
            .finish_non_exhaustive()
    }
}

impl<M: RequestMetrics> Settings<M> {
    /// Labels of the metrics that nobody gives, and such that no metric has and no span of the user's may have. Ours has `app`.
    fn mistakes(&self) -> Vec<String> {
        let Some(names) = self.metrics.label_names() else { return Vec::new() };
        let bare = |name: &'static str| name.strip_prefix("r#").unwrap_or(name);
        let given = |name: &str| self.labels.iter().any(|(given, _)| *given == name);
        let is_known =
            |name: &str| name == "app" || self.span.is_some() || names.iter().any(|known| bare(known) == name);
        let missing = names.iter().map(|name| bare(name)).filter(|name| !given(name));
        let unknown = self.labels.iter().map(|(name, _)| *name).filter(|name| !is_known(name));
        missing
            .map(|name| {
                format!("the label `{name}` of request metrics is always empty: give it by `.label(\"{name}\", …)`")
            })
            .chain(unknown.map(|name| format!("no request metric has the label `{name}` that `.label(…)` gives")))
            .collect()
    }
}

impl<M: RequestMetrics, S> Layer<S> for RequestLayer<M> {
    type Service = RequestService<S, M>;

    fn layer(&self, inner: S) -> RequestService<S, M> {
        // A router has a layer for each of its routes.
        self.settings.told.call_once(|| {
            for mistake in self.settings.mistakes() {
                tracing::warn!(target: "tallied", "{mistake}");
            }
        });
        RequestService { inner, settings: self.settings.clone() }
    }
}
