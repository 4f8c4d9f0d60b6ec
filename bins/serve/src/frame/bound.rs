//! A daemon whose socket is open.

use std::io::Write as _;
use std::net::SocketAddr;

use axum::Router;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;

use super::secrets::Secrets;
use crate::access::Access;
use crate::connection::Server;
use crate::drain::{Drained, Shutdown};
use crate::limits::Limits;
use crate::probes::{Readiness, probes};
use crate::requests::{Metrics, Watch, guarded};
use crate::run::serve_on;

/// An open socket and what is served on it; peers wait until [`Bound::serve`].
#[derive(Debug)]
pub struct Bound {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) access: Access,
    pub(super) secrets: Secrets,
    pub(super) limits: Limits,
    pub(super) hangups: Signal,
    pub(super) announced: bool,
    pub(super) secret_paths: bool,
}

/// What a daemon brings besides its router.
#[derive(Debug)]
pub struct Parts {
    /// What `/readyz` answers.
    pub readiness: Readiness,
    /// The daemon's own metrics; `/metrics` answers them and the frame's.
    pub registry: Registry,
    /// When to stop.
    pub shutdown: Shutdown,
}

impl Bound {
    /// Where peers reach the daemon, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Prints no address: for a program that serves several routers and says itself where they are.
    #[must_use]
    pub fn unannounced(mut self) -> Self {
        self.announced = false;
        self
    }

    /// Logs the route of a request in place of its path: for a router whose paths hold what only a client may know.
    #[must_use]
    pub fn with_secret_paths(mut self) -> Self {
        self.secret_paths = true;
        self
    }

    /// Serves `router` and the probes `/livez`, `/readyz` and `/metrics`, which the router must not have itself, until
    /// `parts.shutdown` asks to stop and what runs has been finished or its time is over.
    ///
    /// Around the router: request identifiers, log lines, metrics, authentication, limits. The address is printed on
    /// standard output as one line: who started the process cannot know the port when it asked for port 0.
    pub async fn serve(self, router: Router, parts: Parts) -> Drained {
        let Parts { readiness, registry, shutdown } = parts;
        let metrics = Metrics::default();
        let router = router.merge(probes(readiness, [metrics.registry(), registry]));
        let watch = Watch { metrics: metrics.clone(), secret_paths: self.secret_paths };
        let router = guarded(router, &self.limits, self.access, watch);
        let tls = self.secrets.tls.as_ref().map(|(_, config)| config.clone());
        tracing::info!(address = %self.address, tls = tls.is_some(), "listening");
        if self.announced {
            announce(self.address);
        }
        let server = Server { router, tls, limits: self.limits, metrics };
        tokio::select! {
            drained = serve_on(self.listener, server, shutdown) => drained,
            () = self.secrets.reload_on(self.hangups) => Drained::Clean,
        }
    }
}

fn announce(address: SocketAddr) {
    let mut out = std::io::stdout();
    // Nobody may be reading; the log has it too.
    let _ = writeln!(out, "{address}").and_then(|()| out.flush());
}
