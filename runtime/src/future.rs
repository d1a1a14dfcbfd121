//! A call that may wait: from the first poll of its future to the value, the panic or the drop.

use std::cell::Cell;
use std::future::Future;
use std::mem;
use std::panic::UnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::clock::{Busy, Stopwatch};
use crate::guard::Call;
use crate::outcome::{Told, Ways};
use crate::site::Callsite;
use crate::span::{self, Spanned};

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
        // `None` until the first poll.
        span: Option<Span>,
        // Here between polls only. During a poll it is on the stack, so that unwinding drops it there, and a drop of
        // this future finds it if and only if the call was waiting.
        waiting: Option<Call<K, B>>,
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
            let _entered = span.enter();
            this.inner.set(None);
            if let Some(call) = this.waiting.take() {
                call.cancel();
            }
        }
    }
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
        Observed { site, set, opening, told, span: None, waiting: None, inner: Some(inner) }
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
        Observed { site, set, opening, told, span: None, waiting: None, inner: Some(inner) }
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
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        if this.span.is_none() {
            match this.opening.open(*this.set, || inner.as_mut().poll(cx)) {
                Ok(span) => *this.span = Some(span),
                // It did not come as far as its span: no call began.
                Err(polled) => return polled,
            }
            *this.waiting = Some(Call::begin(this.site, *this.set, Ways::of::<T>(true)));
        }
        let _entered = this.span.as_ref().map(Span::enter);
        // Dropped before the span is left, if the poll unwinds.
        let mut call = this.waiting.take();
        if let Some(call) = &mut call {
            call.busy.start();
        }
        let polled = inner.poll(cx);
        if let Some(call) = &mut call {
            call.busy.stop();
        }
        match &polled {
            Poll::Pending => *this.waiting = call,
            Poll::Ready(out) => {
                if let (Some(call), Some(span)) = (call, this.span.as_ref()) {
                    call.end(|| (this.told)(out), Some(span));
                }
            }
        }
        polled
    }
}

/// Makes the future, by the body of a function that returns it: an `F`, or a box of one. A call that panics before there
/// is a future has ended.
#[inline]
pub fn future_of<O, F: Future<Output = O>, K: Callsite>(site: &'static K, set: usize, body: impl FnOnce() -> F) -> F {
    let unwinds = Unwinds { site, set };
    let future = body();
    mem::forget(unwinds);
    future
}

struct Unwinds<K: Callsite> {
    site: &'static K,
    set: usize,
}

impl<K: Callsite> Drop for Unwinds<K> {
    #[cold]
    fn drop(&mut self) {
        let panicked = self.site.words().panicked;
        self.site.begin(self.set, Ways::only(panicked));
        self.site.end(self.set, self.set, panicked, 0, 0);
    }
}

/// Where the span of a future comes from.
pub trait Opening {
    /// The span. `poll` polls the body for the first time, if it is the body that opens it.
    ///
    /// # Errors
    ///
    /// What that poll gave, if the body did not come as far as its span.
    fn open<T>(&mut self, set: usize, poll: impl FnOnce() -> Poll<T>) -> Result<Span, Poll<T>>;
}

impl<S: Spanned> Opening for S {
    #[inline]
    fn open<T>(&mut self, set: usize, _: impl FnOnce() -> Poll<T>) -> Result<Span, Poll<T>> {
        Ok(span::open(self, set))
    }
}

/// It was opened when the function was called, because later the arguments are gone.
pub struct Opened(pub Span);

impl Opening for Opened {
    #[inline]
    fn open<T>(&mut self, _: usize, _: impl FnOnce() -> Poll<T>) -> Result<Span, Poll<T>> {
        Ok(mem::replace(&mut self.0, Span::none()))
    }
}

/// The body opens it, because it has the arguments: it begins with [`hand_over`].
pub struct Inside;

thread_local! {
    /// A span on its way from a body to who polls it.
    static HANDED_OVER: Cell<Option<Span>> = const { Cell::new(None) };
}

impl Opening for Inside {
    #[inline]
    fn open<T>(&mut self, _: usize, poll: impl FnOnce() -> Poll<T>) -> Result<Span, Poll<T>> {
        let polled = poll();
        match HANDED_OVER.try_with(Cell::take) {
            Ok(Some(span)) => Ok(span),
            // A thread that is ending has no place for it.
            Err(_) if polled.is_pending() => Ok(Span::none()),
            Ok(None) | Err(_) => Err(polled),
        }
    }
}

/// Gives a span to who polls the body, which it enters from then on. It is ready at the second poll.
#[inline]
#[must_use]
pub fn hand_over(span: Span) -> HandOver {
    HandOver(Some(span))
}

/// See [`hand_over`].
pub struct HandOver(Option<Span>);

// It is nobody's but ours, so it is the rest of the body that decides.
impl UnwindSafe for HandOver {}

impl Future for HandOver {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(span) = self.0.take() else { return Poll::Ready(()) };
        let _ = HANDED_OVER.try_with(|place| place.set(Some(span)));
        Poll::Pending
    }
}
