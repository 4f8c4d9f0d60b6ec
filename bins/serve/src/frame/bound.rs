//! A daemon whose socket is open.

use std::io::Write as _;
use std::net::SocketAddr;

use axum::Router;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::drain::{Drained, Shutdown};
use crate::probes::{Readiness, probes};
use crate::run::{Limits, run};

/// An open socket and what is served on it; peers wait until [`Bound::serve`].
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
    announced: bool,
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
    pub(super) fn new(listener: TcpListener, address: SocketAddr, limits: Limits) -> Self {
        Bound { listener, address, limits, announced: true }
    }

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

    /// Serves `router` and the probes `/livez`, `/readyz` and `/metrics`, which the router must not have itself, until
    /// `parts.shutdown` asks to stop and what runs has been finished or its time is over.
    ///
    /// The address is printed on standard output as one line: who started the process cannot know the port when it asked
    /// for port 0.
    pub async fn serve(self, router: Router, parts: Parts) -> Drained {
        let Parts { readiness, registry, shutdown } = parts;
        let router = router.merge(probes(readiness, shutdown.clone(), registry));
        tracing::info!(address = %self.address, "listening");
        if self.announced {
            announce(self.address);
        }
        run(self.listener, router, shutdown, &self.limits).await
    }
}

fn announce(address: SocketAddr) {
    let mut out = std::io::stdout();
    // Nobody may be reading; the log has it too.
    let _ = writeln!(out, "{address}").and_then(|()| out.flush());
}
