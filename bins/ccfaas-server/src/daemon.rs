//! Puts the parts together and serves until told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ccfaas_core::adapters::{SessionProvisioner, VaasService};
use ccfaas_core::{Blobs, Ccfaas, Outlook, Ports, Settings, SqliteStore, SystemClock, http};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use veracruz_client::rest::VaasClient;
use veracruz_serve::{Drained, Parts, Readiness, Shutdown, StateFolder};

use crate::config::Config;
use crate::metrics::ServiceMetrics;

/// Time to take back, after the drain, what is not finished; the next start does the rest. With the drain it stays below
/// the 30 seconds that Kubernetes waits before it kills.
const CLOSE_BOUND: Duration = Duration::from_secs(4);

/// Runs the service; returns when it was told to stop and has drained. Instances go on.
pub(crate) async fn serve(mut config: Config) -> anyhow::Result<Drained> {
    config.frame.start_logging()?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let state = StateFolder::open(&config.state)?;
    let bound = config.frame.bind().await?;
    if config.trust.allows_simulated() {
        tracing::warn!("INSECURE: functions are loaded into simulated instances too, which protect nobody");
    }
    let service = open(config, &state).await?;

    let mut registry = Registry::with_prefix("ccfaas");
    registry.register_collector(Box::new(ServiceMetrics::of(&service)));
    let readiness = Readiness::default();
    tokio::spawn(tell(service.outlook(), readiness.clone()));
    tokio::spawn(service.clone().watch());
    let drained = bound.serve(http::router(service.clone()), Parts { readiness, registry, shutdown }).await;
    if tokio::time::timeout(CLOSE_BOUND, service.close()).await.is_err() {
        tracing::warn!("what is not finished is not taken back yet; the next start does that");
    }
    Ok(drained)
}

async fn open(config: Config, state: &StateFolder) -> anyhow::Result<Arc<Ccfaas>> {
    let loader = config.loader.open(state.path())?;
    let mut settings = Settings::new(config.instance_id, loader.certificate().clone());
    (settings.limits, settings.times, settings.take_over) = (config.limits, config.times, config.take_over);
    tracing::info!(vaas = config.vaas.url(), loader = %settings.loader.fingerprint(), "functions are loaded as this loader");
    // The service bounds each call itself; the longest is the creation.
    let vaas = config.vaas.timeout(settings.times.create.max(settings.times.delete));
    let (database, contents) = (state.file("ccfaas.sqlite"), state.file("contents"));
    let opened =
        tokio::task::spawn_blocking(move || anyhow::Ok((SqliteStore::open(&database)?, Blobs::in_folder(&contents)?)));
    let (store, blobs) = opened.await.context("a thread failed")??;
    let ports = Ports {
        store: Arc::new(store),
        blobs,
        instances: Arc::new(VaasService::new(VaasClient::new(vaas))),
        provisioner: Arc::new(SessionProvisioner::new(loader, config.trust)),
        clock: Arc::new(SystemClock),
    };
    Ok(Ccfaas::open(ports, settings).await?)
}

/// Tells the probe, and the log, whether the service can do its work, until the service is gone.
async fn tell(mut outlook: watch::Receiver<Outlook>, readiness: Readiness) {
    loop {
        let now = *outlook.borrow_and_update();
        match reason(now) {
            None => readiness.ready(),
            Some(reason) => {
                readiness.not_ready(reason);
                if now != Outlook::Unknown {
                    tracing::warn!("not ready: {reason}");
                }
            }
        }
        if outlook.changed().await.is_err() {
            return;
        }
    }
}

/// Why the service cannot do its work, and what to do.
fn reason(outlook: Outlook) -> Option<&'static str> {
    match outlook {
        Outlook::Good => None,
        Outlook::Unknown => Some("VaaS was not asked yet what an earlier life has left there"),
        Outlook::NoVaas => Some("VaaS cannot be reached, or does not list its instances; the log says why"),
        Outlook::NoStore => Some("the state folder fails; the log says why"),
        Outlook::Strangers => Some(
            "VaaS has instances under this --vaas-instance-id that this state folder never knew: give the service an id of \
             its own, or the folder that knows them, or end them by starting it with --take-over",
        ),
    }
}
