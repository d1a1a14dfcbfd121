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
/// Where signals cannot be listened to, it never ends.
pub fn terminated() -> impl Future<Output = ()> + Send + 'static {
    // From now on, and not from the first poll on.
    #[cfg(unix)]
    let listening = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok())
    };
    async move {
        #[cfg(unix)]
        {
            let wait = async |signal: Option<tokio::signal::unix::Signal>| match signal {
                Some(mut signal) => signal.recv().await,
                None => std::future::pending().await,
            };
            let [terminate, interrupt] = listening;
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
