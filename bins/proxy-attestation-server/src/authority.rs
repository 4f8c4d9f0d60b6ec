//! The authority's files: the operator's, or a pair that is made once and kept.
//!
//! A pair is never replaced and never completed: clients pin the certificate, so a new one must be somebody's decision.
//! The pair appears with one rename of a synced folder, so a crash leaves both files or none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::Authority;
use veracruz_attestation::service::{Random as _, SystemRandom};
use zeroize::Zeroizing;

use crate::config::AuthoritySource;

/// The life of an authority that the server makes. Policies pin its certificate, so it has to outlive them.
const AUTHORITY_LIFE: Duration = Duration::days(3650);

const FOLDER: &str = "authority";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Loads the authority, or makes it at the first start.
pub(crate) fn open(source: &AuthoritySource, now: OffsetDateTime) -> anyhow::Result<Authority> {
    match source {
        AuthoritySource::Files { certificate, key } => load(certificate, key, now),
        AuthoritySource::StateDir(state) => {
            open_kept(state, now).with_context(|| format!("the authority in the state folder {}", state.display()))
        }
    }
}

fn open_kept(state: &Path, now: OffsetDateTime) -> anyhow::Result<Authority> {
    let folder = state.join(FOLDER);
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
    match (certificate.try_exists()?, key.try_exists()?) {
        (true, true) => {}
        (false, false) => make(state, &folder, now)?,
        (has_certificate, _) => {
            let (there, missing) = if has_certificate { (CERTIFICATE, KEY) } else { (KEY, CERTIFICATE) };
            bail!(
                "{there} exists and {missing} does not: put {missing} back from a backup, or move the folder {} away to \
                 have a new authority made, whose certificate all clients then have to be given",
                folder.display()
            );
        }
    }
    load(&certificate, &key, now)
}

fn load(certificate: &Path, key: &Path, now: OffsetDateTime) -> anyhow::Result<Authority> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let key_pem = Zeroizing::new(read(key)?);
    if fs::metadata(key)?.mode() & 0o077 != 0 {
        tracing::warn!(file = %key.display(), "other users may read the authority's key: chmod 600 it");
    }
    let authority = Authority::from_pem(&read(certificate)?, &key_pem, now)
        .with_context(|| format!("cannot issue with {} and {}", certificate.display(), key.display()))?;
    tracing::info!(certificate = %certificate.display(), not_after = %authority.not_after(), "authority loaded");
    Ok(authority)
}

fn make(state: &Path, folder: &Path, now: OffsetDateTime) -> anyhow::Result<()> {
    let authority = Authority::generate(now, AUTHORITY_LIFE)?;
    let mut suffix = [0; 8];
    SystemRandom::new().fill(&mut suffix)?;
    let scratch = state.join(format!("{FOLDER}.new.{}", hex::encode(suffix)));
    DirBuilder::new().recursive(true).mode(0o700).create(&scratch)?;
    write_synced(&scratch.join(KEY), authority.key_pem().as_bytes(), 0o600)?;
    write_synced(&scratch.join(CERTIFICATE), format!("{}\n", authority.certificate_pem()).as_bytes(), 0o644)?;
    File::open(&scratch)?.sync_all()?;
    // Fails where another process was faster and its folder is not empty.
    fs::rename(&scratch, folder).context("another start made an authority at the same moment; start again")?;
    File::open(state)?.sync_all()?;
    tracing::info!(folder = %folder.display(), "made a new authority: clients have to be given its certificate");
    Ok(())
}

fn write_synced(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(())
}
