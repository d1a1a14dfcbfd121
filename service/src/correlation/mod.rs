//! Which request something belongs to: an id that goes with it through futures, tasks, threads, queues and other services.
//!
//! The current [`Correlation`] belongs to the thread while it polls or runs what is in a scope. So it follows a future
//! from thread to thread, and a task or a thread that is started has none until it is given one: [`Correlate::correlated`],
//! [`carrying`].
//!
//! Deliberately absent: a subscriber. Ids work in a program that logs nothing.

mod trace;

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use uuid::Uuid;

pub use trace::{BadTraceParent, TraceContext};

/// The bytes of the longest id that is taken from outside.
pub const LONGEST: usize = 128;

/// The id of a request, and its trace if it has one. Cheap to clone.
///
/// ```
/// use tallied_service::Correlation;
///
/// let correlation = Correlation::new();
/// correlation.scope_sync(|| {
///     // In every log line from here on; and by hand to whoever works on it later:
///     let message = Correlation::current().map(|current| current.id().to_owned());
///     assert_eq!(message.as_deref(), Some(correlation.id()));
/// });
/// assert!(Correlation::current().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correlation {
    id: Arc<str>,
    trace: Option<TraceContext>,
}

/// Text that is no correlation id: see [`Correlation::from_id`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCorrelationId {
    /// It is empty.
    Empty,
    /// It has so many bytes, more than [`LONGEST`].
    TooLong(usize),
    /// It has this character, at this byte.
    Character(char, usize),
}

impl fmt::Display for BadCorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadCorrelationId::Empty => f.write_str("a correlation id is empty; leave it out, or make one"),
            BadCorrelationId::TooLong(len) => {
                write!(f, "a correlation id has {len} bytes; at most {LONGEST} are taken")
            }
            BadCorrelationId::Character(c, at) => {
                write!(f, "a correlation id has {c:?} at byte {at}; letters, digits and `-_.:` are taken")
            }
        }
    }
}

impl std::error::Error for BadCorrelationId {}

thread_local! {
    static CURRENT: RefCell<Option<Correlation>> = const { RefCell::new(None) };
}

impl Correlation {
    /// A new one: its id is a UUID of version 7 (RFC 9562, section 5.7), so ids sort by time.
    #[must_use]
    #[allow(clippy::new_without_default)] // each is another one
    pub fn new() -> Self {
        let mut buffer = Uuid::encode_buffer();
        let id: &str = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        Correlation { id: id.into(), trace: None }
    }

    /// One that somebody else made: a request's header, the message of a queue.
    ///
    /// # Errors
    ///
    /// An id that is empty, longer than [`LONGEST`] bytes, or has a character that is no ASCII letter, no digit and none of
    /// `-_.:`. Whatever it came with, it cannot break a line of a log or a header then.
    pub fn from_id(id: &str) -> Result<Self, BadCorrelationId> {
        if id.is_empty() {
            return Err(BadCorrelationId::Empty);
        }
        if id.len() > LONGEST {
            return Err(BadCorrelationId::TooLong(id.len()));
        }
        let is_taken = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        match id.char_indices().find(|(_, c)| !is_taken(*c)) {
            Some((at, c)) => Err(BadCorrelationId::Character(c, at)),
            None => Ok(Correlation { id: id.into(), trace: None }),
        }
    }

    /// The same, of this trace.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// That of what is called from here: the same id, and in its trace, if there is one, a span of its own.
    #[must_use]
    pub fn child(&self) -> Self {
        Correlation { id: self.id.clone(), trace: self.trace.as_ref().map(TraceContext::child) }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its trace.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// The one of what runs now, if it has one.
    #[must_use]
    pub fn current() -> Option<Self> {
        // A thread that ends has none.
        CURRENT.try_with(|current| current.try_borrow().ok()?.clone()).ok().flatten()
    }

    /// The trace of what runs now: for [`tallied::trace_from`], which asks it at each observation.
    #[must_use]
    pub fn current_trace() -> Option<tallied::Trace> {
        let trace = |current: &RefCell<Option<Correlation>>| {
            current
                .try_borrow()
                .ok()?
                .as_ref()?
                .trace
                .as_ref()
                .filter(|trace| trace.is_sampled())
                .map(TraceContext::ids)
        };
        CURRENT.try_with(trace).ok().flatten()
    }

    /// A future to which this is current, whatever thread polls it; and its drop, too.
    pub fn scope<F: Future>(self, future: F) -> Correlated<F> {
        Correlated { correlation: Some(self), future: Some(future) }
    }

    /// Runs `work`, to which this is current.
    pub fn scope_sync<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered::enter(Some(self));
        work()
    }
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl FromStr for Correlation {
    type Err = BadCorrelationId;

    fn from_str(id: &str) -> Result<Self, BadCorrelationId> {
        Correlation::from_id(id)
    }
}

/// While it lives, something else is current; then what was before.
struct Entered {
    before: Option<Correlation>,
}

impl Entered {
    fn enter(correlation: Option<&Correlation>) -> Self {
        let before = CURRENT.try_with(|current| current.replace(correlation.cloned()));
        Entered { before: before.ok().flatten() }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before.take();
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}

pin_project! {
    /// A future with a [`Correlation`] of its own: see [`Correlation::scope`].
    #[must_use = "a future does nothing unless it is polled"]
    pub struct Correlated<F> {
        correlation: Option<Correlation>,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Correlated<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.correlation.as_ref().map(|correlation| Entered::enter(Some(correlation)));
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Correlated<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.correlation.as_ref().map(|correlation| Entered::enter(Some(correlation)));
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            // It is taken only when it is dropped.
            None => Poll::Pending,
        }
    }
}

/// For tasks that are started: they take the current correlation with them.
///
/// ```
/// use tallied_service::{Correlate, Correlation};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let correlation = Correlation::new();
/// let seen = correlation.clone().scope(async {
///     tokio::spawn(async { Correlation::current() }.correlated()).await.unwrap()
/// });
/// assert_eq!(seen.await, Some(correlation));
/// # });
/// ```
pub trait Correlate: Future + Sized {
    /// This future, with the correlation that is current now, if there is one.
    fn correlated(self) -> Correlated<Self> {
        self.correlated_by(Correlation::current())
    }

    /// This future, with a correlation that came with its work, such as the message of a queue. Without one it sees what is
    /// current where it is polled.
    fn correlated_by(self, correlation: Option<Correlation>) -> Correlated<Self> {
        Correlated { correlation, future: Some(self) }
    }
}

impl<F: Future> Correlate for F {}

/// For threads that are started: `work`, with the correlation that is current now, if there is one.
///
/// ```
/// use tallied_service::{Correlation, carrying};
///
/// let correlation = Correlation::new();
/// let thread = correlation.scope_sync(|| std::thread::spawn(carrying(Correlation::current)));
/// assert_eq!(thread.join().unwrap(), Some(correlation));
/// ```
pub fn carrying<R, F: FnOnce() -> R>(work: F) -> impl FnOnce() -> R + use<R, F> {
    let correlation = Correlation::current();
    move || {
        let _entered = correlation.as_ref().map(|correlation| Entered::enter(Some(correlation)));
        work()
    }
}
