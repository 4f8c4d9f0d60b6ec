//! An instance's TLS key and its request for a certificate.
//!
//! The key is made in the instance at boot, one a boot, and never leaves it; dropping it wipes it. Nothing here judges
//! anything.

use std::fmt;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _};
use sha2::{Digest as _, Sha384};
use zeroize::Zeroizing;

use super::subject;

/// The TLS key of one instance, on P-256: the only curve that every client of Veracruz is known to accept.
///
/// `Debug` shows the fingerprint of the public half.
pub struct InstanceKey(Zeroizing<KeyPair>);

impl InstanceKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the system has no randomness to give.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(InstanceKey(Zeroizing::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)))
    }

    /// The DER SubjectPublicKeyInfo: what a [`Binding`](crate::Binding) binds.
    pub fn spki_der(&self) -> Vec<u8> {
        self.0.subject_public_key_info()
    }

    /// The certificate request: DER of PKCS#10 (RFC 2986), signed with this key, for the subject that Veracruz's
    /// runtime asks for (O=Veracruz, OU=Compute Enclave, CN=VeracruzCompute).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when signing fails.
    pub fn request(&self) -> Result<Vec<u8>, KeyError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject::requested();
        Ok(params.serialize_request(&*self.0)?.der().to_vec())
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.0
    }

    /// The private key as DER of PKCS#8, for the TLS library of this very process. Wiped when dropped.
    pub fn private_key_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize_der())
    }
}

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = hex::encode(Sha384::digest(self.spki_der()));
        f.debug_struct("InstanceKey").field("spki_sha384", &fingerprint).finish_non_exhaustive()
    }
}

/// The key could not be made or used: the system's randomness or the cryptographic library failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the instance's key could not be made or used: {0}; check that the system provides randomness")]
pub struct KeyError(#[from] rcgen::Error);

impl KeyError {
    /// `instance-key-failed`.
    pub const fn code(&self) -> &'static str {
        "instance-key-failed"
    }
}
