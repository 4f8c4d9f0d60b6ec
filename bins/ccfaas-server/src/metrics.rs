//! What the service has and has done, as metrics. No count is by anything that a client chooses, so their number stays
//! bounded.

use std::fmt;
use std::sync::Arc;

use ccfaas_core::Ccfaas;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Counts of a service, taken when they are asked for.
pub(crate) struct ServiceMetrics(Arc<Ccfaas>);

impl ServiceMetrics {
    pub(crate) fn of(service: &Arc<Ccfaas>) -> Self {
        ServiceMetrics(service.clone())
    }
}

impl fmt::Debug for ServiceMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceMetrics")
    }
}

impl Collector for ServiceMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let counts = self.0.counts();
        let functions = encoder.encode_descriptor("functions", "Registered functions", None, MetricType::Gauge)?;
        gauge(counts.rows.functions).encode(functions)?;
        let mut instances = encoder.encode_descriptor("instances", "Instances by state", None, MetricType::Gauge)?;
        for (state, count) in [
            ("creating", counts.rows.reserved),
            ("ready", counts.rows.ready),
            ("ended", counts.rows.ended),
            ("deleting", counts.rows.deleting),
        ] {
            gauge(count).encode(instances.encode_family(&[("state", state)])?)?;
        }
        let help = "Instances that are to be ended at VaaS and that it did not end yet";
        let left = encoder.encode_descriptor("left_over", help, None, MetricType::Gauge)?;
        gauge(counts.left_over).encode(left)?;
        let help = "Instances made since the start";
        let created = encoder.encode_descriptor("instances_created", help, None, MetricType::Counter)?;
        ConstCounter::new(counts.created).encode(created)?;
        let help = "Creations that failed, by the step that failed";
        let mut failed = encoder.encode_descriptor("creations_failed", help, None, MetricType::Counter)?;
        for (step, count) in &counts.failed {
            ConstCounter::new(*count).encode(failed.encode_family(&[("step", step.name())])?)?;
        }
        Ok(())
    }
}

fn gauge(count: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX))
}
