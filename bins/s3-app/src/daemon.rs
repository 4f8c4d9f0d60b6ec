//! Puts the parts together and serves until told to stop.

use std::time::Duration;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use s3_app_core::{Machine, S3App, Settings, http};
use veracruz_serve::{Drained, Parts, Readiness, Shutdown};

use crate::config::Config;
use crate::metrics::CopyMetrics;

/// Time for jobs to end after the drain. They end at once, but for those whose last bytes wait for an answer; and all of
/// them end with the process.
const CLOSE_BOUND: Duration = Duration::from_secs(3);

/// Runs the service; returns when it was told to stop and has drained.
pub(crate) async fn serve(config: Config) -> anyhow::Result<Drained> {
    let Config { mut frame, settings } = config;
    frame.start_logging()?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let bound = frame.bind().await?;
    warn(&settings);
    let app = S3App::open(settings).await;
    let mut registry = Registry::with_prefix("s3_app");
    registry.register_collector(Box::new(CopyMetrics::of(&app)));
    let readiness = Readiness::default();
    readiness.ready();
    let parts = Parts { readiness, registry, shutdown };
    // Whoever knows the name of a job may cancel it, so names stay out of the log.
    let drained = bound.with_secret_paths().serve(http::router(app.clone()), parts).await;
    if tokio::time::timeout(CLOSE_BOUND, app.close()).await.is_err() {
        tracing::warn!("jobs are at their very end and are not waited for");
    }
    Ok(drained)
}

fn warn(settings: &Settings) {
    if settings.trust.allows_simulated() {
        tracing::warn!("INSECURE: instances of the simulated platform are accepted, which protects nobody");
    }
    if settings.storage.endpoint.as_ref().is_some_and(|endpoint| !endpoint.is_private()) {
        tracing::warn!("INSECURE: plain HTTP to S3: objects and session tokens travel where others may read them");
    }
    if matches!(settings.storage.machine, Machine::Chain) {
        tracing::info!("requests without credentials are signed with this machine's own, if it has some");
    }
}
