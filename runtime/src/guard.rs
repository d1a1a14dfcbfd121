//! A call from its beginning to its end.
//!
//! The invariant: a [`Call`] is ended exactly once. Whoever knows how it ended says so with [`Call::end`]; a call that
//! is dropped without a word was unwound, because every other way out passes somebody who knows.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tracing::Span;
use tracing::span::EnteredSpan;

use crate::clock::{Started, Stopwatch};
use crate::outcome::{Returned as ReturnedAs, Status, Told, Ways};
use crate::site::{Callsite, UNTIMED};
use crate::span::{self, Spanned};

/// A running call. `B` is `()`, or takes the time of its polls.
pub struct Call<K: Callsite, B: Stopwatch> {
    site: &'static K,
    set: usize,
    started: Option<Started>,
    pub(crate) busy: B,
}

impl<K: Callsite, B: Stopwatch> Call<K, B> {
    /// The call begins now.
    #[inline]
    pub(crate) fn begin(site: &'static K, set: usize) -> Self {
        site.begin(set);
        let is_timed = K::TIMED && (!K::IS_SAMPLED || site.is_timed());
        Call { site, set, started: is_timed.then(Started::now), busy: B::default() }
    }

    /// The call returned. `told` reads off its value what it tells; how long that takes is no time of the call. Its
    /// span learns what the value adds to its labels.
    #[inline]
    pub(crate) fn end<T: Told>(self, told: impl FnOnce() -> T, span: Option<&Span>) {
        let (site, ran) = (self.site, self.set);
        let Some(ended) = self.ended(told) else { return };
        let recorded = span.filter(|_| T::HAS_LABELS).map_or(Ok(()), |span| record(site, ended.set, span));
        site.end(ran, ended.set, ended.status, ended.ticks, ended.busy);
        recorded.unwrap_or_else(|panic| resume_unwind(panic));
    }

    /// The call has returned, and this is all that there is to be counted, if anything is.
    #[inline]
    fn ended<T: Told>(self, told: impl FnOnce() -> T) -> Option<Returned> {
        // Where nothing is counted, nobody asks but the span and the events.
        if cfg!(not(feature = "metrics")) && !T::IS_HEARD && !K::IS_HEARD {
            mem::forget(self);
            return None;
        }
        // In this order, so a call is never busier than it is long.
        let (busy, ticks) = (self.busy.ticks(), self.ticks());
        let told = told();
        let set = self.set + told.labels();
        // From here on it has ended, whatever a subscriber does.
        mem::forget(self);
        Some(Returned { set, status: told.status(), ticks, busy })
    }

    /// Its future was dropped.
    #[inline]
    pub(crate) fn cancel(self) {
        let (site, set, busy, ticks) = (self.site, self.set, self.busy.ticks(), self.ticks());
        mem::forget(self);
        site.end(set, set, site.words().cancelled, ticks, busy);
    }

    #[inline]
    fn ticks(&self) -> u64 {
        if K::TIMED { elapsed(self.started) } else { 0 }
    }
}

/// Out of line: a call each time is less than its code at each callsite.
#[inline(never)]
fn elapsed(since: Option<Started>) -> u64 {
    since.map_or(UNTIMED, Started::elapsed_ticks)
}

impl<K: Callsite, B: Stopwatch> Drop for Call<K, B> {
    // It unwound.
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let (busy, ticks) = (self.busy.ticks(), self.ticks());
        self.site.end(self.set, self.set, self.site.words().panicked, ticks, busy);
    }
}

/// What a call that returned is counted as.
struct Returned {
    /// With the labels of its value.
    set: usize,
    status: usize,
    ticks: u64,
    busy: u64,
}

/// There are 64 words at most; by hand an index may be larger, and means the last one.
const STATUS_BITS: u32 = 6;
const MOST_STATUS: usize = (1 << STATUS_BITS) - 1;

/// The end of a call in a span, which is left, or of one that may be recorded. Out of line, because most calls are neither,
/// and with the label set and the status in one number: less is said at each callsite.
#[cold]
#[inline(never)]
fn end_in_span<K: Callsite>(site: &'static K, what: usize, ticks: u64, entered: &mut Option<EnteredSpan>) {
    let (set, status) = (what >> STATUS_BITS, what & MOST_STATUS);
    let _entered = entered.take();
    site.end(set, set, status, ticks, 0);
}

/// The same, of a call whose value has labels.
#[cold]
#[inline(never)]
fn end_with_labels<K: Callsite>(
    site: &'static K,
    ran: usize,
    set: usize,
    status: usize,
    ticks: u64,
    entered: &mut Option<EnteredSpan>,
) {
    let entered = entered.take();
    let recorded = entered.as_deref().map_or(Ok(()), |span| record(site, set, span));
    site.end(ran, set, status, ticks, 0);
    recorded.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Tells a span the labels that a value had: before the call ends, because its last event is to have them. A subscriber may
/// panic, and the call is counted all the same.
#[cold]
#[inline(never)]
fn record<K: Callsite>(site: &'static K, set: usize, span: &Span) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(|| site.record(set, span)))
}

// No function: a span would be moved into it, which costs more than all the rest.
macro_rules! run {
    ($plain:literal, $is_small:expr, $site:ident, $set:ident, $entered:ident, $body:ident, $told:ident) => {{
        let call = Call::<K, ()>::begin($site, $set);
        let out = $body();
        if let Some(ended) = call.ended(|| $told(&out)) {
            // For most calls there is none, and nothing to leave.
            if $entered.is_none() {
                // What is there for the span is enough code at a callsite.
                if $is_small {
                    $site.end_small::<$plain>($set, ended.set, ended.status, ended.ticks, ended.busy);
                } else {
                    $site.end_as::<$plain>($set, ended.set, ended.status, ended.ticks, ended.busy);
                }
            } else if T::HAS_LABELS {
                end_with_labels($site, $set, ended.set, ended.status, ended.ticks, &mut $entered);
            } else {
                end_in_span(
                    $site,
                    ended.set << STATUS_BITS | ended.status.min(MOST_STATUS),
                    ended.ticks,
                    &mut $entered,
                );
            }
            mem::forget($entered);
        }
        out
    }};
}

/// Runs `body` as a call of `site` with one of its label sets, inside the span.
#[inline]
pub fn observe<K: Callsite, S: Spanned, R, T: Told>(
    site: &'static K,
    set: usize,
    _: S,
    body: impl FnOnce() -> R,
    told: impl FnOnce(&R) -> T,
) -> R {
    // Without a span this is no recording: `enter` saw to it.
    let mut entered = enter::<S, K>(site, set, Ways::of::<T>(false));
    run!(true, S::LEVEL.is_some(), site, set, entered, body, told)
}

/// The same, in a span that is entered, if there is one.
#[inline]
pub fn observe_in<K: Callsite, R, T: Told>(
    site: &'static K,
    set: usize,
    mut entered: Option<EnteredSpan>,
    body: impl FnOnce() -> R,
    told: impl FnOnce(&R) -> T,
) -> R {
    expect(site, Ways::of::<T>(false));
    run!(false, true, site, set, entered, body, told)
}

/// A call is about to begin that can end in these ways.
#[inline]
pub(crate) fn expect<K: Callsite>(site: &'static K, ways: Ways) {
    if !site.is_met(ways) {
        site.meet(ways);
    }
}

/// The same, and enters its span. What is seldom is asked for together, because that is less code.
#[inline]
fn enter<S: Spanned, K: Callsite>(site: &'static K, set: usize, ways: Ways) -> Option<EnteredSpan> {
    #[cold]
    #[inline(never)]
    fn seldom<S: Spanned, K: Callsite>(site: &'static K, set: usize, ways: Ways) -> Option<EnteredSpan> {
        expect(site, ways);
        if span::may_be_seen::<S>() {
            // Made where it is returned: a span that is handed on costs a copy of it at each step, 12 ns in all.
            let entered = site.spoken().entered(set);
            if entered.is_some() {
                return entered;
            }
        }
        aside::<K>()
    }

    /// The same where the callsite itself knows the ways.
    #[cold]
    #[inline(never)]
    fn seldom_exact<S: Spanned, K: Callsite>(site: &'static K, set: usize) -> Option<EnteredSpan> {
        seldom::<S, K>(site, set, site.ways())
    }

    #[cold]
    #[inline(never)]
    fn seldom_alone<K: Callsite>(site: &'static K, ways: Ways) -> Option<EnteredSpan> {
        expect(site, ways);
        aside::<K>()
    }

    /// Somebody records, and so no callsite is met: the call ends with a look at that, as one that has a span.
    fn aside<K: Callsite>() -> Option<EnteredSpan> {
        K::is_aside().then(|| Span::none().entered())
    }

    if S::LEVEL.is_none() {
        return if site.is_met(ways) { None } else { seldom_alone(site, ways) };
    }
    if !span::may_be_seen::<S>() && site.is_met(ways) {
        None
    } else if K::IS_EXACT {
        seldom_exact::<S, K>(site, set)
    } else {
        seldom::<S, K>(site, set, ways)
    }
}

/// While the values of a span are evaluated: a panic there has ended the call. One that leaves the function was none.
pub struct Preparing<K: Callsite> {
    site: &'static K,
    set: usize,
}

impl<K: Callsite> Preparing<K> {
    /// From now on.
    #[inline]
    pub fn new(site: &'static K, set: usize) -> Self {
        Preparing { site, set }
    }

    /// All went well.
    #[inline]
    pub fn done(self) {
        mem::forget(self);
    }
}

impl<K: Callsite> Drop for Preparing<K> {
    #[cold]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let panicked = self.site.words().panicked;
            expect(self.site, self.site.ways());
            self.site.begin(self.set);
            // It took no time, and is none of those that are timed.
            let ticks = if K::IS_SAMPLED { UNTIMED } else { 0 };
            self.site.end(self.set, self.set, panicked, ticks, 0);
        }
    }
}

/// A call of a function whose body stays where it is, because a closure cannot stand for it.
///
/// It sees no returned value, so its words are the usual ones: the call is told as `ok`, or as `panicked` if the thread
/// began to unwind meanwhile. A call that is made while the thread unwinds already, and panics itself, is taken for
/// `ok`: nothing tells the two apart.
pub struct Inline<K: Callsite> {
    call: Option<Call<K, ()>>,
    unwinding_before: bool,
    // After the call: the span is left when the call has been counted.
    entered: Option<EnteredSpan>,
}

impl<K: Callsite> Inline<K> {
    /// The call begins now.
    #[inline]
    pub fn begin<S: Spanned>(site: &'static K, set: usize, _: S) -> Self {
        Self::entered(site, set, enter::<S, K>(site, set, Ways::of::<ReturnedAs<Status>>(false)))
    }

    /// The same, in a span that is entered, if there is one.
    #[inline]
    pub fn begin_in(site: &'static K, set: usize, entered: Option<EnteredSpan>) -> Self {
        expect(site, Ways::of::<ReturnedAs<Status>>(false));
        Self::entered(site, set, entered)
    }

    #[inline]
    fn entered(site: &'static K, set: usize, entered: Option<EnteredSpan>) -> Self {
        let call = Some(Call::begin(site, set));
        Inline { call, unwinding_before: std::thread::panicking(), entered }
    }
}

impl<K: Callsite> Drop for Inline<K> {
    #[inline]
    fn drop(&mut self) {
        let unwound = !self.unwinding_before && std::thread::panicking();
        match self.call.take() {
            Some(call) if !unwound => call.end(ReturnedAs::<Status>::new, self.entered.as_deref()),
            unwound => drop(unwound),
        }
    }
}
