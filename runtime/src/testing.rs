//! Reading metrics in tests.
//!
//! ```
//! use tallied::testing::{self, Recording};
//!
//! #[tallied::observed(counter = "mails_total", span = false)]
//! fn send(to: &str) -> Result<(), String> {
//!     if to.contains('@') { Ok(()) } else { Err("nobody".into()) }
//! }
//!
//! // Only what runs inside is in it, whatever other tests do meanwhile.
//! let recording = Recording::new();
//! recording.run(|| {
//!     let _ = send("ada@example.org");
//!     let _ = send("nowhere");
//! });
//! # if cfg!(feature = "metrics") {
//! assert_eq!(recording.value("mails_total", &[("status", "error")]), Some(1.0));
//!
//! // And what was recorded is nowhere else.
//! assert_eq!(testing::value("mails_total", &[("status", "error")]), Some(0.0));
//! # }
//! ```
//!
//! A recording follows the threads and tasks that are told to: [`Recording::thread`] wraps the closure of a thread,
//! [`Recording::future`] the future of a task. [`value`] and [`difference`] look at the whole process, and so at whatever
//! other tests count at the same time.
//!
//! Names are those of the text format: `x_total`, and of a histogram `x_count`, `x_sum` and `x_bucket` with the label `le`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::reading::Snapshot;

#[cfg(feature = "metrics")]
use crate::{
    recording::{self, Recorded},
    registry,
    snapshot::Sink,
};
#[cfg(feature = "metrics")]
use std::sync::Arc;

/// The value of one series now, with exactly these labels in any order; `None` if there is no such series.
///
/// An empty label is none: it need not be named. Reads the whole registry, like a scrape. Without the feature `metrics` there
/// is none.
#[must_use]
pub fn value(name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    now().value(name, labels)
}

/// What `work` changes in the metrics of the whole process, with what else happens meanwhile.
pub fn difference<R>(work: impl FnOnce() -> R) -> (R, Difference) {
    let before = now();
    let done = work();
    (done, Difference { before, after: now() })
}

/// Also where the exposition is switched off.
fn now() -> Snapshot {
    #[cfg(feature = "metrics")]
    return Snapshot::of(registry::visit_always);
    #[cfg(not(feature = "metrics"))]
    Snapshot::take()
}

/// All series at two moments.
#[derive(Clone, Debug)]
pub struct Difference {
    before: Snapshot,
    after: Snapshot,
}

impl Difference {
    /// By how much a series has grown: a series that came meanwhile from zero. `None` if there is no such series.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        Some(self.after.value(name, labels)? - self.before.value(name, labels).unwrap_or(0.0))
    }
}

/// What some calls count, kept apart from all others.
///
/// Whatever runs inside counts here and not in the registry: observed functions, groups, in this thread and in those that
/// are told to take part. A call and a timer count where they end. What begins inside should end inside: of a call whose
/// future leaves the recording while it runs, the gauge of running calls goes up here and down there. Cheap to clone: all clones are one recording. Callbacks (`read_from`) and collectors of other
/// people are not in it; which values a label with `max` keeps is common to all.
#[derive(Clone)]
pub struct Recording {
    #[cfg(feature = "metrics")]
    recorded: Arc<Recorded>,
}

impl Recording {
    /// An empty one.
    #[must_use]
    #[allow(clippy::new_without_default)] // it does something
    pub fn new() -> Self {
        Recording {
            #[cfg(feature = "metrics")]
            recorded: Recorded::new(crate::catalogue::pause),
        }
    }

    /// The one that this thread takes part in, for code that starts threads or tasks of its own.
    #[must_use]
    #[inline]
    pub fn current() -> Option<Self> {
        #[cfg(feature = "metrics")]
        {
            // Mostly there is none in the whole process.
            if !recording::is_any() {
                return None;
            }
            recording::current().map(|recorded| Recording { recorded })
        }
        #[cfg(not(feature = "metrics"))]
        None
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn recorded(&self) -> &Recorded {
        &self.recorded
    }

    /// Runs `work` inside of it.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        #[cfg(feature = "metrics")]
        {
            recording::inside(Some(self.recorded.clone()), work)
        }
        #[cfg(not(feature = "metrics"))]
        work()
    }

    /// The closure of a thread that takes part.
    ///
    /// ```
    /// # let recording = tallied::testing::Recording::new();
    /// std::thread::spawn(recording.thread(|| { /* … */ })).join().unwrap();
    /// ```
    pub fn thread<R, F: FnOnce() -> R>(&self, work: F) -> impl FnOnce() -> R + use<R, F> {
        let recording = self.clone();
        move || recording.run(work)
    }

    /// The future of a task that takes part, whatever thread polls it; its drop does, too.
    pub fn future<F: Future>(&self, future: F) -> RecordedFuture<F> {
        RecordedFuture { recording: self.clone(), future: Some(future) }
    }

    /// The value of one series of it, as [`value`] has it. What was not counted here is zero where it is zero before its
    /// first use, and `None` where it is not there: a histogram with labels, say.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.snapshot().value(name, labels)
    }

    /// All of it, as numbers. Empty without the feature `metrics`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        #[cfg(feature = "metrics")]
        return Snapshot::of(|sink| registry::visit_recorded(&self.recorded, sink));
        #[cfg(not(feature = "metrics"))]
        Snapshot::take()
    }

    /// All of it, in the text format 0.0.4. Empty without the feature `metrics`.
    #[must_use]
    pub fn gather_metrics(&self) -> String {
        #[cfg(feature = "metrics")]
        {
            let mut out = Vec::new();
            let visit = |sink: &mut dyn Sink| registry::visit_recorded(&self.recorded, sink);
            crate::encode::encode_from(visit, crate::encode::Format::Text, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        #[cfg(not(feature = "metrics"))]
        String::new()
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

pin_project! {
    /// A future that takes part in a [`Recording`].
    #[must_use = "a future does nothing unless it is polled"]
    pub struct RecordedFuture<F> {
        recording: Recording,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for RecordedFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.recording.run(|| this.future.set(None));
        }
    }
}

impl<F: Future> Future for RecordedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.future.as_pin_mut() {
            Some(future) => this.recording.run(|| future.poll(context)),
            // It is taken only when it is dropped.
            None => Poll::Pending,
        }
    }
}
