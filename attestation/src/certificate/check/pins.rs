//! The authorities that a client trusts: certificates by their full DER, as the policy's `proxy_service_cert` gives them.
//!
//! A name never stands for a certificate here.

use veracruz_policy::{PemError, pem_certificates};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::certificate::authority::may_issue;
use crate::certificate::ecdsa::EcKey;

/// How many authorities a policy can name. One is usual, two while one takes over from the other.
pub const MAX_PINNED_AUTHORITIES: usize = 8;

/// At least one certificate of an authority on P-256 or P-384.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedAuthorities(Vec<Vec<u8>>);

impl PinnedAuthorities {
    /// Reads the certificates from PEM, with or without line breaks inside the bodies.
    ///
    /// # Errors
    ///
    /// [`PinError`] for the first certificate that could issue nothing.
    pub fn from_pem(text: &str) -> Result<Self, PinError> {
        let certificates = pem_certificates(text, MAX_PINNED_AUTHORITIES)?;
        for (number, der) in (1..).zip(&certificates) {
            let (trailing, certificate) = X509Certificate::from_der(der).map_err(|_| PinError::Malformed(number))?;
            if !trailing.is_empty() {
                return Err(PinError::Malformed(number));
            }
            if EcKey::of(certificate.public_key()).is_none() {
                return Err(PinError::KeyType(number));
            }
            if !may_issue(&certificate) {
                return Err(PinError::NotAnAuthority(number));
            }
        }
        Ok(PinnedAuthorities(certificates))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

/// Why a text names no authorities. Each number counts the certificates in the text from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// It is not PEM of certificates.
    #[error("the authorities' certificates cannot be read: {0}")]
    Pem(#[from] PemError),
    /// One is no X.509 certificate.
    #[error("certificate number {0} of the authorities is no X.509 certificate")]
    Malformed(usize),
    /// One has a key on another curve or of another kind.
    #[error("certificate number {0} of the authorities has no key on P-256 or P-384; use another authority")]
    KeyType(usize),
    /// One may not issue certificates.
    #[error("certificate number {0} of the authorities may not issue others: it is no CA; give the CA's certificate")]
    NotAnAuthority(usize),
}

impl PinError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            PinError::Pem(_) => "authorities-pem",
            PinError::Malformed(_) => "authorities-malformed",
            PinError::KeyType(_) => "authorities-key-type",
            PinError::NotAnAuthority(_) => "authorities-not-a-ca",
        }
    }
}
