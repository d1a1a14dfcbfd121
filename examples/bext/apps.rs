//! Applications: which there are, what their sites are made of, and how a new version takes the place of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use tallied::{Classify, Label, Outcome, observed};
use tallied_service::Correlate as _;
use tokio::task::block_in_place;
use tracing::Instrument as _;

use crate::database::DatabaseError;
use crate::isolates::Isolates;
use crate::metrics::{APPS, Invalidated};
use crate::server::{PageError, Server};
use crate::template::{Malformed, RenderError, Template};

/// How many there may be: requests have values of `app` for these, for `unknown` and for `bext`.
pub const MOST: usize = APPS - 2;

/// What is deployed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    version: String,
    #[serde(default = "html")]
    content_type: String,
    layout: Option<LayoutSource>,
    #[serde(default)]
    fragments: BTreeMap<String, String>,
    /// Templates by route: `/posts/{slug}`.
    pages: BTreeMap<String, String>,
    /// What pages are made of, by path.
    #[serde(default)]
    content: BTreeMap<String, Value>,
}

fn html() -> String {
    "text/html; charset=utf-8".to_owned()
}

/// What is round each page. The fragments are rendered before it, and are values of its template, as the page is: `body`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutSource {
    template: String,
    fragments: Vec<String>,
}

/// A version of an application that was understood.
pub struct Site {
    pub version: String,
    /// No two have the same, whatever their versions are called: what is kept and stored of a site is kept under this. From 1 on.
    pub generation: u64,
    pub content_type: HeaderValue,
    /// With the names of its fragments.
    layout: Option<(Template, Vec<String>)>,
    pub fragments: BTreeMap<String, Template>,
    pages: BTreeMap<String, Template>,
    /// The paths that are known: routes without a name in them, and what there is content for.
    pub paths: BTreeSet<String>,
}

/// What is rendered by itself.
#[derive(Clone, Debug)]
pub enum Part {
    Layout,
    Fragment(String),
    /// By its route.
    Page(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Layout => f.write_str("layout"),
            Part::Fragment(name) => write!(f, "fragment {name}"),
            Part::Page(route) => f.write_str(route),
        }
    }
}

impl Site {
    pub fn compile(source: &Source) -> Result<Self, DeployError> {
        static GENERATIONS: AtomicU64 = AtomicU64::new(1);
        let compile = |name: &str, source: &str| {
            Template::compile(source).map_err(|why| DeployError::Malformed { template: name.to_owned(), why })
        };
        let all = |sources: &BTreeMap<String, String>| -> Result<BTreeMap<String, Template>, DeployError> {
            sources.iter().map(|(name, source)| Ok((name.clone(), compile(name, source)?))).collect()
        };
        let layout = source
            .layout
            .as_ref()
            .map(|layout| Ok::<_, DeployError>((compile("layout", &layout.template)?, layout.fragments.clone())));
        let no_type = |_| DeployError::ContentType(source.content_type.clone());
        let mut site = Site {
            version: source.version.clone(),
            generation: GENERATIONS.fetch_add(1, Ordering::Relaxed),
            content_type: HeaderValue::from_str(&source.content_type).map_err(no_type)?,
            layout: layout.transpose()?,
            fragments: all(&source.fragments)?,
            pages: all(&source.pages)?,
            paths: source.pages.keys().filter(|route| !route.contains('{')).cloned().collect(),
        };
        let with_content: Vec<_> = source.content.keys().filter(|path| site.route(path).is_some()).cloned().collect();
        site.paths.extend(with_content);
        let templates = site.pages.values().chain(site.fragments.values());
        let of_layout = site.layout.iter().flat_map(|(_, fragments)| fragments).map(String::as_str);
        let mut named = templates.flat_map(Template::fragments).chain(of_layout);
        match named.find(|name| !site.fragments.contains_key(*name)) {
            Some(unknown) => Err(DeployError::UnknownFragment(unknown.to_owned())),
            None => Ok(site),
        }
    }

    pub fn template(&self, part: &Part) -> Result<&Template, RenderError> {
        let (found, name) = match part {
            Part::Layout => (self.layout.as_ref().map(|(layout, _)| layout), "layout"),
            Part::Fragment(name) => (self.fragments.get(name), name.as_str()),
            Part::Page(route) => (self.pages.get(route), route.as_str()),
        };
        found.ok_or_else(|| RenderError::MissingValue(name.to_owned()))
    }

    /// The fragments of the layout, if there is one.
    pub fn layout(&self) -> Option<&[String]> {
        self.layout.as_ref().map(|(_, fragments)| fragments.as_slice())
    }

    /// The route of a path: the pattern, of which there are as many as pages.
    pub fn route(&self, path: &str) -> Option<&str> {
        let fits = |route: &&String| {
            let (mut of_route, mut of_path) = (route.split('/'), path.split('/'));
            loop {
                match (of_route.next(), of_path.next()) {
                    (None, None) => return true,
                    (Some(pattern), Some(word)) if pattern.starts_with('{') && !word.is_empty() || pattern == word => {}
                    _ => return false,
                }
            }
        };
        self.pages.keys().find(fits).map(String::as_str)
    }
}

/// An application that is served.
pub struct App {
    pub name: String,
    pub isolates: Isolates,
    site: RwLock<Arc<Site>>,
}

impl App {
    pub fn site(&self) -> Arc<Site> {
        self.site.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, site: Arc<Site>) {
        *self.site.write().unwrap_or_else(PoisonError::into_inner) = site;
    }
}

/// What became of a deployment.
#[derive(Clone, Copy, Label, Outcome)]
enum DeployStatus {
    #[outcome(ok)]
    Success,
    #[outcome(error)]
    Failed,
    RolledBack,
}

impl Classify<Result<(), DeployError>> for DeployStatus {
    fn classify(deployed: &Result<(), DeployError>) -> Self {
        match deployed {
            Ok(()) => DeployStatus::Success,
            Err(DeployError::RolledBack { .. }) => DeployStatus::RolledBack,
            Err(_) => DeployStatus::Failed,
        }
    }
}

/// Why a version is not served.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("the template `{template}`: {why}")]
    Malformed { template: String, why: Malformed },
    #[error("there is no fragment `{0}`")]
    UnknownFragment(String),
    #[error("the content type `{0}` is no header's value")]
    ContentType(String),
    #[error(
        "an application's name is at most 32 small letters, digits and `-`, not `unknown` or `bext`, and this is `{0}`"
    )]
    Name(String),
    #[error("`{0}` is one too many: at most {MOST} applications are deployed")]
    TooMany(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("no isolate can be started: {0}")]
    Isolates(#[from] std::io::Error),
    #[error("{page} of version {version} could not be rendered ({why}): nothing has changed")]
    RolledBack { version: String, page: String, why: PageError },
    #[error("the deployment crashed")]
    Crash,
}

impl Server {
    /// Serves a version of an application from now on, unless a page of it cannot be rendered: then it never is.
    ///
    /// One after the other, and in a task of its own: a client that goes away ends nothing.
    pub async fn deploy(self: &Arc<Self>, app: &str, source: Source) -> Result<(), DeployError> {
        let is_taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if app.is_empty() || app.len() > 32 || !app.chars().all(is_taken) || ["unknown", "bext"].contains(&app) {
            return Err(DeployError::Name(app.to_owned()));
        }
        let (server, app) = (self.clone(), app.to_owned());
        let deployment = async move {
            let mut names = server.names.lock().await;
            if !names.contains(&app) && names.len() == MOST {
                return Err(DeployError::TooMany(app));
            }
            // From its first deployment on it has series, whatever becomes of that.
            names.insert(app.clone());
            server.replace(&app, source).await
        };
        let deployed = tokio::spawn(deployment.correlated().in_current_span()).await;
        deployed.unwrap_or_else(|_| {
            tracing::error!("deployment crashed");
            Err(DeployError::Crash)
        })
    }

    #[observed(
        labels(app(max = APPS)),
        status = DeployStatus,
        counter(name = "bext_deploys_total", help = "Deployments by what became of them.", labels(app, status)),
        histogram(name = "bext_deploy_duration_ms", help = "Time of deployments in milliseconds.", unit = "ms", labels(app)),
        name = "deploy",
        allow(base_unit)
    )]
    async fn replace(&self, app: &str, source: Source) -> Result<(), DeployError> {
        let site = Arc::new(Site::compile(&source)?);
        let before = self.app(app);
        let served = before.as_ref().map_or(0, |before| before.site().generation);
        let (name, first) = (app.to_owned(), RwLock::new(site.clone()));
        let known = match before {
            Some(before) => before,
            None => Arc::new(App { name, isolates: Isolates::start(app)?, site: first }),
        };
        block_in_place(|| self.database.put_content(app, site.generation, &source.content))?;
        let rendered = self.render_all(&known, &site).await;
        if rendered.is_ok() {
            known.put(site.clone());
            self.add(known);
        }
        let stays = if rendered.is_ok() { site.generation } else { served };
        self.cache.invalidate(app, Invalidated::Gc, &stays.to_string());
        if let Err(error) = block_in_place(|| self.database.keep_content(app, stays)) {
            // Nobody reads it, and it goes with the next one.
            tracing::error!(%error, "old content could not be removed");
        }
        if let Err((page, why)) = rendered {
            tracing::error!(version = site.version, page, error = %why, "deployment rolled back");
            return Err(DeployError::RolledBack { version: source.version, page, why });
        }
        self.tell_version(app, &site.version);
        tracing::info!(version = site.version, "deployed");
        Ok(())
    }

    /// The path of the page that cannot be, and why.
    async fn render_all(&self, app: &App, site: &Arc<Site>) -> Result<(), (String, PageError)> {
        for path in &site.paths {
            self.page(app, site, path, "public").await.map_err(|why| (path.clone(), why))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::task::Poll;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::database::Database;

    fn source(page: &str) -> Source {
        let content = json!({ "/": { "x": 1 } });
        serde_json::from_value(json!({ "version": "1", "pages": { "/": page }, "content": content })).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_deployment_goes_on_when_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(Database::open(&folder.path().join("test.redb")).unwrap());
        let mut deploying = Box::pin(server.deploy("left", source("{{x}}")));
        poll_fn(|context| Poll::Ready(deploying.as_mut().poll(context).is_ready())).await;
        drop(deploying);
        let is_there = (0..2_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            server.app("left").is_some()
        });
        assert!(is_there);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_what_is_deployed_at_once_all_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(Database::open(&folder.path().join("test.redb")).unwrap());
        let pages = ["a{{x}}", "b{{x}}", "{{missing}}", "c{{x}}"];
        let deployed = pages.map(|page| {
            let server = server.clone();
            tokio::spawn(async move { server.deploy("many", source(page)).await })
        });
        for (page, deployed) in pages.iter().zip(deployed) {
            assert_eq!(deployed.await.unwrap().is_err(), page.contains("missing"));
        }
        let app = server.app("many").unwrap();
        let (page, is_hit) = server.page(&app, &app.site(), "/", "public").await.unwrap();
        assert!(is_hit && ["a1", "b1", "c1"].contains(&&*page), "{page}");
        // A page and its tenant, and nothing of the others.
        assert_eq!(server.cache.about().0, 2);
    }
}
