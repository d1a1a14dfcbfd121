//! Applications: which there are, what their sites are made of, and how a new version takes the place of one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;
use tallied::{Classify, Label, Outcome, observed};

use crate::database::DatabaseError;
use crate::isolates::Isolates;
use crate::metrics::{APPS, Invalidated};
use crate::server::Server;
use crate::template::{Malformed, RenderError, Template};

/// What is deployed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    version: String,
    layout: Option<LayoutSource>,
    #[serde(default)]
    fragments: BTreeMap<String, String>,
    /// Templates by route: `/posts/{slug}`.
    pages: BTreeMap<String, String>,
    /// What pages are made of, by path.
    #[serde(default)]
    content: BTreeMap<String, Value>,
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
    pub version: Arc<str>,
    /// With the names of its fragments.
    layout: Option<(Template, Vec<String>)>,
    pub fragments: BTreeMap<String, Template>,
    pages: BTreeMap<String, Template>,
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
    fn compile(source: &Source) -> Result<Self, DeployError> {
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
        let site = Site {
            version: source.version.as_str().into(),
            layout: layout.transpose()?,
            fragments: all(&source.fragments)?,
            pages: all(&source.pages)?,
        };
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

    /// The routes that are paths.
    pub fn paths(&self) -> Vec<String> {
        self.pages.keys().filter(|route| !route.contains('{')).cloned().collect()
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

    fn put(&self, site: Arc<Site>) -> Arc<Site> {
        std::mem::replace(&mut self.site.write().unwrap_or_else(PoisonError::into_inner), site)
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
    #[error("an application's name is at most 32 letters, digits and `-`, and this is `{0}`")]
    Name(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("no isolate can be started: {0}")]
    Isolates(#[from] std::io::Error),
    #[error("{path} of version {version} could not be rendered ({why}): the version before it is back")]
    RolledBack { version: String, path: String, why: String },
}

impl Server {
    /// Serves a version of an application from now on. One whose pages cannot be rendered is taken back.
    #[observed(
        labels(app(max = APPS)),
        status = DeployStatus,
        counter(name = "bext_deploys_total", help = "Deployments by what became of them.", labels(app, status)),
        histogram(name = "bext_deploy_duration_ms", help = "Time of deployments in milliseconds.", unit = "ms", labels(app)),
        allow(base_unit)
    )]
    pub async fn deploy(&self, app: &str, source: Source) -> Result<(), DeployError> {
        if app.is_empty() || app.len() > 32 || !app.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(DeployError::Name(app.to_owned()));
        }
        let site = Arc::new(Site::compile(&source)?);
        self.database.put_content(app, &source.content)?;
        let known = self.app(app);
        let before = known.as_ref().map(|known| known.put(site.clone()));
        let known = match known {
            Some(known) => known,
            None => {
                self.add(App { name: app.to_owned(), isolates: Isolates::start(app)?, site: RwLock::new(site.clone()) })
            }
        };
        for path in site.paths() {
            let Err(why) = self.page(&known, &site, &path, "public").await else { continue };
            let version = source.version.clone();
            match before {
                Some(before) => drop(known.put(before)),
                None => self.remove(app),
            }
            tracing::error!(version, path, error = %why, "deployment rolled back");
            return Err(DeployError::RolledBack { version, path, why: why.to_string() });
        }
        self.cache.invalidate(app, Invalidated::Gc, &site.version);
        self.tell_version(app, &site.version);
        tracing::info!(version = source.version, "deployed");
        Ok(())
    }
}
