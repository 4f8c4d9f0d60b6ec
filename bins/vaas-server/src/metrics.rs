//! What the service has done, as metrics. No count is by anything that a client chooses, so their number stays bounded.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use vaas_core::Vaas;

/// Counts of a service, taken when they are asked for.
pub(crate) struct InstanceMetrics(Arc<Vaas>);

impl InstanceMetrics {
    pub(crate) fn of(vaas: &Arc<Vaas>) -> Self {
        InstanceMetrics(Arc::clone(vaas))
    }
}

impl fmt::Debug for InstanceMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceMetrics")
    }
}

impl Collector for InstanceMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let counts = self.0.counts();
        let help = "Instances by state; those that ended by themselves while they are listed";
        let mut instances = encoder.encode_descriptor("instances", help, None, MetricType::Gauge)?;
        for (state, count) in &counts.instances {
            ConstGauge::new(i64::try_from(*count).unwrap_or(i64::MAX))
                .encode(instances.encode_family(&[("state", *state)])?)?;
        }
        let started = ConstCounter::new(counts.started);
        started.encode(encoder.encode_descriptor(
            "instances_started",
            "Instances created",
            None,
            MetricType::Counter,
        )?)?;
        let help = "Creations that failed, by the code of the answer";
        let mut failures = encoder.encode_descriptor("creations_failed", help, None, MetricType::Counter)?;
        for (code, count) in &counts.start_failures {
            ConstCounter::new(*count).encode(failures.encode_family(&[("code", *code)])?)?;
        }
        Ok(())
    }
}
