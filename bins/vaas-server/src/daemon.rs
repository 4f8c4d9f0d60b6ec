//! Puts the parts together and serves until told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use vaas_core::process::ProcessDriver;
use vaas_core::{Settings, Vaas, http};
use veracruz_policy::Platform;
use veracruz_serve::{Drained, Parts, Readiness, Shutdown};

use crate::config::Config;
use crate::hosting::Hosting;
use crate::infrastructure::Infrastructure;
use crate::metrics::InstanceMetrics;

/// Time to end, after the drain, what creators left behind: an instance that does not want to end is found again and ended
/// at the next start.
const CLOSE_BOUND: Duration = Duration::from_secs(10);

/// Runs the service; returns when it was told to stop and has drained. Instances go on.
pub(crate) async fn serve(config: Config) -> anyhow::Result<Drained> {
    let Config { mut frame, infrastructure, hosting } = config;
    frame.start_logging()?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let bound = frame.bind().await?;
    warn(&infrastructure, &hosting);
    let driver = ProcessDriver::open(hosting.driver.clone()).await?;
    let settings = settings(infrastructure, hosting).await?;
    let vaas = Vaas::open(Arc::new(driver), settings).await?;
    let mut registry = Registry::with_prefix("vaas");
    registry.register_collector(Box::new(InstanceMetrics::of(&vaas)));
    let readiness = Readiness::default();
    readiness.ready();
    let drained = bound.serve(http::router(Arc::clone(&vaas)), Parts { readiness, registry, shutdown }).await;
    if tokio::time::timeout(CLOSE_BOUND, vaas.close()).await.is_err() {
        tracing::warn!("instances that nobody waits for are not ended yet; the next start ends them");
    }
    Ok(drained)
}

async fn settings(infrastructure: Infrastructure, hosting: Hosting) -> anyhow::Result<Settings> {
    let Infrastructure { attestation_server, authorities, runtime_hash_nitro, ports, host } = infrastructure;
    let mut settings = Settings::new(host, attestation_server, authorities);
    settings.ports = ports;
    settings.start_timeout = hosting.start_timeout;
    settings.max_memory_mib = hosting.max_memory_mib;
    settings.runtime_hash_nitro = runtime_hash_nitro;
    let platform = hosting.platform;
    // What the operator says is what the parties agreed on; the host compares it with its image.
    if platform == Platform::Nitro && runtime_hash_nitro.is_some() {
        return Ok(settings);
    }
    let measured = tokio::task::spawn_blocking(move || hosting.measure()).await.context("a thread failed")??;
    tracing::info!(%platform, %measured, "policies accept this runtime");
    match platform {
        Platform::Nitro => settings.runtime_hash_nitro = Some(measured),
        _ => settings.runtime_hash_linux = Some(measured),
    }
    Ok(settings)
}

fn warn(infrastructure: &Infrastructure, hosting: &Hosting) {
    if hosting.platform == Platform::Simulated {
        tracing::warn!("INSECURE: platform simulated, which protects nobody from the owner of this machine");
    }
    let host = infrastructure.host.as_str();
    let loopback =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    if hosting.address().is_loopback() && !loopback {
        tracing::warn!(
            host,
            "instances listen on loopback only, and policies name another host; see --instance-address"
        );
    }
}
