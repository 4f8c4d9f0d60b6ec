//! What the service does and has done, as metrics. No count is by anything that a client chooses.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use s3_app_core::S3App;

/// Counts of a service, taken when they are asked for.
pub(crate) struct CopyMetrics(Arc<S3App>);

impl CopyMetrics {
    pub(crate) fn of(app: &Arc<S3App>) -> Self {
        CopyMetrics(Arc::clone(app))
    }
}

impl fmt::Debug for CopyMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CopyMetrics")
    }
}

impl Collector for CopyMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let counts = self.0.counts();
        for (name, help, count) in [
            ("copies_running", "Copies whose callers wait", counts.copies_running),
            ("jobs_running", "Jobs that run", counts.jobs_running),
            ("jobs_remembered", "Jobs that can be asked for", counts.jobs_remembered),
        ] {
            let gauge = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let help = "Copies by how they ended, jobs included";
        let mut copies = encoder.encode_descriptor("copies", help, None, MetricType::Counter)?;
        for (outcome, count) in [("done", counts.done), ("failed", counts.failed), ("cancelled", counts.cancelled)] {
            ConstCounter::new(count).encode(copies.encode_family(&[("outcome", outcome)])?)?;
        }
        let bytes = ConstCounter::new(counts.bytes);
        bytes.encode(encoder.encode_descriptor(
            "copied_bytes",
            "Bytes of the copies that were done",
            None,
            MetricType::Counter,
        )?)
    }
}
