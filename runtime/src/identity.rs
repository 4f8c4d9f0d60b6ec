//! The instance's identity: its key, the policy that it is bound to, and the evidence that it makes of both.
//!
//! The key is made at start, one a start, and never leaves the process. Nothing here judges evidence, and no evidence is
//! made before the policy is locked into the platform's registers: the host could exchange it otherwise.

mod applicant;
mod chain;
mod keeper;
mod source;

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use veracruz_attestation::attester::{AttestationRequest, Nsm, NsmError};
use veracruz_attestation::certificate::{InstanceKey, KeyError};
use veracruz_attestation::{Binding, PCR_COUNT, POLICY_PCR, Role, expected_policy_pcr, policy_pcr_extension};
use veracruz_policy::{FullPolicy, Platform, Sha256Digest};

pub use applicant::{Applicant, Application};
pub use chain::ChainError;
pub(crate) use keeper::Keeper;
pub use keeper::{CertificateStatus, CertifyError, RenewalFailure};
pub use source::{BoxFuture, CertificateSource, SelfSigned, SourceError};

/// Key, module and policy of one instance, bound together.
pub(crate) struct Identity {
    key: InstanceKey,
    spki_der: Vec<u8>,
    signing: Arc<dyn SigningKey>,
    nsm: Arc<dyn Nsm>,
    platform: Platform,
    policy_hash: Sha256Digest,
}

impl Identity {
    /// Makes the key, extends register 16 with the policy's exact text and locks every register
    /// (`docs/BINDING.md`, "The policy register").
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the module or the key cannot be used, or the register already held something.
    pub(crate) fn bind(policy: &FullPolicy, nsm: Arc<dyn Nsm>, platform: Platform) -> Result<Self, IdentityError> {
        let text = policy.text().as_bytes();
        let bound = nsm.extend_pcr(POLICY_PCR, &policy_pcr_extension(text)).map_err(IdentityError::Bind)?;
        if bound != expected_policy_pcr(text) {
            return Err(IdentityError::RegisterInUse);
        }
        nsm.lock_pcrs(PCR_COUNT).map_err(IdentityError::Bind)?;
        let key = InstanceKey::generate()?;
        let private = key.private_key_pkcs8();
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(private.as_slice()));
        let signing = any_ecdsa_type(&der).map_err(IdentityError::Signing)?;
        Ok(Identity { spki_der: key.spki_der(), key, signing, nsm, platform, policy_hash: policy.hash() })
    }

    pub(crate) fn platform(&self) -> Platform {
        self.platform
    }

    /// Evidence of this key and policy for a verifier's nonce and, after a handshake, for its connection.
    ///
    /// Asking the module blocks; callers on an executor ask from a thread that may.
    pub(crate) fn evidence(&self, role: Role, nonce: &[u8; 32], channel: &[u8; 32]) -> Result<Vec<u8>, IdentityError> {
        let binding = Binding {
            platform: self.platform,
            role,
            spki_der: &self.spki_der,
            policy_hash: &self.policy_hash,
            nonce,
            channel,
        };
        let request = AttestationRequest {
            user_data: Some(binding.bind().to_vec()),
            nonce: Some(nonce.to_vec()),
            public_key: None,
        };
        self.nsm.attest(&request).map_err(IdentityError::Attest)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("key", &self.key).field("platform", &self.platform).finish_non_exhaustive()
    }
}

/// Why the instance has no identity or cannot prove it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The module did not record the policy.
    #[error("the policy cannot be bound to the platform's registers: {0}; a secure module serves one instance, once")]
    Bind(#[source] NsmError),
    /// The policy's register was not at its initial value.
    #[error(
        "register {POLICY_PCR} of the secure module already held something, so evidence would name no policy; start the \
         enclave anew"
    )]
    RegisterInUse,
    /// The module made no evidence.
    #[error("the secure module made no evidence: {0}")]
    Attest(#[source] NsmError),
    /// The key could not be made or used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The TLS library did not take the key.
    #[error("the TLS library refused the instance's own key: {0}")]
    Signing(#[source] rustls::Error),
    /// The thread that asked the module is gone: the process is ending.
    #[error("the instance is ending; evidence is no longer made")]
    Ending,
}

impl IdentityError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            IdentityError::Bind(_) => "policy-not-bound",
            IdentityError::RegisterInUse => "policy-register-in-use",
            IdentityError::Attest(_) => "evidence-not-made",
            IdentityError::Key(error) => error.code(),
            IdentityError::Signing(_) => "instance-key-refused",
            IdentityError::Ending => "instance-ending",
        }
    }
}
