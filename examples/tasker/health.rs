//! How the service is, as `/health` tells it.

use std::time::Duration;

use tallied::Snapshot;
use tallied_service::health::{Check, Finding, Health, HealthBuilder, Threshold};
use tokio::task::{AbortHandle, JoinHandle};

use crate::Tasker;

pub fn of(tasker: &Tasker) -> Health {
    let store = tasker.app.store.clone();
    // The alert of the pool: nine tenths of it.
    #[allow(clippy::cast_precision_loss)] // there are a few
    let used_up = 0.9 * store.pool().max as f64;
    let database = Check::new("database", move || {
        let store = store.clone();
        async move {
            store.ping().await?;
            let pool = store.pool();
            let found = Finding::healthy()
                .figure("connections_active", pool.active)
                .figure("connections_idle", pool.idle)
                .figure("connections_max", pool.max);
            Ok::<_, crate::store::StoreError>(found)
        }
    })
    .threshold("connections_active", Threshold::above(used_up, None));

    let (orchestrator, events) = (tasker.app.orchestrator.clone(), tasker.events.clone());
    let message_queue = Check::new("message_queue", move || {
        let open = [orchestrator.steps.is_open(), orchestrator.results.is_open(), events.is_open()];
        let monitored = open.iter().filter(|is_open| **is_open).count();
        async move { Finding::healthy().figure("queues_monitored", monitored) }
    })
    .threshold("queues_monitored", Threshold::below(None, 3.0));

    let breakers = tasker.breakers.clone();
    let circuit_breakers = Check::new("circuit_breakers", move || {
        let open = breakers.open();
        async move { Finding::healthy().figure("open_breakers", open) }
    })
    .threshold("open_breakers", Threshold::above(0.0, None));

    // By what they are, and not by their gauge: health does not depend on metrics.
    let all: Vec<AbortHandle> = tasker.workers.iter().map(JoinHandle::abort_handle).collect();
    let workers = Check::new("workers", move || {
        let active = all.iter().filter(|worker| !worker.is_finished()).count();
        async move { Finding::healthy().figure("workers_active", active) }
    })
    .threshold("workers_active", Threshold::below(None, 1.0));

    let resources = Check::new("resources", || async {
        let now = Snapshot::take();
        Finding::healthy()
            .figure("memory_bytes", now.value("process_resident_memory_bytes", &[]))
            .figure("open_files", now.value("process_open_fds", &[]))
    })
    .optional();

    // What is asked is found anew: whoever looks sees a breaker as it is.
    let checks =
        [database, message_queue, circuit_breakers, workers, resources].map(|check| check.keep(Duration::ZERO));
    let builder = Health::builder().version(env!("CARGO_PKG_VERSION"));
    checks.into_iter().fold(builder, HealthBuilder::check).build()
}
