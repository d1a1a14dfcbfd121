//! Bodies that are counted as they go by.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::middleware::Running;
use super::{Outcome, RequestMetrics};

/// The bytes of a frame.
fn len<D: bytes::Buf>(frame: &Frame<D>) -> u64 {
    frame.data_ref().map_or(0, |data| data.remaining() as u64)
}

pin_project! {
    /// The body of a request, as the service below sees it.
    #[derive(Debug)]
    pub struct Taken<B> {
        #[pin]
        body: B,
        bytes: Arc<AtomicU64>,
    }
}

impl<B> Taken<B> {
    pub(super) fn new(body: B, bytes: Arc<AtomicU64>) -> Self {
        Taken { body, bytes }
    }
}

impl<B: Body> Body for Taken<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            // Relaxed is enough: it is read when the request has ended.
            this.bytes.fetch_add(len(frame), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// The body of an answer: with its last byte the request has ended, and if it is dropped before, its client has gone away.
    pub struct Counted<B, M: RequestMetrics> {
        #[pin]
        body: B,
        // Until it has ended.
        running: Option<Running<M>>,
        // What was announced and is to come; a server may stop when it has that.
        left: Option<u64>,
        // Somebody has asked for it.
        is_asked: bool,
        // Nothing is to come.
        is_done: bool,
    }

    impl<B, M: RequestMetrics> PinnedDrop for Counted<B, M> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(running) = this.running.take() {
                // A server asks for it at once. If nobody has, a layer above had no use for it: an error page of its own, say.
                let is_whole = *this.is_done || !*this.is_asked;
                running.end(if is_whole { None } else { Some(Outcome::Cancelled) });
            }
        }
    }
}

impl<B: Body, M: RequestMetrics> Counted<B, M> {
    /// `announced`: what the header says of its length. `is_empty`: nobody will read it, whatever is in it.
    pub(super) fn new(body: B, running: Running<M>, announced: Option<u64>, is_empty: bool) -> Self {
        let left = body.size_hint().exact().or(announced);
        let is_done = is_empty || left == Some(0) || body.is_end_stream();
        Counted { body, running: Some(running), left, is_asked: false, is_done }
    }
}

impl<B: Body, M: RequestMetrics> Body for Counted<B, M> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        *this.is_asked = true;
        let Some(running) = this.running else { return this.body.poll_frame(context) };
        let frame = ready!(running.polling(|| this.body.as_mut().poll_frame(context)));
        let failed = match &frame {
            Some(Ok(frame)) => {
                let bytes = len(frame);
                running.response_bytes += bytes;
                *this.left = this.left.map(|left| left.saturating_sub(bytes));
                None
            }
            Some(Err(_)) => Some(Outcome::Failed),
            None => None,
        };
        *this.is_done |= frame.is_none() || *this.left == Some(0) || this.body.is_end_stream();
        if frame.is_none() || failed.is_some() {
            if let Some(running) = this.running.take() {
                running.end(failed);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
