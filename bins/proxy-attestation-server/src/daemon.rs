//! Puts the parts together and serves until told to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use veracruz_attestation::service::http::{Ports, router};
use veracruz_attestation::service::{ProxyService, SystemRandom};
use veracruz_serve::{Drained, Limits, Readiness, Shutdown, logging, probes, run};

use crate::config::Config;
use crate::journal::DaemonJournal;
use crate::measurements::MeasurementsFile;
use crate::{authority, trust};

/// Runs the server; returns when it was told to stop and has drained.
pub(crate) async fn serve(config: Config) -> anyhow::Result<Drained> {
    logging::start(config.logging)?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let hangups = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;

    let authority = authority::open(&config.authority, OffsetDateTime::now_utc())?;
    let trust = trust::read(config.simulated_root.as_deref())?;
    let service = Arc::new(ProxyService::new(authority, trust));
    let mut registry = Registry::with_prefix("proxy_attestation");
    let journal = Arc::new(DaemonJournal::new(&mut registry, service.clone()));
    let readiness = Readiness::default();
    let measurements = MeasurementsFile::new(config.measurements, service.clone(), readiness.clone(), &mut registry);
    measurements.load()?;

    let listener = config.exposure.bind().await?;
    let address = listener.local_addr().context("the socket has no address")?;
    if config.exposure.is_open() {
        tracing::warn!(%address, "INSECURE: plain HTTP without authentication where other machines can reach it");
    }
    tokio::spawn(measurements.reload_on(hangups));
    let ports = Ports { clock: Arc::new(OffsetDateTime::now_utc), random: Arc::new(SystemRandom::new()), journal };
    let router = router(service, ports).merge(probes(readiness, shutdown.clone(), registry));
    announce(address);
    Ok(run(listener, router, shutdown, &Limits::default()).await)
}

/// One line for the program that started this one: it cannot know the port when it asked for port 0.
fn announce(address: SocketAddr) {
    tracing::info!(%address, "listening");
    let mut out = std::io::stdout();
    // Nobody may be reading; the log has it too.
    let _ = writeln!(out, "{address}").and_then(|()| out.flush());
}
