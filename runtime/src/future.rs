//! A call that may wait: from the first poll of its future to the value, the panic or the drop.

use std::cell::Cell;
use std::future::Future;
use std::panic::UnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::clock::{Busy, Stopwatch};
use crate::guard::{self, Call, Preparing};
use crate::outcome::{Told, Ways};
use crate::site::Callsite;
use crate::span::{self, MadeSpan, Spanned};

pin_project! {
    /// The future of an observed function.
    ///
    /// Nothing is counted before the first poll: a future that was never polled is not a call.
    pub struct Observed<F, S, C, K, B>
    where
        K: Callsite,
        B: Stopwatch,
    {
        site: &'static K,
        set: usize,
        opening: S,
        told: C,
        // While there is a call.
        span: Option<Span>,
        // Here between polls only. During a poll it is on the stack, so that unwinding drops it there, and a drop of
        // this future finds it if and only if the call was waiting.
        waiting: Option<Call<K, B>>,
        has_ended: bool,
        // `None` only while this is being dropped.
        #[pin]
        inner: Option<F>,
    }

    impl<F, S, C, K, B> PinnedDrop for Observed<F, S, C, K, B>
    where
        K: Callsite,
        B: Stopwatch,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(span) = this.span else { return };
            // What the future holds is dropped inside its span, as it would have been had it gone on, and in its time.
            let _entered = enter(span);
            // A value that panics while it is dropped ends the call here, in its span.
            let call = this.waiting.take();
            this.inner.set(None);
            if let Some(call) = call {
                call.cancel();
            }
        }
    }
}

/// Inside the span, unless nobody listens: then the crate `log` is not told either.
#[inline]
fn enter(span: &Span) -> Option<tracing::span::Entered<'_>> {
    (!span.is_disabled()).then(|| span.enter())
}

// Nothing of ours can be seen in a broken state from outside; so it is the inner future that decides.
impl<F: UnwindSafe, S, C, K: Callsite, B: Stopwatch> UnwindSafe for Observed<F, S, C, K, B> {}

impl<F, S, C, T, K> Observed<F, S, C, K, ()>
where
    F: Future,
    S: Opening,
    C: Fn(&F::Output) -> T,
    T: Told,
    K: Callsite,
{
    /// Wraps `inner`. `opening` gives the span at the first poll, `told` reads the outcome off the value.
    #[inline]
    pub fn new(site: &'static K, set: usize, opening: S, inner: F, told: C) -> Self {
        Observed { site, set, opening, told, span: None, waiting: None, has_ended: false, inner: Some(inner) }
    }
}

impl<F, S, C, T, K> Observed<F, S, C, K, Busy>
where
    F: Future,
    S: Opening,
    C: Fn(&F::Output) -> T,
    T: Told,
    K: Callsite,
{
    /// The same, and takes the time of its polls.
    #[inline]
    pub fn busy(site: &'static K, set: usize, opening: S, inner: F, told: C) -> Self {
        Observed { site, set, opening, told, span: None, waiting: None, has_ended: false, inner: Some(inner) }
    }
}

impl<F, S, C, T, K, B> Future for Observed<F, S, C, K, B>
where
    F: Future,
    S: Opening,
    C: Fn(&F::Output) -> T,
    T: Told,
    K: Callsite,
    B: Stopwatch,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if *this.has_ended {
            // What then happens is the body's affair.
            return this.inner.as_pin_mut().map_or(Poll::Pending, |inner| inner.poll(cx));
        }
        // Most calls have no span, and many are ready at the first poll: nothing is kept for those.
        let is_alone = this.span.is_none() && this.opening.is_off();
        // The call is dropped before the span is left, if the poll unwinds. It is made where it stays: to move it would cost
        // more than it does.
        let (entered, mut call);
        if is_alone {
            guard::expect(*this.site, Ways::of::<T>(true));
            // Until it waits: one whose first poll unwinds has ended.
            *this.has_ended = true;
            call = Some(Call::begin(*this.site, *this.set));
        } else {
            if this.span.is_none() {
                let span = if S::INSIDE && this.opening.is_wanted() {
                    let of = this.site.spoken().made;
                    let polled = this.inner.as_mut().as_pin_mut().map(|inner| receive(of, || inner.poll(cx)));
                    match polled {
                        Some(Ok(span)) => span,
                        // It did not come as far as its span: no call began.
                        Some(Err(polled)) => return polled,
                        None => return Poll::Pending,
                    }
                } else {
                    this.opening.open(*this.site, *this.set)
                };
                *this.span = Some(span);
                guard::expect(*this.site, Ways::of::<T>(true));
                *this.waiting = Some(Call::begin(this.site, *this.set));
            }
            call = this.waiting.take();
        }
        let span = this.span.as_ref();
        entered = span.and_then(enter);
        if let Some(call) = &mut call {
            call.busy.start();
        }
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = inner.poll(cx);
        if let Some(call) = &mut call {
            call.busy.stop();
        }
        match &polled {
            Poll::Pending => {
                *this.waiting = call;
                drop(entered);
                if is_alone {
                    (*this.span, *this.has_ended) = (Some(Span::none()), false);
                }
            }
            Poll::Ready(out) => {
                if let Some(call) = call {
                    call.end(|| (this.told)(out), span);
                }
                *this.has_ended = true;
                // Once more, as tracing's own futures do when they are dropped; and closed, though this may be kept.
                let was_entered = entered.is_some();
                drop(entered);
                if was_entered {
                    drop(span.and_then(enter));
                }
                if !is_alone {
                    *this.span = None;
                }
            }
        }
        polled
    }
}

/// Makes the future, by the body of a function that returns it: an `F`, or a box of one. A call that panics before there
/// is a future has ended.
#[inline]
pub fn future_of<O, F, K>(site: &'static K, set: usize, body: impl FnOnce() -> F) -> F
where
    F: Future<Output = O>,
    K: Callsite,
{
    let preparing = Preparing::new(site, set);
    let future = body();
    preparing.done();
    future
}

/// The same future, of which the compiler is told what it gives: what a `P` of it would.
#[inline]
pub fn giving_as<P: Future, F: Future<Output = P::Output>>(future: F) -> F {
    future
}

/// The same future, of which the compiler is told what it gives.
#[inline]
pub fn giving<O, F: Future<Output = O>>(future: F) -> F {
    future
}

/// Where the span of a future comes from.
pub trait Opening {
    /// Whether it is the body that opens it.
    const INSIDE: bool;
    /// Whether nobody can want to see it.
    fn is_off(&self) -> bool;
    /// Whether somebody may want to see it.
    fn is_wanted(&self) -> bool;
    /// The span, at the first poll.
    fn open<K: Callsite>(&mut self, site: &'static K, set: usize) -> Span;
}

impl<S: Spanned> Opening for S {
    const INSIDE: bool = false;

    #[inline]
    fn is_off(&self) -> bool {
        !span::may_be_seen::<S>()
    }

    #[inline]
    fn is_wanted(&self) -> bool {
        true
    }

    #[inline]
    fn open<K: Callsite>(&mut self, site: &'static K, set: usize) -> Span {
        span::open::<S, K>(site, set)
    }
}

/// It was opened when the function was called, because later the arguments are gone.
pub struct Opened(pub Option<Span>);

impl Opening for Opened {
    const INSIDE: bool = false;

    #[inline]
    fn is_off(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    fn is_wanted(&self) -> bool {
        true
    }

    #[inline]
    fn open<K: Callsite>(&mut self, _: &'static K, _: usize) -> Span {
        self.0.take().unwrap_or_else(Span::none)
    }
}

/// The body opens it, because it has the arguments, and begins with [`hand_over`]. If nobody can want to see it, nobody
/// waits for it.
pub struct Inside<S>(pub S);

impl<S: Spanned> Opening for Inside<S> {
    const INSIDE: bool = true;

    #[inline]
    fn is_off(&self) -> bool {
        !span::may_be_seen::<S>()
    }

    #[inline]
    fn is_wanted(&self) -> bool {
        // Only the level: a subscriber is asked once, by the body.
        span::may_be_seen::<S>()
    }

    #[inline]
    fn open<K: Callsite>(&mut self, _: &'static K, _: usize) -> Span {
        Span::none()
    }
}

thread_local! {
    /// Whose body is polled for its span. One that is polled while another evaluates its values keeps its own.
    static WAITING: Cell<Option<&'static MadeSpan>> = const { Cell::new(None) };
    /// A span on its way from a body to who polls it.
    static HANDED_OVER: Cell<Option<Span>> = const { Cell::new(None) };
}

/// Polls a body until it hands its span over. Or gives what the poll gave, if it did not come as far.
#[cold]
fn receive<T>(of: &'static MadeSpan, poll: impl FnOnce() -> Poll<T>) -> Result<Span, Poll<T>> {
    /// Whoever waits further out waits again, though a poll unwinds.
    struct Before(Option<&'static MadeSpan>);

    impl Drop for Before {
        fn drop(&mut self) {
            WAITING.set(self.0);
        }
    }

    // A thread that is ending has no place for it; then the body goes on without.
    if HANDED_OVER.try_with(|_| ()).is_err() {
        return Ok(Span::none());
    }
    let before = Before(WAITING.replace(Some(of)));
    let polled = poll();
    let has_come = WAITING.get().is_none();
    drop(before);
    if has_come { Ok(HANDED_OVER.take().unwrap_or_else(Span::none)) } else { Err(polled) }
}

/// Gives a span to who polls the body, which it enters from then on. It is ready at the second poll, or at the first if
/// nobody waits for it.
#[inline]
#[must_use]
pub fn hand_over<K: Callsite>(span: Option<Span>, of: &'static K) -> HandOver {
    HandOver(Some((span.unwrap_or_else(Span::none), of.spoken().made)))
}

/// See [`hand_over`].
pub struct HandOver(Option<(Span, &'static MadeSpan)>);

// It is nobody's but ours, so it is the rest of the body that decides.
impl UnwindSafe for HandOver {}

impl Future for HandOver {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some((span, of)) = self.0.take() else { return Poll::Ready(()) };
        let is_its = WAITING.get().is_some_and(|other| std::ptr::eq(of, other));
        if !is_its || HANDED_OVER.try_with(|place| place.set(Some(span))).is_err() {
            return Poll::Ready(());
        }
        WAITING.set(None);
        Poll::Pending
    }
}
