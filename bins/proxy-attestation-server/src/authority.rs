//! The authority: the operator's, or one that is made at the first start and kept.

use std::path::Path;

use anyhow::Context as _;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::{Authority, AuthorityError};
use veracruz_serve::kept::{self, Pair};

use crate::config::AuthoritySource;

/// The life of an authority that the server makes. Policies pin its certificate, so it has to outlive them.
const AUTHORITY_LIFE: Duration = Duration::days(3650);

/// Where it is kept, in the state folder.
const FOLDER: &str = "authority";

/// Loads the authority, or makes it at the first start.
pub(crate) fn open(source: &AuthoritySource, now: OffsetDateTime) -> anyhow::Result<Authority> {
    match source {
        AuthoritySource::Files { certificate, key } => {
            let files = || format!("cannot issue with {} and {}", certificate.display(), key.display());
            load(&kept::read(certificate, key)?, now).with_context(files)
        }
        AuthoritySource::StateDir(state) => {
            in_state(state, now).with_context(|| format!("the authority in the state folder {}", state.display()))
        }
    }
}

fn in_state(state: &Path, now: OffsetDateTime) -> anyhow::Result<Authority> {
    let make = || -> Result<Pair, AuthorityError> {
        let authority = Authority::generate(now, AUTHORITY_LIFE)?;
        Ok(Pair { certificate: authority.certificate_pem(), key: authority.key_pem() })
    };
    load(&kept::pair(state, FOLDER, make)?, now)
}

fn load(pair: &Pair, now: OffsetDateTime) -> anyhow::Result<Authority> {
    let authority = Authority::from_pem(&pair.certificate, &pair.key, now)?;
    tracing::info!(not_after = %authority.not_after(), "authority loaded");
    Ok(authority)
}
