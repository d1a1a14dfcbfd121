//! One named check, and how it is run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{Finding, METRICS, OfCheck, Status};

type Run = dyn Fn() -> Pin<Box<dyn Future<Output = Finding> + Send>> + Send + Sync;

/// Something that a service depends on, and how to see whether it is there.
///
/// ```
/// use std::time::Duration;
/// use tallied_service::health::{Check, Finding, Threshold};
///
/// let pool = Check::new("pool", || async { Finding::healthy().figure("used", 0.83) })
///     .limit(Duration::from_millis(500))
///     .threshold("used", Threshold::above(0.8, 0.9));
/// # assert_eq!(pool.name(), "pool");
/// ```
pub struct Check {
    name: String,
    run: Box<Run>,
    is_critical: bool,
    is_of_ready: Option<bool>,
    is_of_live: bool,
    limit: Duration,
    keep: Duration,
    has_latency: bool,
    thresholds: Vec<(String, Threshold)>,
}

impl Check {
    /// A critical check: if it is unhealthy, so is the service.
    ///
    /// `run` is called on each run; what it returns is polled in a task of its own, and dropped when its time is over. It must
    /// not block its thread.
    pub fn new<F, R>(name: impl Into<String>, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = R> + Send + 'static,
        R: Into<Finding>,
    {
        Check {
            name: name.into(),
            run: Box::new(move || {
                let found = run();
                Box::pin(async move { found.await.into() })
            }),
            is_critical: true,
            is_of_ready: None,
            is_of_live: false,
            limit: Duration::from_secs(2),
            keep: Duration::from_secs(1),
            has_latency: false,
            thresholds: Vec::new(),
        }
    }

    /// If it is unhealthy, the service is degraded.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_critical = false;
        self
    }

    /// Whether it decides about readiness; critical checks do, unless it is said.
    #[must_use]
    pub fn ready(mut self, is_of_ready: bool) -> Self {
        self.is_of_ready = Some(is_of_ready);
        self
    }

    /// It decides about liveness: only a restart mends it.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.is_of_live = true;
        self
    }

    /// So long it may take, 2 seconds unless it is said; then it is unhealthy.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// So long what it found is told to whoever asks, a second unless it is said; zero runs it each time.
    #[must_use]
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// The figure `latency_ms` tells how long it took.
    #[must_use]
    pub fn latency(mut self) -> Self {
        self.has_latency = true;
        self
    }

    /// A figure that makes it degraded or unhealthy. A later one for a figure replaces an earlier.
    #[must_use]
    pub fn threshold(mut self, figure: impl Into<String>, threshold: Threshold) -> Self {
        let figure = figure.into();
        self.thresholds.retain(|(known, _)| *known != figure);
        self.thresholds.push((figure, threshold));
        self
    }

    /// A threshold whose limits come before its own.
    pub(super) fn override_threshold(self, figure: &str, threshold: Threshold) -> Self {
        let own = self.thresholds.iter().find(|(known, _)| known == figure).map(|(_, own)| *own);
        self.threshold(figure, threshold.or(own.unwrap_or_default()))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_critical(&self) -> bool {
        self.is_critical
    }

    pub(super) fn is_of_ready(&self) -> bool {
        self.is_of_ready.unwrap_or(self.is_critical)
    }

    pub(super) fn is_of_live(&self) -> bool {
        self.is_of_live
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("is_critical", &self.is_critical)
            .finish_non_exhaustive()
    }
}

/// From where on a figure is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Threshold {
    /// Degraded, unhealthy.
    above: [Option<f64>; 2],
    below: [Option<f64>; 2],
}

impl Threshold {
    /// Degraded above the first, unhealthy above the second: connections, seconds behind.
    #[must_use]
    pub fn above(degraded: impl Into<Option<f64>>, unhealthy: impl Into<Option<f64>>) -> Self {
        Threshold { above: [degraded.into(), unhealthy.into()], below: [None; 2] }
    }

    /// Degraded below the first, unhealthy below the second: free space, a hit rate.
    #[must_use]
    pub fn below(degraded: impl Into<Option<f64>>, unhealthy: impl Into<Option<f64>>) -> Self {
        Threshold { above: [None; 2], below: [degraded.into(), unhealthy.into()] }
    }

    /// The limits of another besides, where this has none.
    #[must_use]
    pub fn or(self, other: Threshold) -> Self {
        let or = |one: [Option<f64>; 2], other: [Option<f64>; 2]| [one[0].or(other[0]), one[1].or(other[1])];
        Threshold { above: or(self.above, other.above), below: or(self.below, other.below) }
    }

    /// What a figure makes of the check, and why. `NaN`, and what is no number at all, is past every limit.
    fn judge(&self, figure: f64) -> Option<(Status, String)> {
        [Status::Unhealthy, Status::Degraded].into_iter().zip([1, 0]).find_map(|(status, at)| {
            let above = self.above[at].filter(|limit| figure.is_nan() || figure > *limit);
            let below = self.below[at].filter(|limit| figure.is_nan() || figure < *limit);
            let side =
                above.map(|limit| format!("above {limit}")).or_else(|| below.map(|limit| format!("below {limit}")))?;
            Some((status, format!("{figure}, {side}")))
        })
    }
}

/// What a run found.
pub(super) struct Found {
    pub(super) finding: Finding,
    at: Instant,
}

/// A check with what it found last.
pub(super) struct Checked {
    pub(super) check: Check,
    /// Where it runs: what it opens, connections of a pool say, belongs there.
    runtime: Option<Handle>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<Found>>,
    /// What runs now will be told here.
    running: Option<watch::Receiver<Option<Arc<Found>>>>,
}

impl Checked {
    pub(super) fn new(check: Check, runtime: Option<Handle>) -> Arc<Self> {
        Arc::new(Checked { check, runtime, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it found last.
    pub(super) fn latest(&self) -> Option<Arc<Found>> {
        self.state().latest.clone()
    }

    /// What it finds: now, or a moment ago.
    pub(super) async fn found(self: &Arc<Self>) -> Arc<Found> {
        let mut told = {
            let mut state = self.state();
            if let Some(found) = state.latest.as_ref().filter(|found| found.at.elapsed() < self.check.keep) {
                return found.clone();
            }
            // Who asks while it runs waits for that run.
            let running = state.running.clone().filter(|running| running.has_changed().is_ok());
            if let Some(running) = running {
                running
            } else {
                let (tell, told) = watch::channel(None);
                state.running = Some(told.clone());
                // It goes on though nobody waits any more: or whoever has less patience than it has time, a probe say, would
                // never learn that it hangs.
                let run = self.clone().run_and_tell(tell);
                match &self.runtime {
                    Some(runtime) => runtime.spawn(run),
                    None => tokio::spawn(run),
                };
                told
            }
        };
        let found = told.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
        // Its runtime has ended.
        found.unwrap_or_else(|| {
            Arc::new(Found { finding: Finding::unhealthy("the check was stopped"), at: Instant::now() })
        })
    }

    async fn run_and_tell(self: Arc<Self>, tell: watch::Sender<Option<Arc<Found>>>) {
        let began = Instant::now();
        let mut finding = self.run().await;
        let took = began.elapsed();
        if self.check.has_latency {
            // As a person reads it: two digits behind the point.
            finding = finding.figure("latency_ms", (took.as_secs_f64() * 1e5).round() / 100.0);
        }
        self.judge(&mut finding);
        let of = OfCheck { check: &self.check.name };
        METRICS.check_status.with(of).set(match finding.status {
            Status::Healthy => 1.0,
            Status::Degraded => 0.5,
            Status::Unhealthy => 0.0,
        });
        METRICS.check_duration_seconds.with(of).set(took.as_secs_f64());
        let found = Arc::new(Found { finding, at: Instant::now() });
        {
            let mut state = self.state();
            state.latest = Some(found.clone());
            state.running = None;
        }
        tell.send_replace(Some(found));
    }

    /// In a task of its own: so a panic is told by that, and one that never wakes holds up nobody.
    async fn run(&self) -> Finding {
        // What makes the future may panic as well, so that is in the task.
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.check.run)()));
        let Ok(future) = made.map_err(std::mem::forget) else { return Finding::unhealthy("the check panicked") };
        let task = tokio::spawn(future);
        let _aborts = Aborts(task.abort_handle());
        match tokio::time::timeout(self.check.limit, task).await {
            Ok(Ok(finding)) => finding,
            Ok(Err(failed)) if failed.is_panic() => {
                // What it carries may panic when it is dropped.
                std::mem::forget(failed);
                Finding::unhealthy("the check panicked")
            }
            Ok(Err(_)) => Finding::unhealthy("the check was stopped"),
            Err(_) => Finding::unhealthy(format!("the check took longer than {:?}", self.check.limit)),
        }
    }

    fn judge(&self, finding: &mut Finding) {
        for (name, threshold) in &self.check.thresholds {
            // JSON has no word for what is no number.
            let figure = match finding.figure_of(name) {
                Some(serde_json::Value::Number(figure)) => figure.as_f64().unwrap_or(f64::NAN),
                Some(_) => f64::NAN,
                // A name with a slip in it would never be past anything.
                None => {
                    finding.at_least(Status::Degraded, || {
                        format!("{name} has a threshold, and the check does not tell it")
                    });
                    continue;
                }
            };
            if let Some((status, why)) = threshold.judge(figure) {
                finding.at_least(status, || format!("{name} is {why}"));
            }
        }
    }
}

/// Nobody waits for it any more.
struct Aborts(AbortHandle);

impl Drop for Aborts {
    fn drop(&mut self) {
        self.0.abort();
    }
}
