//! Orders go through a workflow: an API takes them, an orchestrator finds the steps that are ready, workers do them, and what
//! happened is told as domain events. All of it in one process, with everything that its operators want to see.
//!
//! `cargo run --example tasker -- [--once] [--listen 127.0.0.1:8080] [--workers 4] [--retries 5] [--cooldown 5]
//! [--tree]`; the `README.md` beside this file says what to look at.

mod api;
mod breaker;
mod events;
mod metrics;
mod orchestration;
mod queue;
mod stock;
mod store;
mod task;
mod worker;
mod workflow;

use std::error::Error;
use std::future::ready;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tallied_service::http::{Endpoints, Exposition};
use tallied_service::logs::{Format, Logging};
use tallied_service::{Correlation, Redaction, serve_until, terminated};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use api::NewTask;
use breaker::Breakers;
use events::deliver;
use orchestration::Orchestrator;
use queue::{Queue, QueueName};
use store::Store;
use worker::Worker;

/// So long tasks may take when no more come.
const DRAIN: Duration = Duration::from_secs(5);

/// So long the requests that run may take then.
const LAST: Duration = Duration::from_secs(10);

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
    let tasker = Tasker::start(&arguments)?;
    match &arguments.listen {
        Some(listen) => tasker.serve(listen).await?,
        None => tasker.take(include_str!("orders.json"))?,
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
    orchestrator: Arc<Orchestrator>,
    orchestration: JoinHandle<()>,
    breakers: Arc<Breakers>,
    workers: Vec<JoinHandle<()>>,
    delivery: JoinHandle<()>,
}

impl Tasker {
    fn start(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let store = Arc::new(Store::open()?);
        let breakers = Arc::new(Breakers::new(arguments.cooldown));
        let steps = Arc::new(Queue::new(QueueName::Steps));
        let results = Arc::new(Queue::new(QueueName::Results));
        let events = Arc::new(Queue::new(QueueName::Events));
        let orchestrator = Arc::new(Orchestrator {
            store: store.clone(),
            steps: steps.clone(),
            results: results.clone(),
            events: events.clone(),
            retries: arguments.retries,
            active: watch::Sender::new(0),
        });
        let worker = Arc::new(Worker { store: store.clone(), steps, results, breakers: breakers.clone() });
        let work = |_| {
            let worker = worker.clone();
            tokio::spawn(async move { worker.run().await })
        };
        let running = orchestrator.clone();
        let delivery = async move { events.work_off(|event| ready(deliver(&event, &store.stock))).await };
        Ok(Tasker {
            orchestrator,
            orchestration: tokio::spawn(async move { running.run().await }),
            breakers,
            workers: (0..arguments.workers).map(work).collect(),
            delivery: tokio::spawn(delivery),
        })
    }

    /// Answers requests until the program is asked to end.
    async fn serve(&self, listen: &str) -> Result<(), Box<dyn Error>> {
        let health = api::health(self);
        let endpoints = Endpoints::new()
            .health(health.clone())
            .name("tasker")
            .metrics_at("/metrics/events", Exposition::new().only(|family| family.starts_with("tasker_events_")));
        let router = endpoints.router().merge(api::router(self.orchestrator.clone()));
        let listener = tokio::net::TcpListener::bind(listen).await?;
        tracing::info!(address = %listener.local_addr()?, "listening");
        let end = async move {
            terminated().await;
            tracing::info!("shutting down");
            health.shut_down();
        };
        let served = serve_until(end, LAST, |end| axum::serve(listener, router).with_graceful_shutdown(end)).await;
        Ok(served.unwrap_or(Ok(()))?)
    }

    /// Takes each order as if a request had brought it.
    fn take(&self, orders: &str) -> Result<(), Box<dyn Error>> {
        for NewTask { namespace, name, input } in serde_json::from_str::<Vec<NewTask>>(orders)? {
            Correlation::new().scope_sync(|| self.orchestrator.create_task(&namespace, name, input))?;
        }
        Ok(())
    }

    /// Works off what there is, in the order in which one thing leads to the other.
    async fn end(self) {
        let mut active = self.orchestrator.active.subscribe();
        if tokio::time::timeout(DRAIN, active.wait_for(|active| *active == 0)).await.is_err() {
            tracing::warn!(tasks = *active.borrow(), "tasks are not done, and the service ends");
        }
        self.orchestrator.steps.close();
        for worker in self.workers {
            let _ = worker.await;
        }
        self.orchestrator.results.close();
        let _ = self.orchestration.await;
        self.orchestrator.events.close();
        let _ = self.delivery.await;
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
            logs: if given.contains("--tree") { Format::Tree } else { Format::Json },
        };
        match given.finish().first() {
            None => Ok(arguments),
            Some(unknown) => Err(format!("unknown argument {unknown:?}; see the top of main.rs").into()),
        }
    }
}
