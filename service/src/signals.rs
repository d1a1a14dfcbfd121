//! When somebody wants the program to end.

use std::future::Future;

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
