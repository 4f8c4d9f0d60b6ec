//! Serves a router on a socket, within limits, until it is told to stop.
//!
//! HTTP/1.1 only: it is all that the clients of the old services speak, and its state per connection is small and
//! bounded. Limits apply before a router sees a byte; a router may set a smaller body limit of its own.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::{Drained, Shutdown};

/// Connections open at once. Further ones wait in the system's backlog; well under the usual 1,024 file descriptors of
/// a process, so that files can still be opened when all are taken.
pub const CONNECTIONS: usize = 512;
/// Time for a request's header to arrive, and for the next request on an idle connection: enough for a slow link, and
/// what a silent peer can hold a connection for.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole request, its body included, until the response begins.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a request's header. The clients send a few hundred; bearer tokens may take some thousand.
pub const HEADER_BYTES: usize = 16 * 1024;
/// Header lines of a request.
pub const HEADERS: usize = 64;
/// Bytes of a request's body where the router says nothing else: policies with many certificates stay under it.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Time to finish what runs: five seconds under the 30 that Kubernetes waits before it kills.
pub const DRAIN_BOUND: Duration = Duration::from_secs(25);

/// What peers may take from a daemon. The defaults are this module's constants.
#[derive(Clone, Debug)]
pub struct Limits {
    /// See [`CONNECTIONS`].
    pub connections: usize,
    /// See [`HEADER_TIMEOUT`].
    pub header_timeout: Duration,
    /// See [`REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// See [`BODY_BYTES`].
    pub body_bytes: usize,
    /// See [`DRAIN_BOUND`].
    pub drain_bound: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: CONNECTIONS,
            header_timeout: HEADER_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
            body_bytes: BODY_BYTES,
            drain_bound: DRAIN_BOUND,
        }
    }
}

/// Serves `router` on `listener` until `shutdown` asks to stop, then finishes what runs within `limits.drain_bound`.
///
/// The socket is closed before the drain begins, so a new instance can take over the address. A panic in a handler
/// answers that one request with 500.
pub async fn run(listener: TcpListener, router: Router, mut shutdown: Shutdown, limits: &Limits) -> Drained {
    let router = guarded(router, limits);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.draining() => break,
            Some(_) = connections.join_next() => {}
            Some((stream, slot)) = accept(&listener, &slots) => {
                let timeout = limits.header_timeout;
                connections.spawn(serve(stream, slot, router.clone(), timeout, shutdown.clone()));
            }
        }
    }
    drop(listener);
    drain(connections, shutdown, limits.drain_bound).await
}

fn guarded(router: Router, limits: &Limits) -> Router {
    router
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.request_timeout))
        .layer(CatchPanicLayer::new())
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Out of file descriptors, most likely: without a pause this loop would spin until one is free.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn serve(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    router: Router,
    header_timeout: Duration,
    mut shutdown: Shutdown,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(slot);
}

async fn drain(mut connections: JoinSet<()>, mut shutdown: Shutdown, bound: Duration) -> Drained {
    while connections.try_join_next().is_some() {}
    tracing::info!(connections = connections.len(), bound_seconds = bound.as_secs(), "draining");
    let bound = tokio::time::sleep(bound);
    let mut bound = pin!(bound);
    let drained = loop {
        tokio::select! {
            biased;
            joined = connections.join_next() => if joined.is_none() { break Drained::Clean },
            () = shutdown.ended() => break Drained::Cut(connections.len()),
            () = bound.as_mut() => break Drained::BoundPassed(connections.len()),
        }
    };
    connections.shutdown().await;
    drained
}
