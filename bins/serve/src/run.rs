//! Accepts connections and serves them, until told to stop; then finishes what runs.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::access::Access;
use crate::connection::Server;
use crate::limits::Limits;
use crate::requests::{Metrics, Watch, guarded};
use crate::{Drained, Shutdown};

/// Serves `router` as plain HTTP on `listener` until `shutdown` asks to stop, then finishes what runs within
/// `limits.drain_bound`. For a program with a listener of its own: there are no probes and nobody is asked who they are.
///
/// The socket is closed before the drain begins, so a new instance can take over the address. A panic in a handler
/// answers that one request with 500.
pub async fn run(listener: TcpListener, router: Router, shutdown: Shutdown, limits: &Limits) -> Drained {
    let metrics = Metrics::default();
    let watch = Watch { metrics: metrics.clone(), secret_paths: false };
    let router = guarded(router, limits, Access::unasked(), watch);
    serve_on(listener, Server { router, tls: None, limits: limits.clone(), metrics }, shutdown).await
}

/// As [`run`], with everything around the router given.
pub(crate) async fn serve_on(listener: TcpListener, server: Server, mut shutdown: Shutdown) -> Drained {
    let bound = server.limits.drain_bound;
    let slots = Arc::new(Semaphore::new(server.limits.connections));
    let server = Arc::new(server);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.draining() => break,
            Some(_) = connections.join_next() => {}
            Some((stream, slot)) = accept(&listener, &slots) => {
                let (server, shutdown) = (Arc::clone(&server), shutdown.clone());
                connections.spawn(async move {
                    server.serve(stream, shutdown).await;
                    drop(slot);
                });
            }
        }
    }
    drop(listener);
    drain(connections, shutdown, bound).await
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
