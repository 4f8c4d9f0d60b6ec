//! Who the client is: the certificate by which the policy names it, and the private key that belongs to it.
//!
//! The key never leaves the value that is made here: it is in no `Debug`, no error and no log, and the bytes that it was
//! read from are wiped.

mod key;

use std::fmt;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use veracruz_policy::{Certificate, CertificateError, PemError};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use key::KeyBlock;
pub use key::KeyFault;

/// A participant that can prove that it is one.
///
/// `Debug` shows the certificate's fingerprint; nothing shows the key.
#[derive(Clone)]
pub struct Identity {
    certificate: Certificate,
    key: Arc<dyn SigningKey>,
}

impl Identity {
    /// Reads a certificate and its key from PEM: exactly one certificate, and one unencrypted key as PKCS#8, SEC1 or
    /// PKCS#1; the base64 in lines or in one.
    ///
    /// The caller keeps `key_pem` in memory that it wipes; copies that are made here are wiped.
    ///
    /// # Errors
    ///
    /// [`IdentityError`]; no error repeats anything of either text.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, IdentityError> {
        let certificate = Certificate::from_pem(certificate_pem).map_err(|error| match error {
            CertificateError::Pem(PemError::TooMany(_)) => IdentityError::SeveralCertificates,
            error => IdentityError::Certificate(error),
        })?;
        let block = KeyBlock::read(key_pem).map_err(IdentityError::Key)?;
        let key = any_supported_type(&block.der()).map_err(|_| IdentityError::Key(KeyFault::Unsupported))?;
        let public = key.public_key().ok_or(IdentityError::Key(KeyFault::Unsupported))?;
        let (_, parsed) = X509Certificate::from_der(certificate.der()).map_err(|_| IdentityError::Mismatch)?;
        if !same_key(public.as_ref(), parsed.public_key().raw) {
            return Err(IdentityError::Mismatch);
        }
        Ok(Identity { certificate, key })
    }

    /// The certificate: what a policy holds of this participant.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// For the TLS library: this certificate, whatever the server hints at.
    pub(crate) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        let chain = vec![CertificateDer::from(self.certificate.der().to_vec())];
        Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, self.key.clone())))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Whether two DER SubjectPublicKeyInfo are of one key. Some encoders leave out the NULL parameters of RSA, so the keys
/// themselves are compared and not the bytes around them.
fn same_key(one: &[u8], other: &[u8]) -> bool {
    use x509_parser::x509::SubjectPublicKeyInfo;
    match (SubjectPublicKeyInfo::from_der(one), SubjectPublicKeyInfo::from_der(other)) {
        (Ok((_, one)), Ok((_, other))) => {
            one.algorithm.algorithm == other.algorithm.algorithm
                && one.subject_public_key.data == other.subject_public_key.data
        }
        _ => false,
    }
}

/// Why texts are no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The certificate cannot be used.
    #[error("the identity's certificate cannot be used: found {0}")]
    Certificate(CertificateError),
    /// There is more than one certificate.
    #[error("the identity's certificate file holds more than one certificate; keep the one that the policy names")]
    SeveralCertificates,
    /// The key cannot be used.
    #[error("the identity's private key cannot be used: {0}")]
    Key(KeyFault),
    /// The key belongs to another certificate.
    #[error("the private key is not the one of the certificate; give the key that was made with this certificate")]
    Mismatch,
    /// The policy does not name the certificate.
    #[error(
        "the policy names no participant with this certificate (SHA-256 {0}); take the certificate that stands in the \
         policy, letter by letter, or have the policy made anew"
    )]
    NotInPolicy(veracruz_policy::Sha256Digest),
}

impl IdentityError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            IdentityError::Certificate(_) => "identity-certificate",
            IdentityError::SeveralCertificates => "identity-several-certificates",
            IdentityError::Key(fault) => fault.code(),
            IdentityError::Mismatch => "identity-key-mismatch",
            IdentityError::NotInPolicy(_) => "identity-not-in-policy",
        }
    }
}
