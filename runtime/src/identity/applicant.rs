//! The instance as it asks for its certificate.

use std::sync::Arc;

use time::OffsetDateTime;
use veracruz_attestation::certificate::SelfAttestation;
use veracruz_attestation::{NO_CHANNEL, Role};
use veracruz_policy::{Platform, Sha256Digest};

use super::{Identity, IdentityError};
use crate::clock::Clock;

/// What a certificate authority that verifies evidence is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// The evidence, bound to the key, the policy and the authority's nonce.
    pub evidence: Vec<u8>,
    /// The certificate request, DER of PKCS#10, signed with the instance's key.
    pub csr: Vec<u8>,
    /// SHA-256 of the policy's text.
    pub policy_hash: Sha256Digest,
    /// The platform that the evidence is of.
    pub platform: Platform,
}

/// An instance that asks for a certificate; what a [`CertificateSource`](super::CertificateSource) works with.
#[derive(Clone)]
pub struct Applicant {
    identity: Arc<Identity>,
    clock: Arc<dyn Clock>,
}

impl Applicant {
    pub(crate) fn new(identity: Arc<Identity>, clock: Arc<dyn Clock>) -> Self {
        Applicant { identity, clock }
    }

    pub(super) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.wall()
    }

    /// The platform that the instance runs on, which may decide where the application goes.
    pub fn platform(&self) -> Platform {
        self.identity.platform
    }

    /// Evidence and request for an authority's `nonce` (role `csr`, no channel: `docs/BINDING.md`).
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the module makes no evidence.
    pub async fn apply(&self, nonce: [u8; 32]) -> Result<Application, IdentityError> {
        let identity = Arc::clone(&self.identity);
        blocking(move || {
            Ok(Application {
                evidence: identity.evidence(Role::Csr, &nonce, &NO_CHANNEL)?,
                csr: identity.key.request()?,
                policy_hash: identity.policy_hash,
                platform: identity.platform,
            })
        })
        .await
    }

    /// A certificate (DER) signed by the instance itself, with fresh evidence for a nonce of its own stapled in.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the module makes no evidence.
    pub async fn self_signed(&self) -> Result<Vec<u8>, IdentityError> {
        let (identity, now) = (Arc::clone(&self.identity), self.now());
        blocking(move || {
            let nonce = drawn_nonce(&identity)?;
            let evidence = identity.evidence(Role::Csr, &nonce, &NO_CHANNEL)?;
            let pcr0 = identity.nsm.describe_pcr(0).map_err(IdentityError::Attest)?.value;
            let content = SelfAttestation { platform: identity.platform, pcr0: &pcr0, evidence: &evidence };
            Ok(identity.key.self_signed(&content, now)?)
        })
        .await
    }
}

/// 32 bytes of the module's randomness, which gives at least one byte a call.
fn drawn_nonce(identity: &Identity) -> Result<[u8; 32], IdentityError> {
    let mut drawn = Vec::new();
    while drawn.len() < 32 {
        drawn.extend(identity.nsm.random().map_err(IdentityError::Attest)?);
    }
    let mut nonce = [0; 32];
    nonce.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
    Ok(nonce)
}

/// Runs what asks the module where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, IdentityError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(IdentityError::Ending))
}
