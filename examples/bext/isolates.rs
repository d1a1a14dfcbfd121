//! Isolates render: each is a thread of its own with a buffer of its own, so that a page that takes long, or crashes, is alone
//! with that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tallied::observed;
use tallied_service::Correlation;
use tokio::sync::oneshot;
use tracing::Span;

use crate::apps::{Part, Site};
use crate::metrics::{APPS, BEXT, OfApp, OfError, RenderErrorType};
use crate::template::RenderError;

/// How many each application has.
pub const OF_APP: usize = 2;

struct Job {
    site: Arc<Site>,
    part: Part,
    data: Value,
    correlation: Option<Correlation>,
    span: Span,
    answer: oneshot::Sender<Result<String, RenderError>>,
}

/// The isolates of one application. They end with it.
pub struct Isolates {
    jobs: Sender<Job>,
    ready: Arc<AtomicUsize>,
}

impl Isolates {
    pub fn start(app: &str) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let (waiting, ready) = (Arc::new(Mutex::new(waiting)), Arc::new(AtomicUsize::new(0)));
        for number in 0..OF_APP {
            let (app, waiting, ready) = (app.to_owned(), waiting.clone(), ready.clone());
            let isolate = std::thread::Builder::new().name(format!("{app}-{number}"));
            // It is ready from now on: what is sent waits for it.
            ready.fetch_add(1, Ordering::Relaxed);
            let _ = isolate.spawn(move || {
                work(&app, &waiting);
                ready.fetch_sub(1, Ordering::Relaxed);
            })?;
        }
        Ok(Isolates { jobs, ready })
    }

    /// How many work.
    pub fn ready(&self) -> usize {
        self.ready.load(Ordering::Relaxed)
    }

    /// Has a part of a site rendered, in the name of the request that asks for it.
    pub async fn render(&self, site: Arc<Site>, part: Part, data: Value) -> Result<String, RenderError> {
        let (answer, rendered) = oneshot::channel();
        let (correlation, span) = (Correlation::current(), Span::current());
        // One that is gone has crashed, and so says the answer that never comes.
        let _ = self.jobs.send(Job { site, part, data, correlation, span, answer });
        rendered.await.unwrap_or(Err(RenderError::Crash))
    }
}

fn work(app: &str, waiting: &Mutex<Receiver<Job>>) {
    let memory = BEXT.isolate_memory_bytes.with(OfApp { app });
    let _ready = BEXT.isolate_count.with(OfApp { app }).guard();
    let mut buffer = String::new();
    let mut known = 0;
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { site, part, data, correlation, span, answer }) = job else { break };
        let mut run = || span.in_scope(|| render(app, &site, &part, &data, &mut buffer));
        let caught = catch_unwind(AssertUnwindSafe(|| match &correlation {
            Some(correlation) => correlation.scope_sync(run),
            None => run(),
        }));
        let rendered = caught.unwrap_or(Err(RenderError::Crash));
        if let Err(error) = &rendered {
            let error_type = match error {
                RenderError::MissingValue(_) => RenderErrorType::MissingValue,
                RenderError::Recursion => RenderErrorType::Recursion,
                RenderError::TooLarge => RenderErrorType::TooLarge,
                RenderError::Crash => RenderErrorType::Crash,
            };
            BEXT.isolate_errors_total.with(OfError { app, error_type }).inc();
            span.in_scope(|| tracing::error!(part = %part, %error, "rendering failed"));
        }
        let holds = i64::try_from(buffer.capacity()).unwrap_or(i64::MAX);
        memory.add(holds - known);
        known = holds;
        // Whoever asked may be gone.
        let _ = answer.send(rendered);
    }
    memory.sub(known);
}

/// What is slow is told: `slow call`, in the request that waits for it.
#[observed(
    labels(app(max = APPS)),
    counter = false,
    summary(name = "bext_isolate_render_duration_ms", help = "Time of renderings in milliseconds.", unit = "ms", labels(app)),
    slow = "100ms",
    level = "debug",
    fields(part = %part),
    allow(base_unit)
)]
fn render(app: &str, site: &Site, part: &Part, data: &Value, buffer: &mut String) -> Result<String, RenderError> {
    buffer.clear();
    site.template(part)?.render(&site.fragments, data, buffer)?;
    Ok(buffer.clone())
}
