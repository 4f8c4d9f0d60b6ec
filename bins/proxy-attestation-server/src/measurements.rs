//! The file of reference measurements: read at the start and on SIGHUP; a bad file never replaces good measurements.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::signal::unix::Signal;
use veracruz_attestation::service::{MAX_REFERENCE_BYTES, ProxyService, ReferenceMeasurements};
use veracruz_serve::Readiness;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// The file and those that depend on it.
pub(crate) struct MeasurementsFile {
    path: Option<PathBuf>,
    service: Arc<ProxyService>,
    readiness: Readiness,
    reloads: Family<Outcome, Counter>,
}

impl MeasurementsFile {
    pub(crate) fn new(
        path: Option<PathBuf>,
        service: Arc<ProxyService>,
        readiness: Readiness,
        registry: &mut Registry,
    ) -> Self {
        let reloads = Family::default();
        registry.register("measurement_reloads", "Reloads of the reference measurements", reloads.clone());
        MeasurementsFile { path, service, readiness, reloads }
    }

    /// Reads the file for the first time; without one the server starts, and says that it refuses all evidence.
    pub(crate) fn load(&self) -> anyhow::Result<()> {
        match &self.path {
            Some(path) => self.accept(path, "reference measurements loaded"),
            None => {
                self.readiness.not_ready("no --measurements file: all evidence is refused");
                tracing::warn!("no --measurements file is given: all evidence will be refused");
                Ok(())
            }
        }
    }

    /// Reads the file again on every signal, for ever.
    pub(crate) async fn reload_on(self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            let Some(path) = &self.path else {
                tracing::warn!("asked to reload, but no --measurements file is given");
                continue;
            };
            let outcome = match self.accept(path, "reference measurements reloaded") {
                Ok(()) => "accepted",
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(error, "reference measurements NOT reloaded: the old ones stay in force");
                    "refused"
                }
            };
            self.reloads.get_or_create(&Outcome { outcome }).inc();
        }
    }

    fn accept(&self, path: &Path, message: &'static str) -> anyhow::Result<()> {
        let references = read(path).with_context(|| format!("the measurements file {}", path.display()))?;
        let names: Vec<_> = references.iter().map(|entry| format!("{} ({})", entry.name(), entry.platform())).collect();
        self.service.accept(references);
        self.readiness.ready();
        tracing::info!(accepted = names.join(", "), "{message}");
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<ReferenceMeasurements> {
    let mut text = String::new();
    // One byte more than is allowed, so that the parser sees that it is too long.
    File::open(path)?.take(MAX_REFERENCE_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(ReferenceMeasurements::parse(&text)?)
}
