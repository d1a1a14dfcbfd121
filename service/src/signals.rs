//! When somebody wants the program to end, and how long that may take.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

/// Until somebody wants the program to end: `SIGTERM` from an orchestrator, `SIGINT` from a keyboard.
///
/// ```no_run
/// # async fn of_main(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// axum::serve(listener, app).with_graceful_shutdown(tallied_service::terminated()).await
/// # }
/// ```
///
/// Listens from the call on within a runtime of `tokio`, and else from its first poll on, which must be in one. From then on these
/// signals do not end the program by themselves, a second one neither. Where they cannot be listened to, it never ends.
///
/// A program without a runtime of its own waits so:
///
/// ```no_run
/// # fn of_main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// runtime.block_on(tallied_service::terminated());
/// # Ok(())
/// # }
/// ```
pub fn terminated() -> impl Future<Output = ()> + Send + 'static {
    // From now on, and not from the first poll on; but outside of a runtime nothing can be listened to yet.
    #[cfg(unix)]
    let listen = || {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok())
    };
    #[cfg(unix)]
    let listening = tokio::runtime::Handle::try_current().ok().map(|_| listen());
    async move {
        #[cfg(unix)]
        {
            let wait = async |signal: Option<tokio::signal::unix::Signal>| match signal {
                Some(mut signal) => signal.recv().await,
                None => std::future::pending().await,
            };
            let [terminate, interrupt] = listening.unwrap_or_else(listen);
            tokio::select! {
                _ = wait(terminate) => {}
                _ = wait(interrupt) => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Serves until `end` is done, and then at most `limit` longer.
///
/// A server that shuts down gracefully waits for every request, one that was sent by half, too: without a limit a single client
/// keeps the program from ending. `serve` is given the future that such a server waits for. What it gives is given back; `None`,
/// and a warning, if requests were not done in time: they are dropped with the server.
///
/// ```no_run
/// # async fn of_main(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// use std::time::Duration;
/// use tallied_service::{serve_until, terminated};
///
/// let served = serve_until(terminated(), Duration::from_secs(10), |end| {
///     axum::serve(listener, app).with_graceful_shutdown(end)
/// });
/// served.await.unwrap_or(Ok(()))
/// # }
/// ```
///
/// In a runtime of `tokio`, with its timers.
pub async fn serve_until<S: IntoFuture>(
    end: impl Future<Output = ()>,
    limit: Duration,
    serve: impl FnOnce(Ending) -> S,
) -> Option<S::Output> {
    let (tell, told) = oneshot::channel();
    let asked = async {
        end.await;
        // It may have ended by itself.
        let _ = tell.send(());
        tokio::time::sleep(limit).await;
    };
    tokio::select! {
        served = serve(Ending(told)).into_future() => Some(served),
        () = asked => {
            tracing::warn!(limit_ms = limit.as_millis(), "requests are not done, and the server ends");
            None
        }
    }
}

/// Done when a server is to take no more requests: see [`serve_until`].
#[derive(Debug)]
#[must_use = "a server waits for it"]
pub struct Ending(oneshot::Receiver<()>);

impl Future for Ending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context).map(drop)
    }
}
