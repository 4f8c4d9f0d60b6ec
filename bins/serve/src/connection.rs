//! One connection, from its handshake to its end.
//!
//! HTTP/1.1 only: it is all that the clients of the old services speak, and its state per connection is small and
//! bounded. A connection whose peer does nothing ends by itself, whatever stage it is in.

mod lease;
mod steady;

use std::pin::pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use self::lease::Lease;
use self::steady::Steady;
use crate::Shutdown;
use crate::access::Peer;
use crate::limits::{HEADER_BYTES, HEADERS, Limits};
use crate::requests::Metrics;

/// What every connection of a daemon is served with.
pub(crate) struct Server {
    /// The routes, with all that stands around them.
    pub(crate) router: Router,
    /// The current certificate and its key; none serves plain HTTP.
    pub(crate) tls: Option<Arc<ArcSwap<ServerConfig>>>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
}

impl Server {
    /// Serves one connection to its end. A request that runs when `shutdown` asks to stop is finished.
    pub(crate) async fn serve(&self, stream: TcpStream, mut shutdown: Shutdown) {
        let _counted = self.metrics.connection();
        // Answers are small and written whole: to wait for more would only delay them. Without it they still arrive.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_stall));
        let stream = Steady::new(Box::pin(stream), self.limits.write_rate, self.limits.write_window);
        let Some(config) = &self.tls else {
            return self.http(stream, Peer::unknown(), shutdown).await;
        };
        let handshake = TlsAcceptor::from(config.load_full()).accept(stream);
        let handshake = tokio::time::timeout(self.limits.handshake_timeout, handshake);
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            // Nothing was asked yet, so nothing is lost.
            () = shutdown.draining() => return,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let peer = Peer::of(stream.get_ref().1);
                self.http(stream, peer, shutdown).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn http(&self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, mut shutdown: Shutdown) {
        let lease = Arc::new(Lease::begin(&self.limits));
        let router = self.router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request
        });
        let router = router.map_response(move |response| lease.use_up(response));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
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
    }
}
