//! Everything that is asked of a service, by path.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::{Answer, Exposition, JSON, TEXT, answer, for_method, refused, uncached};
use crate::health::{Health, Report};
use crate::redact::Sensitive;

/// So long a scrape may take, with the wait for others.
const LONGEST: Duration = Duration::from_secs(30);

/// So many scrapes are written at once.
const SCRAPES: usize = 8;

/// Who sees more of a service's health than its status.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Details {
    /// Everybody.
    #[default]
    Always,
    /// Nobody.
    Never,
    /// Whoever sends `Authorization: Bearer` with this token.
    Bearer(Sensitive<String>),
    /// Whoever sends a request that this says yes to.
    If(Arc<dyn Fn(&Parts) -> bool + Send + Sync>),
}

impl Details {
    fn are_for(&self, request: &Parts) -> bool {
        match self {
            Details::Always => true,
            Details::Never => false,
            Details::Bearer(token) => {
                let given = request.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
                let (scheme, given) = given.split_at_checked(7).unwrap_or_default();
                scheme.eq_ignore_ascii_case(b"bearer ") && is_same(given, token.expose().as_bytes())
            }
            // If it cannot say, nobody is.
            Details::If(is_trusted) => {
                catch_unwind(AssertUnwindSafe(|| is_trusted(request))).map_err(std::mem::forget).unwrap_or(false)
            }
        }
    }
}

/// Takes as long wherever they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Details::Always => "Always",
            Details::Never => "Never",
            Details::Bearer(_) => "Bearer",
            Details::If(_) => "If",
        })
    }
}

/// What one path answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// Metrics.
    Metrics(Exposition),
    /// All checks: 200 if the service is healthy or degraded, else 503.
    Health,
    /// The checks of liveness: 200 unless one of them fails, else 503.
    Live,
    /// The checks of readiness: 200 if requests should come, else 503.
    Ready,
    /// Name, version, time since the start, and what else was said.
    Info,
}

/// All that a service answers besides its work. Cheap to clone.
///
/// | path | answers |
/// |---|---|
/// | `/metrics` | the exposition: see [`Exposition`] |
/// | `/health` | all checks |
/// | `/health/live`, `/healthz` | liveness |
/// | `/health/ready`, `/readyz` | readiness |
/// | `/info` | name, version, time since the start |
///
/// ```
/// use tallied_service::http::{Endpoints, Exposition};
/// use tallied_service::health::Health;
///
/// let health = Health::builder().version("1.4.0").build();
/// let endpoints = Endpoints::new()
///     .health(health)
///     .name("shop")
///     .metrics_at("/metrics/events", Exposition::new().only(|family| family.starts_with("shop_event_")));
/// ```
#[derive(Clone, Debug)]
pub struct Endpoints {
    all: BTreeMap<String, Endpoint>,
    health: Health,
    details: Details,
    name: Option<String>,
    info: Map<String, Value>,
    /// Something that blocks in a scrape takes this many threads, and no more.
    scrapes: Arc<Semaphore>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Endpoints::new()
    }
}

impl Endpoints {
    /// With the paths of the table, all families, and no check.
    #[must_use]
    pub fn new() -> Self {
        let none = Endpoints {
            all: BTreeMap::new(),
            health: Health::default(),
            details: Details::Always,
            name: None,
            info: Map::new(),
            scrapes: Arc::new(Semaphore::new(SCRAPES)),
        };
        none.at("/metrics", Endpoint::Metrics(Exposition::new()))
            .at("/health", Endpoint::Health)
            .at("/health/live", Endpoint::Live)
            .at("/healthz", Endpoint::Live)
            .at("/health/ready", Endpoint::Ready)
            .at("/readyz", Endpoint::Ready)
            .at("/info", Endpoint::Info)
    }

    /// One more path, which begins with `/`; or another answer for one.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, endpoint: Endpoint) -> Self {
        let path = path.into();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        self.all.insert(path, endpoint);
        self
    }

    /// Metrics at one more path, or other ones at `/metrics`.
    #[must_use]
    pub fn metrics_at(self, path: impl Into<String>, exposition: Exposition) -> Self {
        self.at(path, Endpoint::Metrics(exposition))
    }

    /// Nothing is answered there.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.all.remove(path);
        self
    }

    /// How the service is.
    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Who sees more of the health than its status, and `/info`; everybody, unless it is said.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        self.details = details;
        self
    }

    /// The service's name, for `/info`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// One more thing that `/info` tells: a commit, a region.
    #[must_use]
    pub fn info(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.info.insert(key.into(), value.into());
        self
    }

    /// All paths with what they answer, for a framework's router.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &Endpoint)> {
        self.all.iter().map(|(path, endpoint)| (&**path, endpoint))
    }

    /// The answer to a request, by its path: 404 if there is none.
    ///
    /// Metrics are written in a thread that may block. Needs a `tokio` runtime with its time on.
    pub async fn respond(&self, request: Parts) -> Answer {
        match self.all.get(request.uri.path()) {
            Some(endpoint) => self.respond_with(endpoint, request).await,
            None => for_method(&request, answer(StatusCode::NOT_FOUND, TEXT, "there is nothing at this path\n")),
        }
    }

    /// The answer of one endpoint, whatever the path.
    pub async fn respond_with(&self, endpoint: &Endpoint, request: Parts) -> Answer {
        if let Some(refused) = refused(&request) {
            return for_method(&request, refused);
        }
        let report = match endpoint {
            Endpoint::Metrics(exposition) => {
                let (exposition, room) = (exposition.clone(), self.scrapes.clone());
                let written = async {
                    // Given back when it is written, though nobody waits for it any more.
                    let place = room.acquire_owned().await.ok()?;
                    let write = move || {
                        let written = exposition.respond(&request);
                        drop(place);
                        written
                    };
                    tokio::task::spawn_blocking(write).await.ok()
                };
                // It does not panic: either something in it blocks, or the runtime is shutting down.
                return tokio::time::timeout(LONGEST, written).await.ok().flatten().unwrap_or_else(|| {
                    uncached(answer(
                        StatusCode::SERVICE_UNAVAILABLE,
                        TEXT,
                        "the metrics could not be written in time\n",
                    ))
                });
            }
            Endpoint::Info => return for_method(&request, uncached(self.about(&request))),
            Endpoint::Health => self.health.report().await,
            Endpoint::Live => self.health.liveness().await,
            Endpoint::Ready => self.health.readiness().await,
        };
        for_method(&request, uncached(self.told(&report, &request)))
    }

    fn told(&self, report: &Report, request: &Parts) -> Answer {
        let status = if report.is_serving() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        if self.details.are_for(request) {
            json_answer(status, report)
        } else {
            json_answer(status, &json!({"status": report.status().as_str()}))
        }
    }

    fn about(&self, request: &Parts) -> Answer {
        if !self.details.are_for(request) {
            let mut answer = answer(StatusCode::UNAUTHORIZED, TEXT, "this is told to whoever may see details\n");
            if matches!(self.details, Details::Bearer(_)) {
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            } else {
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
            return answer;
        }
        let mut about = self.info.clone();
        let mut own = |key: &str, value: Value| _ = about.entry(key).or_insert(value);
        if let Some(name) = &self.name {
            own("name", json!(name));
        }
        if let Some(version) = self.health.version() {
            own("version", json!(version));
        }
        own("uptime_seconds", json!(self.health.uptime().as_secs()));
        own("metrics", json!(cfg!(feature = "metrics")));
        json_answer(StatusCode::OK, &about)
    }
}

fn json_answer(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => answer(status, JSON, body),
        // Of names that are no text; there are none.
        Err(why) => answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{why}\n")),
    }
}
