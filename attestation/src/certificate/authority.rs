//! The certificate authority of an attestation service: its key and certificate, made or loaded.
//!
//! It must never hand out its key except as the one text that an operator stores, and never start with a certificate
//! under which clients would refuse what it issues.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use veracruz_policy::{PemError, pem_certificates};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

use super::ecdsa::EcKey;
use super::fields::{random_serial, whole_seconds};

/// A certificate and the key that belongs to it, allowed to issue. `Debug` shows the certificate's fingerprint only.
pub struct Authority {
    certificate_der: Vec<u8>,
    not_after: OffsetDateTime,
    key: Zeroizing<KeyPair>,
}

impl Authority {
    /// A new authority on P-256, valid from `now` for `lifetime`, allowed to issue certificates of instances only
    /// (path length 0).
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Library`] when the system has no randomness to give or `lifetime` passes the year 9999.
    pub fn generate(now: OffsetDateTime, lifetime: Duration) -> Result<Self, AuthorityError> {
        let key = Zeroizing::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?);
        let mut params = CertificateParams::default();
        params.not_before = whole_seconds(now);
        params.not_after = whole_seconds(now.checked_add(lifetime).ok_or(AuthorityError::Lifetime)?);
        params.serial_number = Some(random_serial().ok_or(AuthorityError::Randomness)?);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Veracruz");
        // Two authorities must not share a name: clients that look issuers up by name would take one for the other.
        let fingerprint = hex::encode(Sha256::digest(key.subject_public_key_info()));
        let name = format!("Proxy attestation {}", fingerprint.get(..16).unwrap_or_default());
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate_der = params.self_signed(&*key)?.der().to_vec();
        Authority::accept(certificate_der, key, now)
    }

    /// An authority from files: one certificate and its key in PEM, on P-256 or P-384; the key as PKCS#8 or SEC1.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] when the two do not belong together, when the certificate is no authority's, or is not valid
    /// at `now`.
    pub fn from_pem(certificate_pem: &str, key_pem: &str, now: OffsetDateTime) -> Result<Self, AuthorityError> {
        let mut certificates = pem_certificates(certificate_pem, 1)?;
        let certificate_der = certificates.pop().ok_or(PemError::Empty)?;
        let key = KeyPair::from_pem(key_block(key_pem)?).map_err(|_| AuthorityError::Key)?;
        Authority::accept(certificate_der, Zeroizing::new(key), now)
    }

    fn accept(der: Vec<u8>, key: Zeroizing<KeyPair>, now: OffsetDateTime) -> Result<Self, AuthorityError> {
        if ![&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384].contains(&key.algorithm()) {
            return Err(AuthorityError::Key);
        }
        let (trailing, certificate) = X509Certificate::from_der(&der).map_err(|_| AuthorityError::Certificate)?;
        if !trailing.is_empty() || EcKey::of(certificate.public_key()).is_none() {
            return Err(AuthorityError::Certificate);
        }
        if certificate.public_key().raw != key.subject_public_key_info() {
            return Err(AuthorityError::Mismatch);
        }
        if !may_issue(&certificate) {
            return Err(AuthorityError::NotAnAuthority);
        }
        let validity = certificate.validity();
        let not_after = validity.not_after.to_datetime();
        if now < validity.not_before.to_datetime() || now > not_after {
            return Err(AuthorityError::Window { not_before: validity.not_before.to_datetime(), not_after });
        }
        refuse_other_name(&certificate, &der, &key)?;
        Ok(Authority { certificate_der: der, not_after, key })
    }

    /// The certificate: what a policy's `proxy_service_cert` names.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The certificate in PEM, without a trailing line break, as Veracruz's policies hold it.
    pub fn certificate_pem(&self) -> String {
        let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &self.certificate_der);
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for (position, character) in body.chars().enumerate() {
            text.push(character);
            if position % 64 == 63 {
                text.push('\n');
            }
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----");
        text
    }

    /// The private key as PEM of PKCS#8: for the operator's file that [`from_pem`](Self::from_pem) reads at the next
    /// start, readable by the service alone. Wiped when dropped.
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.key.serialize_pem())
    }

    /// When the certificate ends; nothing that is issued lives longer.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    pub(crate) fn issuer(&self) -> Result<Issuer<'static, &KeyPair>, rcgen::Error> {
        Issuer::from_ca_cert_der(&self.certificate_der.as_slice().into(), &*self.key)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = hex::encode(Sha256::digest(&self.certificate_der));
        f.debug_struct("Authority").field("certificate_sha256", &fingerprint).finish_non_exhaustive()
    }
}

/// The block of the private key. `openssl ecparam -genkey` puts one with the curve's parameters before it.
fn key_block(pem: &str) -> Result<&str, AuthorityError> {
    ["PRIVATE KEY", "EC PRIVATE KEY"]
        .iter()
        .find_map(|label| {
            let end = format!("-----END {label}-----");
            let start = pem.find(&format!("-----BEGIN {label}-----"))?;
            let length = pem.get(start..)?.find(&end)? + end.len();
            pem.get(start..start + length)
        })
        .ok_or(AuthorityError::Key)
}

/// Whether clients would take `certificate` as an issuer: CA=TRUE, and keyCertSign where a key usage is given.
pub(crate) fn may_issue(certificate: &X509Certificate<'_>) -> bool {
    let is_ca = matches!(certificate.basic_constraints(), Ok(Some(constraints)) if constraints.value.ca);
    let may_sign = match certificate.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
        Err(_) => false,
    };
    is_ca && may_sign
}

/// The issuer's name in what is issued has to be the authority's name byte for byte. The encoder writes names anew, and
/// some (of several attributes in one component, in old string types) come out otherwise; better to learn it here.
fn refuse_other_name(certificate: &X509Certificate<'_>, der: &[u8], key: &KeyPair) -> Result<(), AuthorityError> {
    let issuer = Issuer::from_ca_cert_der(&der.into(), key).map_err(|_| AuthorityError::Name)?;
    let probe = CertificateParams::default().signed_by(key, &issuer)?;
    let (_, probe) = X509Certificate::from_der(probe.der()).map_err(|_| AuthorityError::Name)?;
    if probe.issuer().as_raw() == certificate.subject().as_raw() { Ok(()) } else { Err(AuthorityError::Name) }
}

/// Why there is no authority. No text of a key is ever in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The certificate's file is not PEM of one certificate.
    #[error("the authority's certificate cannot be read: {0}")]
    Pem(#[from] PemError),
    /// The certificate is no X.509 certificate of a key on P-256 or P-384.
    #[error("the authority's certificate is no X.509 certificate of a key on P-256 or P-384")]
    Certificate,
    /// The key's file is not PEM of a private key on P-256 or P-384.
    #[error("the authority's key is no unencrypted PEM of a private key on P-256 or P-384 (PKCS#8 or SEC1)")]
    Key,
    /// Certificate and key have different public keys.
    #[error("the authority's certificate and key do not belong together; give the two files of one authority")]
    Mismatch,
    /// The certificate may not issue others.
    #[error(
        "the authority's certificate may not issue others: it needs `basicConstraints=critical,CA:true`, and \
         `keyCertSign` where it has a key usage"
    )]
    NotAnAuthority,
    /// The certificate is not valid now.
    #[error("the authority's certificate is valid from {not_before} to {not_after}, not now; renew it")]
    Window {
        /// The start of its validity.
        not_before: OffsetDateTime,
        /// The end of its validity.
        not_after: OffsetDateTime,
    },
    /// The subject's name cannot be written the way it stands in the certificate.
    #[error("the authority's subject name has a form that cannot be reproduced; use plain UTF-8 attributes, one each")]
    Name,
    /// The certificate would end after the last date that can be written.
    #[error("the authority's lifetime ends past the last date that can be written; choose a shorter one")]
    Lifetime,
    /// The system has no randomness to give.
    #[error("the system has no randomness to give")]
    Randomness,
    /// The certificate library failed.
    #[error("the authority's certificate could not be made: {0}")]
    Library(#[from] rcgen::Error),
}

impl AuthorityError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            AuthorityError::Pem(_) => "authority-pem",
            AuthorityError::Certificate => "authority-certificate",
            AuthorityError::Key => "authority-key",
            AuthorityError::Mismatch => "authority-mismatch",
            AuthorityError::NotAnAuthority => "authority-not-a-ca",
            AuthorityError::Window { .. } => "authority-window",
            AuthorityError::Name => "authority-name",
            AuthorityError::Lifetime => "authority-lifetime",
            AuthorityError::Randomness => "authority-randomness",
            AuthorityError::Library(_) => "authority-library",
        }
    }
}
