//! A call from its beginning to its end.
//!
//! The invariant: a [`Call`] is ended exactly once. Whoever knows how it ended says so with [`Call::end`]; a call that
//! is dropped without a word was unwound, because every other way out passes somebody who knows.

use tracing::Span;

use crate::clock::Started;
use crate::outcome::{Returned, Status, Told, Ways};
use crate::site::Callsite;

/// A running call.
pub struct Call<K: Callsite> {
    site: &'static K,
    set: usize,
    started: Option<Started>,
}

impl<K: Callsite> Call<K> {
    /// The call begins now.
    #[inline]
    pub(crate) fn begin(site: &'static K, set: usize, ways: Ways) -> Self {
        site.begin(set, ways);
        Call { site, set, started: K::TIMED.then(Started::now) }
    }

    /// The call returned. `told` reads off its value what it tells; how long that takes is no time of the call. Its
    /// span learns what the value adds to its labels.
    #[inline]
    pub(crate) fn end<T: Told>(self, told: impl FnOnce() -> T, span: &Span) {
        // Where nothing is counted, nobody asks but the span.
        if cfg!(not(feature = "metrics")) && !T::HAS_LABELS {
            std::mem::forget(self);
            return;
        }
        let nanos = self.nanos();
        let told = told();
        let (site, ran, set) = (self.site, self.set, self.set + told.labels());
        // From here on it has ended, whatever a subscriber does.
        std::mem::forget(self);
        site.end(ran, set, told.status(), nanos);
        if T::HAS_LABELS {
            site.record(set, span);
        }
    }

    /// Its future was dropped.
    #[inline]
    pub(crate) fn cancel(self) {
        let (site, set, nanos) = (self.site, self.set, self.nanos());
        std::mem::forget(self);
        site.end(set, set, site.words().cancelled, nanos);
    }

    #[inline]
    fn nanos(&self) -> Option<u64> {
        self.started.map(Started::elapsed_nanos)
    }
}

impl<K: Callsite> Drop for Call<K> {
    #[inline]
    fn drop(&mut self) {
        self.site.end(self.set, self.set, self.site.words().panicked, self.nanos());
    }
}

/// Runs `body` as a call of `site` with one of its label sets, inside the span.
#[inline]
pub fn observe<K: Callsite, R, T: Told>(
    site: &'static K,
    set: usize,
    open: impl FnOnce(&'static K, usize) -> Span,
    body: impl FnOnce() -> R,
    told: impl FnOnce(&R) -> T,
) -> R {
    let entered = open(site, set).entered();
    let call = Call::begin(site, set, Ways::of::<T>(false));
    let out = body();
    call.end(|| told(&out), &entered);
    out
}

/// A call of a function whose body stays where it is, because a closure cannot stand for it.
///
/// It sees no returned value, so its words are the usual ones: the call is told as `ok`, or as `panicked` if the thread
/// began to unwind meanwhile. A call that is made while the thread unwinds already, and panics itself, is taken for
/// `ok`: nothing tells the two apart.
pub struct Inline<K: Callsite> {
    call: Option<Call<K>>,
    unwinding_before: bool,
    // After the call: the span is left when the call has been counted.
    entered: tracing::span::EnteredSpan,
}

impl<K: Callsite> Inline<K> {
    /// The call begins now.
    #[inline]
    pub fn begin(site: &'static K, set: usize, open: impl FnOnce(&'static K, usize) -> Span) -> Self {
        let entered = open(site, set).entered();
        let call = Some(Call::begin(site, set, Ways::of::<Returned<Status>>(false)));
        Inline { call, unwinding_before: std::thread::panicking(), entered }
    }
}

impl<K: Callsite> Drop for Inline<K> {
    #[inline]
    fn drop(&mut self) {
        let unwound = !self.unwinding_before && std::thread::panicking();
        match self.call.take() {
            Some(call) if !unwound => call.end(Returned::<Status>::new, &self.entered),
            unwound => drop(unwound),
        }
    }
}
