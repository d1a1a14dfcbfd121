//! Orders go through a workflow: an API takes them, an orchestrator finds the steps that are ready, workers do them, and what
//! happened is told as domain events. All of it in one process, with everything that its operators want to see.
//!
//! `cargo run --example tasker -- [--once] [--listen 127.0.0.1:8080] [--workers 4] [--retries 5] [--cooldown SECONDS]
//! [--logs json|text|tree]`; the `README.md` beside this file says what to look at.

mod api;
mod breaker;
mod events;
mod health;
mod metrics;
mod orchestration;
mod queue;
mod store;
mod task;
mod worker;
mod workflow;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tallied_service::http::{Endpoints, Exposition};
use tallied_service::logs::{Format, Logging};
use tallied_service::{Correlation, Redaction, terminated};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use api::{App, NewTask};
use breaker::Breakers;
use events::{Event, Ledger, Publisher};
use orchestration::{Orchestrator, Retries};
use queue::{Queue, QueueName};
use store::Store;
use worker::Worker;

/// Connections for reading.
const CONNECTIONS: usize = 8;

/// So long tasks that run may take when the program is asked to end.
const DRAIN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let _ = writeln!(std::io::stderr(), "tasker: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    // What an order says of a person is as secret as what it is paid with.
    let redaction = Redaction::default().and("email");
    let logs = Logging::new().format(arguments.logs).redaction(redaction).init()?;
    tallied::init()?;
    #[cfg(feature = "metrics")]
    {
        tallied_service::process::expose();
        tallied_service::process::expose_runtime("main", &tokio::runtime::Handle::current())?;
    }
    let mut tasker = Tasker::start(&arguments)?;
    match &arguments.listen {
        Some(listen) => tasker.serve(listen).await?,
        None => tasker.work_off(include_str!("orders.json")).await?,
    }
    tasker.end().await;
    if arguments.listen.is_none() {
        std::io::stdout().write_all(tallied::gather_metrics().as_bytes())?;
    }
    logs.shut_down();
    Ok(())
}

/// What runs.
struct Tasker {
    app: App,
    breakers: Arc<Breakers>,
    events: Arc<Queue<Event>>,
    workers: Vec<JoinHandle<()>>,
    orchestrator: JoinHandle<()>,
    ledger: JoinHandle<()>,
    active: watch::Receiver<usize>,
}

impl Tasker {
    fn start(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let store = Arc::new(Store::open(CONNECTIONS)?);
        let breakers = Arc::new(Breakers::new(arguments.cooldown));
        let steps = Arc::new(Queue::new(QueueName::Steps));
        let results = Arc::new(Queue::new(QueueName::Results));
        let events = Arc::new(Queue::new(QueueName::Events));
        let publisher = Arc::new(Publisher { store: store.clone(), queue: events.clone() });
        let (count, active) = watch::channel(0);
        let orchestrator = Arc::new(Orchestrator {
            store: store.clone(),
            steps: steps.clone(),
            results: results.clone(),
            publisher: publisher.clone(),
            retries: Retries {
                most: arguments.retries,
                first: Duration::from_millis(20),
                longest: Duration::from_secs(1),
            },
            active: count,
        });
        let worker = Worker { store: store.clone(), steps, results, publisher, breakers: breakers.clone() };
        let ledger = Arc::new(Ledger::default());
        let app = App { orchestrator: orchestrator.clone(), store, ledger: ledger.clone() };
        let listening = events.clone();
        Ok(Tasker {
            app,
            breakers,
            events,
            workers: worker.start(arguments.workers),
            orchestrator: tokio::spawn(async move { orchestrator.run().await }),
            ledger: tokio::spawn(async move { ledger.listen(&listening).await }),
            active,
        })
    }

    /// Answers requests until the program is asked to end.
    async fn serve(&self, listen: &str) -> Result<(), Box<dyn Error>> {
        let health = health::of(self);
        let endpoints = Endpoints::new()
            .health(health.clone())
            .name("tasker")
            .metrics_at("/metrics/events", Exposition::new().only(|family| family.starts_with("tasker_events_")));
        let router = endpoints.router().merge(api::router(self.app.clone()));
        let listener = tokio::net::TcpListener::bind(listen).await?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let end = async move {
            terminated().await;
            tracing::info!("shutting down");
            health.shut_down();
        };
        Ok(axum::serve(listener, router).with_graceful_shutdown(end).await?)
    }

    /// Takes each order as if a request had brought it, and waits until all are done.
    async fn work_off(&mut self, orders: &str) -> Result<(), Box<dyn Error>> {
        for NewTask { namespace, name, input } in serde_json::from_str::<Vec<NewTask>>(orders)? {
            Correlation::new().scope_sync(|| self.app.orchestrator.create_task(namespace, name, input))?;
        }
        self.active.wait_for(|active| *active == 0).await?;
        Ok(())
    }

    /// Works off what there is, in the order in which one thing leads to the other.
    async fn end(mut self) {
        let idle = tokio::time::timeout(DRAIN, self.active.wait_for(|active| *active == 0)).await.is_ok();
        if !idle {
            tracing::warn!(tasks = *self.active.borrow(), "tasks are not done, and the service ends");
        }
        self.app.orchestrator.steps.close();
        for worker in self.workers {
            let _ = worker.await;
        }
        self.app.orchestrator.results.close();
        let _ = self.orchestrator.await;
        self.events.close();
        let _ = self.ledger.await;
        tracing::info!("the queues are empty");
    }
}

struct Arguments {
    /// None: a few orders are worked off, and that is all.
    listen: Option<String>,
    workers: usize,
    retries: u32,
    cooldown: Duration,
    logs: Format,
}

impl Arguments {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut given = pico_args::Arguments::from_env();
        let is_once = given.contains("--once");
        let listen = given.opt_value_from_str("--listen")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let arguments = Arguments {
            listen: Some(listen).filter(|_| !is_once),
            workers: given.opt_value_from_str("--workers")?.unwrap_or(4),
            retries: given.opt_value_from_str("--retries")?.unwrap_or(5),
            cooldown: Duration::from_secs(given.opt_value_from_str("--cooldown")?.unwrap_or(5)),
            logs: given.opt_value_from_fn("--logs", format)?.unwrap_or(Format::Json),
        };
        let unknown = given.finish();
        if let Some(unknown) = unknown.first() {
            return Err(format!("unknown argument {unknown:?}; see the top of main.rs").into());
        }
        Ok(arguments)
    }
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        "tree" => Ok(Format::Tree),
        _ => Err(format!("{text:?} is no format of logs; there are `json`, `text` and `tree`")),
    }
}
