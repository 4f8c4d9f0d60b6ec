//! The certificates by which policies name people and services.

use std::fmt;

use serde::{Serialize, Serializer};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::digest::Sha256Digest;
use crate::error::{Refusal, Rule};
use crate::pem::{PemError, pem_certificates, to_pem};

/// Certificates of one `proxy_service_cert`: enough for a change of authority to overlap.
const MAX_AUTHORITIES: usize = 8;

/// The smallest RSA modulus, in bits, that the sessions' signature schemes accept (as mbedTLS' default profile).
const MIN_RSA_BITS: usize = 2048;

/// The largest RSA modulus, in bits: verification time grows with its square, and TLS libraries stop here too.
const MAX_RSA_BITS: usize = 8192;

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const ED25519: &str = "1.3.101.112";

/// One X.509 certificate with a key that a session accepts: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519.
///
/// Neither its dates nor its signature are judged here: there is no clock, and identities are matched byte for byte.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    der: Vec<u8>,
    key: KeyKind,
    is_authority: bool,
}

/// The kind of a certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyKind::Rsa { bits } => write!(f, "RSA {bits}"),
            KeyKind::P256 => f.write_str("P-256"),
            KeyKind::P384 => f.write_str("P-384"),
            KeyKind::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

impl Certificate {
    /// Reads exactly one certificate in PEM, with its base64 in lines or in one, with or without newlines around.
    ///
    /// # Errors
    /// [`CertificateError`]; no error repeats the text, which could be a key by mistake.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let mut one = pem_certificates(text, 1)?;
        one.pop().ok_or(PemError::Empty.into()).and_then(Certificate::from_der)
    }

    /// Reads a certificate in DER; nothing may follow it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| CertificateError::NotX509)?;
        if !rest.is_empty() {
            return Err(CertificateError::Trailing(rest.len()));
        }
        let key = key_kind(&parsed)?;
        let is_authority = parsed.is_ca();
        Ok(Certificate { der, key, is_authority })
    }

    /// The DER bytes: two identities are the same exactly when these are equal.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The kind of its key.
    pub fn key(&self) -> KeyKind {
        self.key
    }

    /// Whether it says of itself that it may sign certificates (`basicConstraints` with `CA:TRUE`).
    pub fn is_authority(&self) -> bool {
        self.is_authority
    }

    /// SHA-256 of the DER bytes, by which people compare certificates.
    pub fn fingerprint(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    /// The form that Veracruz wants in policies: base64 in one line, ending exactly at the end marker.
    pub fn to_pem(&self) -> String {
        to_pem(&self.der)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, SHA-256 {})", self.key, self.fingerprint())
    }
}

impl Serialize for Certificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_pem())
    }
}

/// The certificates of the attestation service: an instance's certificate must be signed by one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads one or more certificates in PEM, one after the other.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let blocks = pem_certificates(text, MAX_AUTHORITIES)?;
        blocks.into_iter().map(Certificate::from_der).collect::<Result<_, _>>().map(Authorities)
    }

    /// The certificates, in the order of the text; at least one.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// All certificates in PEM, without a newline at the end.
    pub fn to_pem(&self) -> String {
        self.0.iter().map(Certificate::to_pem).collect::<Vec<_>>().join("\n")
    }
}

impl Serialize for Authorities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_pem())
    }
}

fn key_kind(certificate: &X509Certificate<'_>) -> Result<KeyKind, CertificateError> {
    let key = certificate.public_key();
    let algorithm = key.algorithm.algorithm.to_id_string();
    let curve = || key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
    match algorithm.as_str() {
        RSA => match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => rsa_kind(rsa.modulus),
            _ => Err(CertificateError::NotX509),
        },
        EC => match (curve().as_deref(), key.subject_public_key.data.len()) {
            (Some(P256), 65) => Ok(KeyKind::P256),
            (Some(P384), 97) => Ok(KeyKind::P384),
            (curve, _) => Err(CertificateError::UnsupportedKey(format!("EC on {}", curve.unwrap_or("no named curve")))),
        },
        ED25519 => Ok(KeyKind::Ed25519),
        other => Err(CertificateError::UnsupportedKey(other.to_owned())),
    }
}

/// `modulus` is the content of a DER INTEGER: leading zero bytes are no part of the number.
fn rsa_kind(modulus: &[u8]) -> Result<KeyKind, CertificateError> {
    let significant = modulus.iter().position(|byte| *byte != 0).and_then(|first| modulus.get(first..)).unwrap_or(&[]);
    let unused = significant.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = significant.len() * 8 - unused;
    if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        Ok(KeyKind::Rsa { bits })
    } else {
        Err(CertificateError::RsaSize(bits))
    }
}

/// Why a text is no certificate that a policy can name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The text is no PEM, or not of one certificate.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The bytes are no X.509 certificate.
    #[error("bytes that are no X.509 certificate")]
    NotX509,
    /// Bytes after the certificate.
    #[error("{0} bytes after the certificate's end")]
    Trailing(usize),
    /// A key of another kind.
    #[error("a key of the kind {0}")]
    UnsupportedKey(String),
    /// An RSA key that is too small or too large.
    #[error("an RSA key of {0} bits")]
    RsaSize(usize),
}

impl From<CertificateError> for Refusal {
    fn from(error: CertificateError) -> Self {
        let (rule, expected) = match &error {
            CertificateError::UnsupportedKey(_) => {
                (Rule::UnsupportedKey, "a key of the kind RSA, P-256, P-384 or Ed25519".to_owned())
            }
            CertificateError::RsaSize(_) => {
                (Rule::KeySize, format!("an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"))
            }
            _ => (Rule::BadCertificate, "one X.509 certificate in PEM".to_owned()),
        };
        Refusal::new(rule, expected, error.to_string())
    }
}
