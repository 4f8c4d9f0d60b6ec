//! What the service did, as log lines and as metrics.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;
use veracruz_attestation::service::{Event, Journal, ProxyService};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnPlatform {
    platform: &'static str,
}

/// Counts and logs. No count is by anything that a client chooses, so their number stays bounded.
pub(crate) struct DaemonJournal {
    started: Counter,
    issued: Family<OnPlatform, Counter>,
    refused: Family<Code, Counter>,
    failed: Counter,
}

impl DaemonJournal {
    pub(crate) fn new(registry: &mut Registry, service: Arc<ProxyService>) -> Self {
        let journal = DaemonJournal {
            started: Counter::default(),
            issued: Family::default(),
            refused: Family::default(),
            failed: Counter::default(),
        };
        registry.register("sessions_started", "Nonces handed out", journal.started.clone());
        registry.register("certificates_issued", "Certificates issued", journal.issued.clone());
        registry.register("refusals", "Requests refused", journal.refused.clone());
        registry.register("failures", "Requests that failed inside the server", journal.failed.clone());
        registry.register_collector(Box::new(LiveSessions(service)));
        journal
    }
}

impl Journal for DaemonJournal {
    fn record(&self, event: &Event<'_>) {
        match event {
            Event::SessionStarted => {
                self.started.inc();
                tracing::debug!("session started");
            }
            Event::CertificateIssued { platform, measurement, module_id } => {
                self.issued.get_or_create(&OnPlatform { platform: platform.name() }).inc();
                if platform.is_isolated() {
                    tracing::info!(%platform, measurement, module_id, "certificate issued");
                } else {
                    tracing::warn!(%platform, measurement, module_id, "INSECURE: certificate issued for simulated evidence");
                }
            }
            Event::Refused { code, detail } => {
                self.refused.get_or_create(&Code { code }).inc();
                tracing::info!(code, detail, "refused");
            }
            Event::Failed { code, error } => {
                self.failed.inc();
                tracing::error!(code, error, "failed");
            }
            other => tracing::warn!(?other, "an event that this server does not know"),
        }
    }
}

/// Sessions end by time alone, so their number is counted when it is asked for.
#[derive(Debug)]
struct LiveSessions(Arc<ProxyService>);

impl Collector for LiveSessions {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let live = i64::try_from(self.0.live_sessions(OffsetDateTime::now_utc())).unwrap_or(i64::MAX);
        let gauge = ConstGauge::new(live);
        let metric = encoder.encode_descriptor(
            "live_sessions",
            "Nonces that are out and can be used",
            None,
            gauge.metric_type(),
        )?;
        gauge.encode(metric)
    }
}
