//! Whether a service is well, in words that an orchestrator understands.
//!
//! [`Health`] holds named [`Check`]s. All that are asked for run side by side, each in a task of its own with a limit of
//! time, and what they find is kept for a moment: whoever asks meanwhile is told the same. Needs a `tokio` runtime.
//!
//! Three questions: [`report`](Health::report) asks every check, [`readiness`](Health::readiness) those that decide whether
//! requests should come, [`liveness`](Health::liveness) those whose failure only a restart mends. By default every critical
//! check is in the second set and none in the third.

mod check;
mod finding;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tallied::{Gauge, LabelSet, Metrics};

pub use check::{Check, Threshold};
pub use finding::{Finding, Status};
pub use report::{AppStatus, Report};

use check::Checked;

/// What checks find, as metrics.
#[derive(Metrics)]
// A budget of its own: the one in the user's environment is for their series.
#[metrics(prefix = "health", budget = 101)]
struct HealthMetrics {
    /// What a check found last: 1 healthy, 0.5 degraded, 0 unhealthy.
    check_status: Gauge<OfCheck<'static>>,
    /// How long the last run of a check took, in seconds.
    check_duration_seconds: Gauge<OfCheck<'static>>,
}

#[derive(Clone, Copy, LabelSet)]
struct OfCheck<'a> {
    #[label(max = 100)]
    check: &'a str,
}

static METRICS: HealthMetrics = HealthMetrics::new();

/// Puts a [`Health`] together.
#[derive(Default)]
#[must_use = "a health begins with `build`"]
pub struct HealthBuilder {
    version: Option<String>,
    uptime_key: Option<String>,
    checks: Vec<Check>,
    is_gated: bool,
}

impl HealthBuilder {
    /// The version that is told.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// What the seconds since the start are called: `uptime_seconds` unless it is said, or it is called as another key.
    pub fn uptime_key(mut self, key: impl Into<String>) -> Self {
        self.uptime_key = Some(key.into());
        self
    }

    /// One more check. Of two with one name the later one counts.
    pub fn check(mut self, check: Check) -> Self {
        self.checks.retain(|known| known.name() != check.name());
        self.checks.push(check);
        self
    }

    /// It is not ready until [`Health::started`] is called.
    pub fn start_gate(mut self) -> Self {
        self.is_gated = true;
        self
    }

    /// A threshold for a figure of a check, whose limits stand in the place of the check's own: for what is configured. A
    /// check that there is not is left alone.
    pub fn threshold(mut self, check: &str, figure: &str, threshold: Threshold) -> Self {
        self.checks = self
            .checks
            .into_iter()
            .map(|known| if known.name() == check { known.override_threshold(figure, threshold) } else { known })
            .collect();
        self
    }

    /// The limit of time of a check, in the place of its own.
    pub fn limit(mut self, check: &str, limit: Duration) -> Self {
        self.checks = self
            .checks
            .into_iter()
            .map(|known| if known.name() == check { known.limit(limit) } else { known })
            .collect();
        self
    }

    /// The names of the checks, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().map(Check::name)
    }

    /// The health itself. Its checks run in the `tokio` runtime in which this is called; outside of one, in that of whoever asks.
    #[must_use]
    pub fn build(self) -> Health {
        let runtime = tokio::runtime::Handle::try_current().ok();
        let phase = if self.is_gated { Phase::Starting } else { Phase::Running };
        Health {
            inner: Arc::new(Inner {
                version: self.version,
                uptime_key: self.uptime_key.unwrap_or_else(|| report::UPTIME.into()),
                checks: self.checks.into_iter().map(|check| Checked::new(check, runtime.clone())).collect(),
                phase: AtomicU8::new(phase as u8),
                apps: Mutex::new(BTreeMap::new()),
                began: Instant::now(),
            }),
        }
    }
}

impl fmt::Debug for HealthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthBuilder").field("checks", &self.names().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// What a service is about to do.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    Starting,
    Running,
    Stopping,
}

/// The health of a service. Cheap to clone: all clones are one.
///
/// ```
/// use tallied_service::health::{Check, Finding, Health, Status};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let health = Health::builder()
///     .version("1.4.0")
///     .check(Check::new("database", || async { Finding::healthy().figure("connections_active", 5) }))
///     .check(Check::new("cache", || async { Err::<(), _>("connection refused") }).optional())
///     .build();
///
/// let report = health.report().await;
/// assert_eq!(report.status(), Status::Degraded);
/// assert!(health.is_healthy().await); // it serves
/// # });
/// ```
#[derive(Clone)]
pub struct Health {
    inner: Arc<Inner>,
}

struct Inner {
    version: Option<String>,
    uptime_key: String,
    checks: Vec<Arc<Checked>>,
    phase: AtomicU8,
    apps: Mutex<BTreeMap<String, AppStatus>>,
    began: Instant,
}

impl Default for Health {
    fn default() -> Self {
        Health::builder().build()
    }
}

impl Health {
    /// Without a check, a version and a gate.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::default()
    }

    /// What all checks find.
    pub async fn report(&self) -> Report {
        self.asked(|_| true, None).await
    }

    /// What those checks find that decide whether requests should come. Unhealthy while the service starts or shuts down.
    pub async fn readiness(&self) -> Report {
        let reason = match self.phase() {
            Phase::Running => None,
            Phase::Starting => Some("starting"),
            Phase::Stopping => Some("shutting down"),
        };
        self.asked(Check::is_of_ready, reason).await
    }

    /// What those checks find whose failure only a restart mends.
    pub async fn liveness(&self) -> Report {
        self.asked(Check::is_of_live, None).await
    }

    /// Whether no critical check fails: what [`report`](Self::report) says, in a word. A service that is degraded serves.
    pub async fn is_healthy(&self) -> bool {
        self.report().await.is_serving()
    }

    /// The same by what was found last, without a check being run: for code that cannot wait. `None` until every critical check
    /// has run once; see [`watch`](Self::watch).
    #[must_use]
    pub fn was_healthy(&self) -> Option<bool> {
        let critical = || self.inner.checks.iter().filter(|check| check.check.is_critical());
        let mut found = critical().map(|check| check.latest().map(|found| found.finding.status() != Status::Unhealthy));
        // A failure is one, whatever else is not known yet.
        if found.clone().any(|found| found == Some(false)) {
            return Some(false);
        }
        found.try_fold(true, |all, found| found.map(|found| all && found))
    }

    /// Runs every check again and again: so the gauges and [`was_healthy`](Self::was_healthy) stay fresh though nobody asks. For a
    /// task of its own; it ends when the service shuts down.
    pub fn watch(&self, every: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        let health = self.clone();
        async move {
            while health.phase() != Phase::Stopping {
                health.report().await;
                tokio::time::sleep(every).await;
            }
        }
    }

    /// The start is done: with a [gate](HealthBuilder::start_gate) it is ready from now on.
    pub fn started(&self) {
        let (from, to) = (Phase::Starting as u8, Phase::Running as u8);
        // One that shuts down does not come back.
        let _ = self.inner.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on it is not ready: an orchestrator sends no more requests while the rest is finished.
    pub fn shut_down(&self) {
        self.inner.phase.store(Phase::Stopping as u8, Ordering::Release);
    }

    /// The same, and then waits: so long whoever sends requests may take to see it, and until then they are answered. For the end
    /// of a server, before it takes no more connections.
    pub async fn drain(&self, wait: Duration) {
        self.shut_down();
        tokio::time::sleep(wait).await;
    }

    /// Says how an application in this service is.
    pub fn set_app(&self, name: impl Into<String>, status: AppStatus) {
        self.apps().insert(name.into(), status);
    }

    /// There is no such application any more.
    pub fn remove_app(&self, name: &str) {
        self.apps().remove(name);
    }

    /// The version that is told.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.inner.version.as_deref()
    }

    /// Since it was built.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.inner.began.elapsed()
    }

    fn apps(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, AppStatus>> {
        self.inner.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phase(&self) -> Phase {
        match self.inner.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Running,
            _ => Phase::Stopping,
        }
    }

    async fn asked(&self, is_asked: impl Fn(&Check) -> bool, reason: Option<&'static str>) -> Report {
        let asked = self.inner.checks.iter().filter(|checked| is_asked(&checked.check));
        let found = join_all(asked.map(|checked| async { (checked.clone(), checked.found().await) })).await;
        Report::new(
            found
                .iter()
                .map(|(checked, found)| (checked.check.name(), checked.check.is_critical(), found.finding.clone())),
            self.apps().clone(),
            reason,
            (self.inner.version.clone(), self.inner.uptime_key.clone(), self.uptime()),
        )
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.inner.checks.iter().map(|checked| checked.check.name()).collect();
        f.debug_struct("Health").field("checks", &names).finish_non_exhaustive()
    }
}
