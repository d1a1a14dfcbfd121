//! The flow engine: work of several steps that no request waits for.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tallied::{Label, observed};

use crate::database::DatabaseError;
use crate::metrics::{BEXT, Invalidated};
use crate::server::{PageError, Server};

/// The flows that there are.
#[derive(Clone, Copy, Debug, Label)]
pub enum Flow {
    /// Renders the pages of an application before anybody asks for them.
    Warm,
    /// Counts the words of an application's texts, and keeps the counts as its content `digest`.
    Digest,
}

impl Flow {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "warm" => Some(Flow::Warm),
            "digest" => Some(Flow::Digest),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error("there is no application `{0}`")]
    NoApp(String),
    #[error("{0}")]
    Page(#[from] PageError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("`{0}` has no text to digest")]
    NothingToDigest(String),
}

/// How many run: health tells it, with and without metrics.
#[derive(Default)]
pub struct Active(AtomicUsize);

impl Active {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn one(&self) -> impl Drop + '_ {
        struct Down<'a>(&'a AtomicUsize);
        impl Drop for Down<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        Down(&self.0)
    }
}

impl Server {
    /// Runs a flow for an application, and gives what it made.
    #[observed(
        counter = false,
        in_flight(name = "bext_flow_active_runs", help = "Runs of flows that have not ended.", labels()),
        name = "flow",
        fields(flow_name = flow.text(), app = app)
    )]
    pub async fn run_flow(&self, flow: Flow, app: &str) -> Result<Value, FlowError> {
        let _active = self.flows.one();
        let done = match flow {
            Flow::Warm => self.warm(app).await,
            Flow::Digest => self.digest(app).await,
        };
        match &done {
            Ok(_) => {
                BEXT.flow_completed_total.inc();
                tracing::info!("flow completed");
            }
            Err(error) => {
                BEXT.flow_failed_total.inc();
                tracing::error!(%error, "flow failed");
            }
        }
        done
    }

    async fn warm(&self, app: &str) -> Result<Value, FlowError> {
        let known = self.app(app).ok_or_else(|| FlowError::NoApp(app.to_owned()))?;
        let site = known.site();
        let paths = step(Flow::Warm, "list", async { self.paths(app, site.paths()) }).await?;
        let mut rendered = 0;
        for path in &paths {
            step(Flow::Warm, "render", self.page(&known, &site, path, "public")).await?;
            rendered += 1;
        }
        Ok(json!({ "pages": rendered }))
    }

    /// The paths that are known, and those that the home page leads to.
    fn paths(&self, app: &str, mut paths: Vec<String>) -> Result<Vec<String>, FlowError> {
        let home = self.database.content(app, "/")?.unwrap_or_default();
        let posts = home["posts"].as_array().into_iter().flatten().filter_map(|post| post["slug"].as_str());
        paths.extend(posts.map(|slug| format!("/posts/{slug}")));
        Ok(paths)
    }

    async fn digest(&self, app: &str) -> Result<Value, FlowError> {
        let known = self.app(app).ok_or_else(|| FlowError::NoApp(app.to_owned()))?;
        let paths = step(Flow::Digest, "list", async { self.paths(app, known.site().paths()) }).await?;
        let texts = step(Flow::Digest, "read", async {
            let mut texts = Vec::new();
            for path in &paths {
                let content = self.database.content(app, path)?.unwrap_or_default();
                texts.extend(content["text"].as_str().map(str::to_owned));
            }
            Ok::<_, FlowError>(texts)
        })
        .await?;
        if texts.is_empty() {
            return Err(FlowError::NothingToDigest(app.to_owned()));
        }
        step(Flow::Digest, "count", async {
            let words = || texts.iter().flat_map(|text| text.split_whitespace());
            let different: BTreeSet<String> = words().map(str::to_lowercase).collect();
            let digest = json!({ "texts": texts.len(), "words": words().count(), "different": different.len() });
            self.database.put_content(app, [(&"digest".to_owned(), &digest)])?;
            self.cache.invalidate(app, Invalidated::Tag, "digest");
            Ok(digest)
        })
        .await
    }
}

#[observed(
    labels(flow_name),
    counter = false,
    histogram(name = "bext_flow_step_duration_ms", help = "Time of steps of flows in milliseconds.", unit = "ms", labels(flow_name)),
    level = "debug",
    fields(step = step),
    allow(base_unit)
)]
async fn step<T, E>(flow_name: Flow, step: &'static str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    work.await
}
