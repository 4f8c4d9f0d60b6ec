//! Puts the parts together and serves until told to stop.

use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use veracruz_attestation::service::http::{Ports, router};
use veracruz_attestation::service::{ProxyService, SystemRandom};
use veracruz_serve::{Drained, Frame, Parts, Readiness, Shutdown, logging};

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

    // A path names a session, which is good for one certificate: it is for the instance alone.
    let bound = Frame::plain(config.exposure).bind().await?.with_secret_paths();
    tokio::spawn(measurements.reload_on(hangups));
    let ports = Ports { clock: Arc::new(OffsetDateTime::now_utc), random: Arc::new(SystemRandom::new()), journal };
    Ok(bound.serve(router(service, ports), Parts { readiness, registry, shutdown }).await)
}
