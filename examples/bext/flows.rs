//! The flow engine: work of several steps that no request waits for.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tallied::{Label, observed};
use tallied_service::Correlate as _;
use tokio::task::block_in_place;
use tracing::Instrument as _;

use crate::apps::App;
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
    pub const ALL: [Flow; 2] = [Flow::Warm, Flow::Digest];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.text() == name)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error("{0}")]
    Page(#[from] PageError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("`{0}` has no text to digest")]
    NothingToDigest(String),
    #[error("the flow crashed")]
    Crash,
}

/// How many run: health tells it, with and without metrics.
#[derive(Default)]
pub struct Active(AtomicUsize);

impl Active {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn run(&self) -> Run<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Run { active: &self.0, is_completed: false }
    }
}

/// Has failed if it is dropped and not completed: by an error, a panic, or the end of the program.
struct Run<'a> {
    active: &'a AtomicUsize,
    is_completed: bool,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.active.fetch_sub(1, Ordering::Relaxed);
        let ended = if self.is_completed { &BEXT.flow_completed_total } else { &BEXT.flow_failed_total };
        ended.inc();
    }
}

impl Server {
    /// Runs a flow for an application, and gives what it made. In a task of its own: a client that goes away ends nothing.
    pub async fn flow(self: &Arc<Self>, flow: Flow, app: Arc<App>) -> Result<Value, FlowError> {
        let server = self.clone();
        let run = async move { server.run_flow(flow, &app).await };
        tokio::spawn(run.correlated().in_current_span()).await.unwrap_or_else(|_| {
            tracing::error!(flow_name = flow.text(), "flow crashed");
            Err(FlowError::Crash)
        })
    }

    #[observed(
        counter = false,
        in_flight(name = "bext_flow_active_runs", help = "Runs of flows that have not ended.", labels()),
        name = "flow",
        fields(flow_name = flow.text(), app = app.name.as_str())
    )]
    async fn run_flow(&self, flow: Flow, app: &App) -> Result<Value, FlowError> {
        let mut run = self.flows.run();
        let done = match flow {
            Flow::Warm => self.warm(app).await,
            Flow::Digest => self.digest(app).await,
        };
        run.is_completed = done.is_ok();
        match &done {
            Ok(_) => tracing::info!("flow completed"),
            Err(error) => tracing::error!(%error, "flow failed"),
        }
        done
    }

    async fn warm(&self, app: &App) -> Result<Value, FlowError> {
        let site = app.site();
        for path in &site.paths {
            step(Flow::Warm, "render", self.page(app, &site, path, "public")).await?;
        }
        Ok(json!({ "pages": site.paths.len() }))
    }

    async fn digest(&self, app: &App) -> Result<Value, FlowError> {
        let site = app.site();
        let texts = step(Flow::Digest, "read", async {
            let mut texts = Vec::new();
            for path in &site.paths {
                let content = self.database.content(&app.name, site.generation, path)?.unwrap_or_default();
                texts.extend(content["text"].as_str().map(str::to_owned));
            }
            Ok::<_, FlowError>(texts)
        })
        .await?;
        if texts.is_empty() {
            return Err(FlowError::NothingToDigest(app.name.clone()));
        }
        step(Flow::Digest, "count", async {
            let words = || texts.iter().flat_map(|text| text.split_whitespace());
            let different: BTreeSet<String> = words().map(str::to_lowercase).collect();
            let digest = json!({ "texts": texts.len(), "words": words().count(), "different": different.len() });
            let content = [(&"digest".to_owned(), &digest)];
            block_in_place(|| self.database.put_content(&app.name, site.generation, content))?;
            self.cache.invalidate(&app.name, Invalidated::Tag, "digest");
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
