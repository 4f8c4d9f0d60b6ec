//! Whether an image is the one that the policy accepts. Told before anything is started; clients find out by themselves.

use std::path::Path;

use anyhow::{Context as _, ensure};
use veracruz_attestation::measure::{Eif, runtime_hash};
use veracruz_policy::{FullPolicy, Platform, Sha256Digest};

/// Measures the image and compares it with the policy.
pub(super) async fn check(image: &Path, policy: &FullPolicy) -> anyhow::Result<()> {
    let path = image.to_owned();
    let measured = tokio::task::spawn_blocking(move || measure(&path)).await.context("a thread failed")??;
    let accepted = policy.runtime_hash(Platform::Nitro);
    ensure!(
        accepted == Some(measured),
        "the policy accepts another image than {}: its PCR0 begins with {measured}, the policy's \
         runtime_manager_hash_nitro is {}; build the image that the parties agreed on, or have them agree on this one",
        image.display(),
        accepted.map_or_else(|| "missing".to_owned(), |hash| hash.to_string()),
    );
    Ok(())
}

fn measure(path: &Path) -> anyhow::Result<Sha256Digest> {
    let image = std::fs::read(path).with_context(|| format!("cannot read the enclave image {}", path.display()))?;
    let measured = Eif::parse(&image).and_then(|eif| eif.measure());
    let measured = measured.with_context(|| format!("{} is no enclave image", path.display()))?;
    Ok(runtime_hash(&measured.pcr0).into())
}
