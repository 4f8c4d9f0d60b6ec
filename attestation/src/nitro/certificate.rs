//! One certificate of the chain, parsed strictly: DER and nothing but DER, version 3, only extensions that are understood
//! where they are critical.
//!
//! Two independent parsers look at the bytes: x509-parser gives the values, x509-cert (strict DER) must write the same
//! bytes again. Nothing here trusts a certificate.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, UnparsedPublicKey};
use time::OffsetDateTime;
use x509_cert::der::{Decode as _, Encode as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{BasicConstraints, KeyUsage, ParsedExtension};
use x509_parser::oid_registry::{
    OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_SIG_ECDSA_WITH_SHA384, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_KEY_USAGE,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{AlgorithmIdentifier, X509Version};

use super::refusal::Refusal;

/// Which certificate of a document is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateAt {
    /// `certificate`: the one whose key signed the document.
    Leaf,
    /// `cabundle[n]`; 0 is the root.
    Bundle(usize),
}

impl fmt::Display for CertificateAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateAt::Leaf => f.write_str("certificate"),
            CertificateAt::Bundle(index) => write!(f, "cabundle[{index}]"),
        }
    }
}

/// What is wrong with one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// The bytes are no certificate.
    #[error("the bytes are no X.509 certificate, or a known extension in it does not parse")]
    Malformed,
    /// Bytes follow after the certificate.
    #[error("bytes follow after the certificate")]
    TrailingBytes,
    /// The bytes are not the one DER encoding of the certificate.
    #[error("the certificate is not in DER: encoding it again gives other bytes")]
    NotDer,
    /// Not version 3.
    #[error("the certificate is not of version 3")]
    Version,
    /// One extension stands twice.
    #[error("an extension stands twice")]
    DuplicateExtension,
    /// A critical extension that this verifier does not know.
    #[error("a critical extension is not known here")]
    UnknownCriticalExtension,
    /// Not signed with ECDSA and SHA-384.
    #[error("the signature algorithm is not ecdsa-with-SHA384, or its two places differ")]
    SignatureAlgorithm,
    /// The key is not on P-384.
    #[error("the public key is no uncompressed point on P-384")]
    Key,
    /// The certificate's time is over.
    #[error("the certificate's time is over; for archived evidence give the time at which it was made")]
    Expired,
    /// The certificate's time has not begun.
    #[error("the certificate is not valid yet; check the verifier's clock")]
    NotYetValid,
    /// The issuer's name is not the subject of the certificate above.
    #[error("the issuer is not the subject of the certificate above it")]
    Issuer,
    /// A certificate below the root names itself as its issuer.
    #[error("the certificate names itself as its issuer; only the root does")]
    SelfIssued,
    /// An issuing certificate without critical BasicConstraints CA=TRUE.
    #[error("the certificate issues others but is no CA by a critical BasicConstraints")]
    NotCa,
    /// More CAs below than the path length allows.
    #[error("more CAs stand below the certificate than its path length allows")]
    PathLength,
    /// An issuing certificate without keyCertSign.
    #[error("the certificate issues others but its KeyUsage lacks keyCertSign")]
    KeyCertSign,
    /// The signature does not fit the key of the certificate above.
    #[error("the signature does not fit the key of the certificate above it")]
    Signature,
    /// The leaf is a CA, or carries no BasicConstraints.
    #[error("the signing certificate does not say CA=FALSE")]
    LeafIsCa,
    /// The leaf carries a path length.
    #[error("the signing certificate carries a path length")]
    LeafPathLength,
    /// The leaf may not sign documents.
    #[error("the signing certificate's KeyUsage lacks digitalSignature")]
    LeafKeyUsage,
    /// The leaf may sign certificates.
    #[error("the signing certificate's KeyUsage has keyCertSign")]
    LeafSignsCertificates,
}

/// A certificate that parsed. Its signature has not been checked.
#[derive(Debug)]
pub(crate) struct StrictCertificate<'a> {
    at: CertificateAt,
    x509: X509Certificate<'a>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl<'a> StrictCertificate<'a> {
    /// Parses one certificate.
    pub(crate) fn parse(at: CertificateAt, der: &'a [u8]) -> Result<Self, Refusal> {
        let refuse = |fault| Refusal::Certificate { at, fault };
        let (rest, x509) = X509Certificate::from_der(der).map_err(|_| refuse(CertificateFault::Malformed))?;
        if !rest.is_empty() {
            return Err(refuse(CertificateFault::TrailingBytes));
        }
        if !encodes_identically(der) {
            return Err(refuse(CertificateFault::NotDer));
        }
        if x509.version() != X509Version::V3 {
            return Err(refuse(CertificateFault::Version));
        }
        check_extensions(&x509).map_err(refuse)?;
        let (not_before, not_after) = (x509.validity().not_before, x509.validity().not_after);
        Ok(StrictCertificate { at, not_before: not_before.to_datetime(), not_after: not_after.to_datetime(), x509 })
    }

    /// Checks what must hold for every certificate of the chain: algorithms, key, time.
    pub(crate) fn check_common(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        if !is_ecdsa_sha384(&self.x509.signature_algorithm) || !is_ecdsa_sha384(&self.x509.tbs_certificate.signature) {
            return Err(self.refuse(CertificateFault::SignatureAlgorithm));
        }
        if !self.has_p384_key() {
            return Err(self.refuse(CertificateFault::Key));
        }
        if now < self.not_before {
            return Err(self.refuse(CertificateFault::NotYetValid));
        }
        if now > self.not_after {
            return Err(self.refuse(CertificateFault::Expired));
        }
        Ok(())
    }

    /// Checks that this certificate may issue others with `cas_below` CAs between it and the leaf.
    pub(crate) fn check_may_issue(&self, cas_below: usize) -> Result<(), Refusal> {
        let path_length = match self.basic_constraints() {
            Some((true, BasicConstraints { ca: true, path_len_constraint })) => *path_len_constraint,
            _ => return Err(self.refuse(CertificateFault::NotCa)),
        };
        if path_length.is_some_and(|most| usize::try_from(most).is_ok_and(|most| most < cas_below)) {
            return Err(self.refuse(CertificateFault::PathLength));
        }
        if !self.key_usage().is_some_and(KeyUsage::key_cert_sign) {
            return Err(self.refuse(CertificateFault::KeyCertSign));
        }
        Ok(())
    }

    /// Checks name and signature against the certificate above.
    pub(crate) fn check_issued_by(&self, issuer: &StrictCertificate<'_>) -> Result<(), Refusal> {
        if self.x509.issuer().as_raw() != issuer.x509.subject().as_raw() {
            return Err(self.refuse(CertificateFault::Issuer));
        }
        // Path lengths do not count self-issued certificates (RFC 5280 §4.2.1.9); AWS has none, so there need be none.
        if self.at != CertificateAt::Bundle(0) && self.x509.issuer().as_raw() == self.x509.subject().as_raw() {
            return Err(self.refuse(CertificateFault::SelfIssued));
        }
        let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, issuer.point());
        let signature = &self.x509.signature_value;
        if signature.unused_bits != 0 || key.verify(self.x509.tbs_certificate.as_ref(), &signature.data).is_err() {
            return Err(self.refuse(CertificateFault::Signature));
        }
        Ok(())
    }

    /// Checks that this certificate may sign documents and nothing else.
    pub(crate) fn check_may_sign_documents(&self) -> Result<(), Refusal> {
        match self.basic_constraints() {
            Some((_, BasicConstraints { ca: false, path_len_constraint: None })) => {}
            Some((_, BasicConstraints { ca: false, .. })) => return Err(self.refuse(CertificateFault::LeafPathLength)),
            _ => return Err(self.refuse(CertificateFault::LeafIsCa)),
        }
        let usage = self.key_usage();
        if !usage.is_some_and(KeyUsage::digital_signature) {
            return Err(self.refuse(CertificateFault::LeafKeyUsage));
        }
        if usage.is_some_and(KeyUsage::key_cert_sign) {
            return Err(self.refuse(CertificateFault::LeafSignsCertificates));
        }
        Ok(())
    }

    /// The public key as an uncompressed point.
    pub(crate) fn point(&self) -> &[u8] {
        &self.x509.public_key().subject_public_key.data
    }

    /// The subject in text form; it is the sender's text.
    pub(crate) fn subject(&self) -> String {
        self.x509.subject().to_string()
    }

    fn has_p384_key(&self) -> bool {
        /// One byte says "uncompressed" (SEC 1 §2.3.3), two coordinates of 48 bytes follow.
        const POINT_BYTES: usize = 97;
        let spki = self.x509.public_key();
        let curve = spki.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
        spki.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
            && curve.is_some_and(|curve| curve == OID_NIST_EC_P384)
            && spki.subject_public_key.unused_bits == 0
            && self.point().len() == POINT_BYTES
            && self.point().first() == Some(&4)
    }

    /// BasicConstraints and whether it is critical.
    fn basic_constraints(&self) -> Option<(bool, &BasicConstraints)> {
        let extension = self.x509.extensions().iter().find(|e| e.oid == OID_X509_EXT_BASIC_CONSTRAINTS)?;
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => Some((extension.critical, constraints)),
            _ => None,
        }
    }

    fn key_usage(&self) -> Option<&KeyUsage> {
        let extension = self.x509.extensions().iter().find(|e| e.oid == OID_X509_EXT_KEY_USAGE)?;
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => Some(usage),
            _ => None,
        }
    }

    fn refuse(&self, fault: CertificateFault) -> Refusal {
        Refusal::Certificate { at: self.at, fault }
    }
}

fn encodes_identically(der: &[u8]) -> bool {
    x509_cert::Certificate::from_der(der).and_then(|certificate| certificate.to_der()).is_ok_and(|again| again == der)
}

/// Only the two extensions that this verifier judges may be critical.
fn check_extensions(x509: &X509Certificate<'_>) -> Result<(), CertificateFault> {
    x509.extensions_map().map_err(|_| CertificateFault::DuplicateExtension)?;
    for extension in x509.extensions() {
        let known = extension.oid == OID_X509_EXT_BASIC_CONSTRAINTS || extension.oid == OID_X509_EXT_KEY_USAGE;
        if extension.critical && !known {
            return Err(CertificateFault::UnknownCriticalExtension);
        }
        if let ParsedExtension::ParseError { .. } = extension.parsed_extension() {
            return Err(CertificateFault::Malformed);
        }
    }
    Ok(())
}

/// RFC 5758 §3.2: the parameters of ecdsa-with-SHA384 are absent.
fn is_ecdsa_sha384(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    algorithm.algorithm == OID_SIG_ECDSA_WITH_SHA384 && algorithm.parameters.is_none()
}
