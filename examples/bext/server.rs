//! The server: from a request to the page that it gets, through plugins, caches, isolates and compression.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tallied::Label as _;
use tallied_service::health::{AppStatus, Health};
use tallied_service::requests::RequestHandle;
use tokio::sync::Mutex;

use crate::apps::{App, DeployError, Part, Site, Source};
use crate::cache::{Cache, Place};
use crate::compression::{self, compress};
use crate::database::{Database, DatabaseError};
use crate::flows::{Active, Flow, FlowError};
use crate::metrics::{Encoding, Invalidated, Layer};
use crate::plugins::Plugins;
use crate::template::RenderError;

/// Where the server itself is asked for something.
const ADMIN: &str = "/_bext/";
/// Stands in a layout where the page goes: no value of a page has it.
const BODY: &str = "\u{0}body\u{0}";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("there is no page `{0}`")]
    NoPage(String),
    #[error("there is no tenant `{0}`")]
    NoTenant(String),
    #[error("too much waits to be rendered")]
    Busy,
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

pub struct Server {
    pub database: Database,
    pub cache: Cache,
    pub plugins: Plugins,
    pub flows: Active,
    /// Of applications that were deployed. Who has the lock deploys.
    pub names: Mutex<BTreeSet<String>>,
    apps: RwLock<BTreeMap<String, Arc<App>>>,
    health: OnceLock<Health>,
}

impl Server {
    pub fn new(database: Database) -> Arc<Self> {
        let (cache, plugins, flows) = (Cache::default(), Plugins::new(), Active::default());
        let (names, apps, health) = (Mutex::default(), RwLock::default(), OnceLock::new());
        Arc::new(Server { database, cache, plugins, flows, names, apps, health })
    }

    /// From now on it tells this which applications run.
    pub fn tell(&self, health: Health) {
        let _ = self.health.set(health);
    }

    pub fn tell_version(&self, app: &str, version: &str) {
        if let Some(health) = self.health.get() {
            health.set_app(app, AppStatus::running().version(version));
        }
    }

    pub fn app(&self, name: &str) -> Option<Arc<App>> {
        self.apps.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn apps(&self) -> Vec<Arc<App>> {
        self.apps.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One that is there already stays what it is.
    pub fn add(&self, app: Arc<App>) {
        self.apps.write().unwrap_or_else(PoisonError::into_inner).insert(app.name.clone(), app);
    }

    fn known(&self, name: &str) -> Result<Arc<App>, Wrong> {
        self.app(name).ok_or_else(|| {
            let known: Vec<String> = self.apps().iter().map(|app| app.name.clone()).collect();
            Wrong(StatusCode::NOT_FOUND, format!("there is no application `{name}`; there are {}", known.join(", ")))
        })
    }

    /// The application that a request is for: the first word of its host, or what `x-app` says.
    pub fn app_of(&self, request: &Parts) -> Option<Arc<App>> {
        asked(request).find_map(|name| self.app(name))
    }

    /// What requests are counted under. Strangers make up no names.
    pub fn label_of(&self, request: &Parts) -> String {
        if request.uri.path().starts_with(ADMIN) {
            return "bext".to_owned();
        }
        self.app_of(request).map_or_else(|| "unknown".to_owned(), |app| app.name.clone())
    }

    /// The pattern that a request's path matches, where pages have one; elsewhere the router knows.
    pub fn route_of(&self, request: &Parts) -> Option<String> {
        let path = request.uri.path();
        if path.starts_with(ADMIN) {
            return None;
        }
        self.app_of(request)?.site().route(path).map(str::to_owned)
    }

    /// A page, and whether it was kept.
    pub async fn page(
        &self,
        app: &App,
        site: &Arc<Site>,
        path: &str,
        tenant: &str,
    ) -> Result<(Arc<str>, bool), PageError> {
        let no_page = || PageError::NoPage(path.to_owned());
        let route = site.route(path).ok_or_else(no_page)?;
        let key = format!("{path} {tenant}");
        let place = Place { app: &app.name, generation: site.generation, layer: Layer::Isr, key: &key };
        if let Some(page) = self.cache.get(place) {
            return Ok((page, true));
        }
        // For one that there is not nothing is rendered.
        let of_tenant = self.tenant(app, site, tenant)?;
        let data = self.database.content(&app.name, site.generation, path)?.ok_or_else(no_page)?;
        let body = app.isolates.render(site.clone(), Part::Page(route.to_owned()), data).await?;
        let page: Arc<str> = match site.layout() {
            Some(fragments) => {
                self.layout(app, site, fragments, tenant, &of_tenant).await?.replacen(BODY, &body, 1).into()
            }
            None => body.into(),
        };
        let tag = path.split('/').nth(1).unwrap_or_default().to_owned();
        self.cache.put(place, vec![tag], page.clone());
        Ok((page, false))
    }

    /// What is round each page of a tenant.
    async fn layout(
        &self,
        app: &App,
        site: &Arc<Site>,
        fragments: &[String],
        tenant: &str,
        of_tenant: &Value,
    ) -> Result<Arc<str>, PageError> {
        let place = Place { app: &app.name, generation: site.generation, layer: Layer::Layout, key: tenant };
        if let Some(layout) = self.cache.get(place) {
            return Ok(layout);
        }
        let mut data = json!({ "body": BODY, "tenant": of_tenant });
        for name in fragments {
            let key = format!("{name} {tenant}");
            let place = Place { layer: Layer::Fragment, key: &key, ..place };
            let mut kept = self.cache.get(place);
            if kept.is_none() {
                let mut of = self.database.content(&app.name, site.generation, name)?.unwrap_or_else(|| json!({}));
                if let Some(of) = of.as_object_mut() {
                    of.insert("tenant".to_owned(), of_tenant.clone());
                }
                let text = app.isolates.render(site.clone(), Part::Fragment(name.clone()), of).await?;
                let text: Arc<str> = text.into();
                self.cache.put(place, vec![name.clone()], text.clone());
                kept = Some(text);
            }
            data[name] = kept.as_deref().into();
        }
        let layout: Arc<str> = app.isolates.render(site.clone(), Part::Layout, data).await?.into();
        self.cache.put(place, fragments.to_vec(), layout.clone());
        Ok(layout)
    }

    fn tenant(&self, app: &App, site: &Site, id: &str) -> Result<Value, PageError> {
        let place = Place { app: &app.name, generation: site.generation, layer: Layer::Tenant, key: id };
        let kept = self.cache.get(place);
        if let Some(tenant) = kept.and_then(|kept| serde_json::from_str(&kept).ok()) {
            return Ok(tenant);
        }
        let tenant = self.database.tenant(id)?.ok_or_else(|| PageError::NoTenant(id.to_owned()))?;
        self.cache.put(place, vec!["tenants".to_owned()], tenant.to_string().into());
        Ok(tenant)
    }
}

/// The names that a request has for its application.
fn asked(request: &Parts) -> impl Iterator<Item = &str> {
    let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").and_then(|host| host.split(['.', ':']).next());
    host.into_iter().chain(text("x-app"))
}

/// Pages under every path, and what the server is asked for itself.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/_bext/deploys/{app}", post(deploy))
        .route("/_bext/invalidations/{app}", post(invalidate))
        .route("/_bext/flows/{flow}/{app}", post(run_flow))
        .fallback(serve)
        .with_state(server)
}

async fn serve(
    State(server): State<Arc<Server>>,
    Extension(handle): Extension<RequestHandle>,
    request: Request<Body>,
) -> Response {
    let (request, _) = request.into_parts();
    server.plugins.on_request(request.uri.path_and_query().map_or("/", |asked| asked.as_str()));
    let app = server.app_of(&request).map_or_else(|| server.known(asked(&request).last().unwrap_or_default()), Ok);
    let mut response = match app {
        _ if !matches!(request.method, Method::GET | Method::HEAD) => {
            Wrong(StatusCode::METHOD_NOT_ALLOWED, "ask by GET".to_owned()).into_response()
        }
        Err(wrong) => wrong.into_response(),
        Ok(app) => page_of(&server, &app, &request, &handle).await.into_response(),
    };
    server.plugins.on_response(response.headers_mut());
    response
}

async fn page_of(server: &Server, app: &App, request: &Parts, handle: &RequestHandle) -> Result<Response, Wrong> {
    let text = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let tenant = text("x-tenant").unwrap_or("public");
    let (site, made) = loop {
        let site = app.site();
        let made = server.page(app, &site, request.uri.path(), tenant).await;
        // What it was to be made of has gone with its generation.
        if made.is_ok() || app.site().generation == site.generation {
            break (site, made);
        }
    };
    match made {
        Ok((page, is_hit)) => {
            handle.span().record("cache", if is_hit { "hit" } else { "miss" });
            tracing::trace!(body = &*page, "answer");
            let encoding = text("accept-encoding").and_then(compression::negotiate);
            Ok(answer(&app.name, site.content_type.clone(), encoding, &page))
        }
        Err(error @ (PageError::NoPage(_) | PageError::NoTenant(_))) => {
            Err(Wrong(StatusCode::NOT_FOUND, error.to_string()))
        }
        Err(error) => {
            tracing::error!(%error, "request failed");
            let is_busy = matches!(error, PageError::Busy);
            let status = if is_busy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            Err(Wrong(status, "the page cannot be made".to_owned()))
        }
    }
}

fn answer(app: &str, kind: HeaderValue, encoding: Option<Encoding>, page: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let encoding = encoding.filter(|_| page.len() >= compression::SHORTEST);
    match encoding.and_then(|encoding| Some((encoding, compress(app, encoding, page.as_bytes())?))) {
        Some((encoding, body)) => {
            let name = if encoding == Encoding::Gzip { "gzip" } else { "br" };
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
            (headers, body).into_response()
        }
        None => (headers, page.to_owned()).into_response(),
    }
}

/// Why there is no answer, as JSON.
struct Wrong(StatusCode, String);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<JsonRejection> for Wrong {
    fn from(rejection: JsonRejection) -> Self {
        Wrong(rejection.status(), rejection.body_text())
    }
}

async fn deploy(
    State(server): State<Arc<Server>>,
    Path(app): Path<String>,
    source: Result<Json<Source>, JsonRejection>,
) -> Result<StatusCode, Wrong> {
    let deployed = server.deploy(&app, source?.0).await;
    deployed.map(|()| StatusCode::NO_CONTENT).map_err(|error| match error {
        DeployError::Database(_) | DeployError::Isolates(_) | DeployError::Crash => {
            Wrong(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
        _ => Wrong(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Tag(String),
    Path(String),
}

async fn invalidate(
    State(server): State<Arc<Server>>,
    Path(app): Path<String>,
    what: Result<Json<What>, JsonRejection>,
) -> Result<Json<Value>, Wrong> {
    let app = server.known(&app)?;
    let gone = match what?.0 {
        What::Tag(tag) => server.cache.invalidate(&app.name, Invalidated::Tag, &tag),
        What::Path(path) => server.cache.invalidate(&app.name, Invalidated::Path, &path),
    };
    Ok(Json(json!({ "entries": gone })))
}

async fn run_flow(
    State(server): State<Arc<Server>>,
    Path((flow, app)): Path<(String, String)>,
) -> Result<Json<Value>, Wrong> {
    let Some(flow) = Flow::named(&flow) else {
        let known = Flow::ALL.map(|flow| flow.text()).join(", ");
        return Err(Wrong(StatusCode::NOT_FOUND, format!("there is no flow `{flow}`; there are {known}")));
    };
    server.flow(flow, server.known(&app)?).await.map(Json).map_err(|error| match error {
        FlowError::Crash => Wrong(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        _ => Wrong(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    })
}
