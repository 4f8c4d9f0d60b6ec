//! The roots that evidence may lead to.

use std::path::Path;

use anyhow::Context as _;
use veracruz_attestation::nitro::root_from_file;
use veracruz_attestation::service::Trust;

/// AWS's root, and the simulated one if the operator named its file (DER or PEM).
pub(crate) fn read(simulated_root: Option<&Path>) -> anyhow::Result<Trust> {
    let Some(path) = simulated_root else {
        return Ok(Trust::aws());
    };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let der = root_from_file(&bytes).with_context(|| path.display().to_string())?;
    let trust = Trust::aws()
        .insecure_simulated(&der)
        .with_context(|| format!("{} cannot be the root of simulated evidence", path.display()))?;
    tracing::warn!(root = %path.display(), "INSECURE: simulated evidence gets certificates; it proves no isolation at all");
    Ok(trust)
}
