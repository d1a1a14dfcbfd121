//! What the server says of itself: its health, and `/metrics?format=json`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tallied::Snapshot;
use tallied_service::health::{Check, Finding, Health, HealthBuilder};
use tokio::task::block_in_place;

use crate::server::Server;

const MEGABYTE: u64 = 1 << 20;
/// The most isolates that there may be.
const MOST_ISOLATES: usize = crate::apps::MOST * crate::isolates::OF_APP;

/// All subsystems. It is ready when the database answers and an isolate is ready.
pub fn health(server: &Arc<Server>, folder: PathBuf) -> HealthBuilder {
    let check = |name, find: fn(&Server) -> Result<Finding, String>| {
        let server = server.clone();
        Check::new(name, move || std::future::ready(find(&server)))
    };
    let database = check("database", |server| {
        server.database.ping().map(|()| Finding::healthy()).map_err(|error| error.to_string())
    });
    let cache = check("cache", |server| {
        let (entries, hit_rate) = server.cache.about();
        Ok(Finding::healthy().figure("entries", entries).figure("hit_rate", hit_rate))
    });
    let isolates = check("isolates", |server| {
        let active: usize = server.apps().iter().map(|app| app.isolates.ready()).sum();
        let finding = if active > 0 { Finding::healthy() } else { Finding::unhealthy("no isolate is ready") };
        Ok(finding.figure("active", active).figure("max", MOST_ISOLATES))
    });
    let flows = check("flow_engine", |server| Ok(Finding::healthy().figure("active_runs", server.flows.count())));
    let plugins = check("plugins", |server| Ok(Finding::healthy().figure("loaded", server.plugins.len())));
    let disk = Check::new("disk", move || std::future::ready(block_in_place(|| disk(&folder))));
    Health::builder()
        .version(env!("CARGO_PKG_VERSION"))
        .check(database.latency())
        .check(cache.optional())
        .check(isolates)
        .check(flows.optional())
        .check(plugins.optional())
        .check(disk.optional())
}

fn disk(folder: &Path) -> std::io::Result<Finding> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    let finding = Finding::healthy().figure("data_dir_mb", bytes.div_ceil(MEGABYTE));
    #[cfg(unix)]
    let finding = {
        let disk = rustix::fs::statvfs(folder)?;
        finding.figure("free_mb", disk.f_bavail * disk.f_frsize / MEGABYTE)
    };
    Ok(finding)
}

/// What `/metrics?format=json` shows: of each application, of each plugin, and of the process.
pub fn view(server: &Server, uptime_secs: u64, now: &Snapshot, before: Option<&Snapshot>) -> Value {
    #[allow(clippy::cast_precision_loss)] // a share
    let share = |part: u64, all: u64| part as f64 / all.max(1) as f64;
    let megabytes = |name: &str, labels: &[(&str, &str)]| now.count(name, labels) / MEGABYTE;
    let rate = |name: &str, labels: &[(&str, &str)]| before.and_then(|before| now.rate(before, name, labels));
    let app = |app: &str| {
        let of = [("app", app)];
        let (hits, misses) = (now.count("bext_cache_hits_total", &of), now.count("bext_cache_misses_total", &of));
        let is_error = |status: &str| status.starts_with('5') || ["panicked", "failed"].contains(&status);
        let requests = now.count("bext_requests_total", &of);
        let statuses = now.label_values("bext_requests_total", "status").into_iter().filter(|status| is_error(status));
        let count = |status| now.count("bext_requests_total", &[("app", app), ("status", status)]);
        let errors: u64 = statuses.map(count).sum();
        json!({
            "requests": { "total": requests, "rps": rate("bext_requests_total", &of) },
            "cache": {
                "hit_rate": share(hits, hits + misses),
                "entries": now.count("bext_cache_entries", &of),
                "bytes": now.count("bext_cache_bytes", &of),
            },
            "isolate": {
                "workers": now.count("bext_isolate_count", &of),
                "memory_mb": megabytes("bext_isolate_memory_bytes", &of),
                "avg_render_ms": now.mean("bext_isolate_render_duration_ms", &of),
            },
            "errors": { "total": errors, "rate": share(errors, requests) },
        })
    };
    let plugin = |plugin: &str| {
        let of = [("plugin", plugin)];
        json!({
            // Each request has one of each hook.
            "calls": now.count("bext_plugin_duration_us_count", &[of[0], ("hook", "on_request")]),
            "avg_us": now.mean("bext_plugin_duration_us", &of),
        })
    };
    let apps: Map<String, Value> = server.apps().iter().map(|of| (of.name.clone(), app(&of.name))).collect();
    let plugins = now.label_values("bext_plugin_duration_us_count", "plugin");
    let plugins: Map<String, Value> = plugins.into_iter().map(|of| (of.to_owned(), plugin(of))).collect();
    json!({
        "timestamp": jiff::Timestamp::now().to_string(),
        "uptime_secs": uptime_secs,
        "apps": apps,
        "plugins": plugins,
        "system": {
            "memory_mb": megabytes("process_resident_memory_bytes", &[]),
            "cpu_percent": rate("process_cpu_seconds_total", &[]).map(|share| share * 100.0),
            "open_fds": now.count("process_open_fds", &[]),
        },
    })
}
