//! What tracing's tests use of a crate that tracing does not publish.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

/// Is ready at the poll of this number.
pub struct PollN {
    ready_at: usize,
    polls: usize,
}

impl PollN {
    pub fn new_ok(ready_at: usize) -> Self {
        PollN { ready_at, polls: 0 }
    }
}

impl Future for PollN {
    type Output = Result<(), ()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls += 1;
        if self.polls == self.ready_at {
            return Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Polls until it is ready.
pub fn block_on_future<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Nobody).into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return out;
        }
    }
}
