//! A server for programs that have none.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};

use crate::http::Endpoints;

/// So long a connection may take to say what it wants.
const HEAD: Duration = Duration::from_secs(10);

/// So long a connection may take in all.
const CONNECTION: Duration = Duration::from_secs(60);

/// So long answers may take that are on their way when it shuts down.
const LAST: Duration = Duration::from_secs(5);

/// The most connections at once; more wait.
const MOST: usize = 1024;

/// The server cannot begin.
///
/// `Debug` writes the same as `Display`: it is what a `main` that returns it shows.
#[non_exhaustive]
pub enum ServeError {
    /// It cannot listen at this address.
    Bind(String, io::Error),
    /// Its thread cannot be started.
    Thread(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Bind(address, why) => {
                write!(f, "cannot listen at {address}: {why}; name another address, or port 0 for any free one")
            }
            ServeError::Thread(why) => write!(f, "the thread of the server cannot be started: {why}"),
        }
    }
}

impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Its text has the cause in it.
impl std::error::Error for ServeError {}

/// Serves `/metrics`, and the rest of [`Endpoints`], from a thread of its own: for programs that have no server, `async` or
/// not.
///
/// ```
/// let server = tallied_service::serve_metrics("127.0.0.1:0")?;
/// println!("curl http://{}/metrics", server.address());
/// server.shut_down();
/// # Ok::<(), tallied_service::ServeError>(())
/// ```
///
/// # Errors
///
/// An address that it cannot listen at: see [`ServeError`].
pub fn serve_metrics(address: impl ToSocketAddrs + fmt::Debug) -> Result<Server, ServeError> {
    serve(address, Endpoints::new())
}

/// The same with endpoints of one's own.
///
/// # Errors
///
/// As [`serve_metrics`].
pub fn serve(address: impl ToSocketAddrs + fmt::Debug, endpoints: Endpoints) -> Result<Server, ServeError> {
    let said = format!("{address:?}");
    let bind = |address| -> io::Result<_> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = bind(address).map_err(|why| ServeError::Bind(said, why))?;
    let runtime =
        Builder::new_current_thread().enable_all().max_blocking_threads(64).build().map_err(ServeError::Thread)?;
    let (stop, stopped) = oneshot::channel();
    let run = move || {
        runtime.block_on(accept(listener, endpoints, stopped));
        // A scrape that never ends must not keep the program.
        runtime.shutdown_background();
    };
    let thread = thread::Builder::new().name("tallied-serve".into()).spawn(run).map_err(ServeError::Thread)?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

/// A server that runs. It shuts down when this is dropped.
#[derive(Debug)]
#[must_use = "the server shuts down when this is dropped"]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, and comes back when those that there are have their answers, or after 5 seconds.
    pub fn shut_down(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, endpoints: Endpoints, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let (endpoints, room, graceful) = (Arc::new(endpoints), Arc::new(Semaphore::new(MOST)), GracefulShutdown::new());
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let next = async {
            let permit = room.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            _ = &mut stopped => break,
            next = next => next,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, say: it may get better.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let endpoints = endpoints.clone();
        let respond = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let endpoints = endpoints.clone();
            async move {
                let (request, _) = request.into_parts();
                let answer = endpoints.respond(request).await.map(|body| Full::new(Bytes::from(body)));
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            // One request a connection, which has an end: a client that does not read holds no place for ever.
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), respond);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // What a client does wrong is between it and the protocol.
            let _ = tokio::time::timeout(CONNECTION, connection).await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST, graceful.shutdown()).await;
}
