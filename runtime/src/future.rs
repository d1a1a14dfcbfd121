//! A call that may wait: from the first poll of its future to the value, the panic or the drop.

use std::future::Future;
use std::panic::UnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::guard::Call;
use crate::outcome::{Told, Ways};
use crate::site::Callsite;
use crate::span::{self, Spanned};

pin_project! {
    /// The future of an observed function.
    ///
    /// Nothing is counted before the first poll: a future that was never polled is not a call.
    pub struct Observed<F, S, C, K>
    where
        K: Callsite,
    {
        site: &'static K,
        set: usize,
        spanned: S,
        told: C,
        // `None` until the first poll.
        span: Option<Span>,
        // Here between polls only. During a poll it is on the stack, so that unwinding drops it there, and a drop of
        // this future finds it if and only if the call was waiting.
        waiting: Option<Call<K>>,
        // `None` only while this is being dropped.
        #[pin]
        inner: Option<F>,
    }

    impl<F, S, C, K> PinnedDrop for Observed<F, S, C, K>
    where
        K: Callsite,
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
impl<F: UnwindSafe, S, C, K: Callsite> UnwindSafe for Observed<F, S, C, K> {}

impl<F, S, C, T, K> Observed<F, S, C, K>
where
    F: Future,
    S: Spanned,
    C: Fn(&F::Output) -> T,
    T: Told,
    K: Callsite,
{
    /// Wraps `inner`. `spanned` says its span, which is opened at the first poll; `told` reads the outcome off the value.
    #[inline]
    pub fn new(site: &'static K, set: usize, spanned: S, inner: F, told: C) -> Self {
        Observed { site, set, spanned, told, span: None, waiting: None, inner: Some(inner) }
    }
}

impl<F, S, C, T, K> Future for Observed<F, S, C, K>
where
    F: Future,
    S: Spanned,
    C: Fn(&F::Output) -> T,
    T: Told,
    K: Callsite,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.span.is_none() {
            *this.span = Some(span::open(this.spanned, *this.set));
            *this.waiting = Some(Call::begin(this.site, *this.set, Ways::of::<T>(true)));
        }
        let call = this.waiting.take();
        let _entered = this.span.as_ref().map(Span::enter);
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        let polled = inner.poll(cx);
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
