//! Isolates render: each is a thread of its own with a buffer of its own, so that a page that takes long, or crashes, is alone
//! with that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tallied::{Gauge, GaugeGuard, observed};
use tallied_service::Correlation;
use tokio::sync::oneshot;
use tracing::Span;

use crate::apps::{Part, Site};
use crate::metrics::{APPS, BEXT, OfApp, OfError, RenderErrorType};
use crate::server::PageError;
use crate::template::RenderError;

/// How many each application has.
pub const OF_APP: usize = 2;
/// So many parts may wait for them.
const WAITING: usize = 64;

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
    jobs: SyncSender<Job>,
    ready: Arc<AtomicUsize>,
}

impl Isolates {
    pub fn start(app: &str) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(WAITING);
        let (waiting, ready) = (Arc::new(Mutex::new(waiting)), Arc::new(AtomicUsize::new(0)));
        for number in 0..OF_APP {
            let isolate = std::thread::Builder::new().name(format!("{app}-{number}"));
            // It is ready from now on: what is sent waits for it.
            let alive = Alive::new(app, ready.clone());
            let (app, waiting) = (app.to_owned(), waiting.clone());
            let _ = isolate.spawn(move || work(&app, &waiting, alive))?;
        }
        Ok(Isolates { jobs, ready })
    }

    /// How many work.
    pub fn ready(&self) -> usize {
        self.ready.load(Ordering::Relaxed)
    }

    /// Has a part of a site rendered, in the name of the request that asks for it.
    pub async fn render(&self, site: Arc<Site>, part: Part, data: Value) -> Result<String, PageError> {
        let (answer, rendered) = oneshot::channel();
        let (correlation, span) = (Correlation::current(), Span::current());
        // One that is gone has crashed, and so says the answer that never comes.
        if let Err(TrySendError::Full(_)) = self.jobs.try_send(Job { site, part, data, correlation, span, answer }) {
            return Err(PageError::Busy);
        }
        Ok(rendered.await.unwrap_or(Err(RenderError::Crash))?)
    }
}

/// Counts an isolate and what it holds until it ends, however it does.
struct Alive {
    ready: Arc<AtomicUsize>,
    memory: Gauge<(), i64>,
    holds: i64,
    _counted: GaugeGuard,
}

impl Alive {
    fn new(app: &str, ready: Arc<AtomicUsize>) -> Self {
        ready.fetch_add(1, Ordering::Relaxed);
        let memory = BEXT.isolate_memory_bytes.with(OfApp { app });
        Alive { ready, memory, holds: 0, _counted: BEXT.isolate_count.with(OfApp { app }).guard() }
    }

    fn holds(&mut self, bytes: usize) {
        let holds = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.memory.add(holds - self.holds);
        self.holds = holds;
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.memory.sub(self.holds);
        self.ready.fetch_sub(1, Ordering::Relaxed);
    }
}

fn work(app: &str, waiting: &Mutex<Receiver<Job>>, mut alive: Alive) {
    let mut buffer = String::new();
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
                RenderError::TooMuchWork => RenderErrorType::TooMuchWork,
                RenderError::Crash => RenderErrorType::Crash,
            };
            BEXT.isolate_errors_total.with(OfError { app, error_type }).inc();
            span.in_scope(|| tracing::error!(part = %part, %error, "rendering failed"));
        }
        alive.holds(buffer.capacity());
        // Whoever asked may be gone.
        let _ = answer.send(rendered);
    }
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

#[tokio::test]
async fn what_finds_no_room_to_wait_is_refused_at_once() {
    let (jobs, _waiting) = sync_channel(1);
    let isolates = Isolates { jobs, ready: Arc::default() };
    let source = serde_json::json!({ "version": "1", "pages": { "/": "a page" } });
    let site = Arc::new(Site::compile(&serde_json::from_value(source).unwrap()).unwrap());
    let render = || isolates.render(site.clone(), Part::Page("/".to_owned()), Value::Null);
    tokio::select! {
        biased;
        _ = render() => panic!("there is no isolate"),
        refused = render() => assert!(matches!(refused, Err(PageError::Busy))),
    }
}
