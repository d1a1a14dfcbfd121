//! The middleware itself: a request's head is read, the service below runs in its span and its scope, and whoever sees the
//! end tells it.

use std::borrow::Cow;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tallied::GaugeGuard;
use tower_service::Service;
use tracing::Span;

use super::access::{Head, millis};
use super::settings::Settings;
use super::{Counted, Ended, Incoming, Method, Outcome, RequestMetrics, Taken};
use crate::correlation::{Correlation, TraceContext};

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The route of a request that matched none, or none that is known here.
const UNMATCHED: &str = "unmatched";

/// What [`RequestLayer`](super::RequestLayer) makes of a service.
pub struct RequestService<S, M> {
    pub(super) inner: S,
    pub(super) settings: Arc<Settings<M>>,
}

impl<S: Clone, M> Clone for RequestService<S, M> {
    fn clone(&self) -> Self {
        RequestService { inner: self.inner.clone(), settings: self.settings.clone() }
    }
}

impl<S: std::fmt::Debug, M> std::fmt::Debug for RequestService<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// The request that runs, among its extensions: for what is known of it only later.
///
/// ```
/// use axum::Extension;
/// use tallied_service::requests::RequestHandle;
///
/// async fn cart(Extension(request): Extension<RequestHandle>) -> &'static str {
///     // … who it is has been found out:
///     request.set_user_id("ada");
///     "a cart"
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RequestHandle {
    span: Span,
    user: Arc<Mutex<Option<String>>>,
    correlation: Correlation,
}

impl RequestHandle {
    /// Who sends it: in the span from now on, and in the access log.
    pub fn set_user_id(&self, user: &str) {
        self.span.record("user_id", user);
        *self.user.lock().unwrap_or_else(PoisonError::into_inner) = Some(user.to_owned());
    }

    /// Its span, to record more in it.
    #[must_use]
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Its correlation.
    #[must_use]
    pub fn correlation(&self) -> &Correlation {
        &self.correlation
    }
}

/// A request that runs, until somebody ends it. When it is dropped without that, it was cancelled; while it is polled, it
/// panicked.
pub(super) struct Running<M: RequestMetrics> {
    told: Option<Told<M>>,
    handle: RequestHandle,
    status: StatusCode,
    pub(super) response_bytes: u64,
    is_polling: bool,
}

/// What is needed at the end.
struct Told<M> {
    settings: Arc<Settings<M>>,
    began: Instant,
    head: Head,
    method: Method,
    route: Cow<'static, str>,
    labels: Vec<(&'static str, String)>,
    request_bytes: Arc<AtomicU64>,
    /// Goes down when all is told.
    running: Option<GaugeGuard>,
}

impl<M: RequestMetrics> Running<M> {
    /// Polls something of the request: in its span and its scope.
    pub(super) fn polling<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        self.is_polling = true;
        let polled = self.handle.correlation.scope_sync(|| self.handle.span.in_scope(poll));
        self.is_polling = false;
        polled
    }

    /// It has ended: with its answer, or otherwise.
    pub(super) fn end(mut self, otherwise: Option<Outcome>) {
        // It unwinds: whoever polled it has not come back.
        let outcome =
            if self.is_polling { Outcome::Panicked } else { otherwise.unwrap_or(Outcome::Answered(self.status)) };
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: Outcome) {
        let Some(told) = self.told.take() else { return };
        let ended = Ended {
            method: told.method,
            route: &told.route,
            outcome,
            elapsed: told.began.elapsed(),
            request_bytes: told.request_bytes.load(Ordering::Relaxed),
            response_bytes: self.response_bytes,
            labels: &told.labels,
        };
        let user = self.handle.user.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let RequestHandle { span, correlation, .. } = &self.handle;
        // Metrics by hand and subscribers are not ours, and this may run while a handler unwinds: a second panic would end the
        // program.
        let telling = AssertUnwindSafe(|| {
            correlation.scope_sync(|| {
                span.in_scope(|| {
                    match ended.outcome() {
                        Outcome::Answered(status) => span.record("status", status.as_u16()),
                        _ => span.record("outcome", ended.status()),
                    };
                    told.settings.metrics.end(&ended);
                    told.settings.access.tell(&told.head, &ended, user.as_deref());
                    if let Some(slow) = told.settings.slow.filter(|slow| ended.elapsed() > *slow) {
                        tracing::warn!(
                            target: "access",
                            duration_ms = millis(ended.elapsed()),
                            threshold_ms = millis(slow),
                            route = ended.route(),
                            "slow request"
                        );
                    }
                });
            });
        });
        // What it carries may panic when it is dropped.
        let _ = catch_unwind(telling).map_err(std::mem::forget);
        drop(told.running);
    }
}

impl<M: RequestMetrics> Drop for Running<M> {
    fn drop(&mut self) {
        self.tell(if self.is_polling { Outcome::Panicked } else { Outcome::Cancelled });
    }
}

/// The first of these headers that is an id.
fn correlation_of(headers: &HeaderMap) -> Option<Correlation> {
    [CORRELATION_ID, REQUEST_ID]
        .iter()
        .flat_map(|name| headers.get_all(name))
        .find_map(|value| Correlation::from_id(value.to_str().ok()?.trim()).ok())
}

/// A span of ours in the trace that came in, or in a new one.
fn trace_of<M>(headers: &HeaderMap, settings: &Settings<M>) -> TraceContext {
    let mut parents = headers.get_all(TRACEPARENT).iter();
    // Two are none: W3C Trace Context, section 4.3.
    let parent = match (parents.next(), parents.next()) {
        (Some(parent), None) => parent.to_str().ok().and_then(|parent| parent.trim().parse::<TraceContext>().ok()),
        _ => None,
    };
    let Some(parent) = parent else { return TraceContext::sampled(settings.sampled) };
    let state: Vec<_> = headers.get_all(TRACESTATE).iter().filter_map(|value| value.to_str().ok()).collect();
    let child = parent.with_state(&state.join(",")).child();
    if settings.is_recorded { child } else { child.unsampled() }
}

fn route_of<M>(request: &Parts, settings: &Settings<M>) -> Cow<'static, str> {
    if let Some(route) = settings.route.as_ref().and_then(|route| route(request)) {
        return Cow::Owned(route);
    }
    #[cfg(feature = "axum")]
    if let Some(matched) = request.extensions.get::<axum::extract::MatchedPath>() {
        return Cow::Owned(matched.as_str().to_owned());
    }
    Cow::Borrowed(UNMATCHED)
}

impl<M: RequestMetrics> Running<M> {
    fn begin(request: &mut Parts, settings: &Arc<Settings<M>>) -> (Self, Arc<AtomicU64>) {
        let began = Instant::now();
        // One that is in another is the same request.
        let outer = request.extensions.get::<RequestHandle>().cloned();
        let correlation = outer.as_ref().map_or_else(
            || {
                let correlation = correlation_of(&request.headers).unwrap_or_else(Correlation::new);
                correlation.with_trace(trace_of(&request.headers, settings))
            },
            |outer| outer.correlation.clone(),
        );
        let route = route_of(request, settings);
        let labels: Vec<_> = settings.labels.iter().map(|(name, read)| (*name, read(request))).collect();
        let user = settings.user.as_ref().and_then(|user| user(request));
        let remote = settings.remote.as_ref().and_then(|remote| remote(request));
        let head = Head::of(request, remote);
        let incoming =
            Incoming { head: &head, route: &route, id: correlation.id(), user: user.as_deref(), labels: &labels };
        let span = correlation.scope_sync(|| match &settings.span {
            Some(open) => open(request, &incoming),
            None => incoming.span(),
        });
        let plain = |name: &str| incoming.label(name.strip_prefix("r#").unwrap_or(name)).unwrap_or_default().to_owned();
        let running = settings.metrics.begin(&plain);
        let user = match outer {
            None => Arc::new(Mutex::new(user)),
            Some(outer) => {
                if let Some(user) = &user {
                    outer.set_user_id(user);
                }
                outer.user
            }
        };
        let handle = RequestHandle { span, user, correlation };
        request.extensions.insert(handle.clone());
        let request_bytes = Arc::new(AtomicU64::new(0));
        let (settings, method) = (settings.clone(), Method::from(&request.method));
        let told = Told { settings, began, head, method, route, labels, request_bytes: request_bytes.clone(), running };
        let running =
            Running { told: Some(told), handle, status: StatusCode::OK, response_bytes: 0, is_polling: false };
        (running, request_bytes)
    }

    /// Whether there is a body to be read: RFC 9110, section 6.4.1.
    fn has_no_body(&self) -> bool {
        let is_head = self.told.as_ref().is_some_and(|told| told.method == Method::Head);
        is_head || self.status.is_informational() || matches!(self.status.as_u16(), 204 | 205 | 304)
    }
}

impl<S, M, B, R> Service<Request<B>> for RequestService<S, M>
where
    S: Service<Request<Taken<B>>, Response = Response<R>>,
    M: RequestMetrics,
    R: Body,
{
    type Response = Response<Counted<R, M>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, M>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let (mut running, bytes) = Running::begin(&mut head, &self.settings);
        let request = Request::from_parts(head, Taken::new(body, bytes));
        // What the service does before its future is polled is of the request, too.
        let future = running.polling(|| self.inner.call(request));
        ResponseFuture { future: Some(future), running: Some(running) }
    }
}

pin_project! {
    /// The answer to come.
    pub struct ResponseFuture<F, M: RequestMetrics> {
        #[pin]
        future: Option<F>,
        running: Option<Running<M>>,
    }

    impl<F, M: RequestMetrics> PinnedDrop for ResponseFuture<F, M> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the handler holds is dropped in its span, and before the end is told.
            match this.running {
                Some(running) if !running.is_polling => running.polling(|| this.future.set(None)),
                _ => this.future.set(None),
            }
        }
    }
}

impl<F, M, R, E> Future for ResponseFuture<F, M>
where
    F: Future<Output = Result<Response<R>, E>>,
    M: RequestMetrics,
    R: Body,
{
    type Output = Result<Response<Counted<R, M>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (Some(future), Some(running)) = (this.future.as_pin_mut(), this.running.as_mut()) else {
            return Poll::Pending;
        };
        let result = ready!(running.polling(|| future.poll(context)));
        let Some(mut running) = this.running.take() else { return Poll::Pending };
        match result {
            Ok(response) => {
                let (mut head, body) = response.into_parts();
                running.status = head.status;
                if let Ok(id) = HeaderValue::from_str(running.handle.correlation.id()) {
                    head.headers.insert(CORRELATION_ID, id.clone());
                    head.headers.entry(REQUEST_ID).or_insert(id);
                }
                let is_empty = running.has_no_body();
                let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
                Poll::Ready(Ok(Response::from_parts(head, Counted::new(body, running, announced, is_empty))))
            }
            Err(error) => {
                running.end(Some(Outcome::Failed));
                Poll::Ready(Err(error))
            }
        }
    }
}
