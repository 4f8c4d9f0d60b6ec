//! Why a document is refused: one variant and one stable code for each check.

use std::time::Duration;

use time::OffsetDateTime;
use veracruz_policy::Platform;

use super::certificate::{CertificateAt, CertificateFault};
use super::cose::MAX_DOCUMENT_BYTES;
use super::document::MAX_CABUNDLE_ENTRIES;
use crate::cbor::fault::CborFault;
use crate::measurement::Pcr;

/// The check that a document did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than any document can be.
    #[error("the document has {length} bytes, more than the {max} that one can have", max = MAX_DOCUMENT_BYTES)]
    DocumentLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A CBOR item is not what the format demands.
    #[error("{field}, byte {offset}: {fault}")]
    Cbor {
        /// The part of the document.
        field: &'static str,
        /// Where in the document, in bytes.
        offset: usize,
        /// What is wrong.
        fault: CborFault,
    },
    /// Another tag than COSE_Sign1's.
    #[error("the document has CBOR tag {tag}; only 18 (COSE_Sign1) or none may stand there")]
    Tag {
        /// The tag.
        tag: u64,
    },
    /// The envelope is no array of four.
    #[error("the envelope has {items} items instead of 4")]
    EnvelopeItems {
        /// The number of items.
        items: u64,
    },
    /// The protected header says something else than ES384.
    #[error("the protected header is not exactly {{1: -35}} (ES384)")]
    ProtectedHeader,
    /// The unprotected header is not empty.
    #[error("the unprotected header is not empty")]
    UnprotectedHeader,
    /// The signature has the wrong length.
    #[error("the signature has {length} bytes; ES384 has 96")]
    SignatureLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A string is longer or shorter than the format allows.
    #[error("{field} has {length} bytes; it may have {least} to {most}")]
    FieldLength {
        /// The field.
        field: &'static str,
        /// Its length in bytes.
        length: u64,
        /// The fewest bytes.
        least: usize,
        /// The most bytes.
        most: usize,
    },
    /// A field that attestation documents do not have.
    #[error("`{name}` is no field of an enclave's attestation document; evidence of another kind does not count here")]
    UnknownField {
        /// The beginning of the name, escaped.
        name: String,
    },
    /// A field stands twice.
    #[error("{field} stands twice")]
    DuplicateField {
        /// The field.
        field: &'static str,
    },
    /// A field is missing.
    #[error("{field} is missing")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// The registers are of another digest.
    #[error("the digest is `{name}`; only SHA384 is known")]
    Digest {
        /// The beginning of the name, escaped.
        name: String,
    },
    /// The timestamp is past the year 9999.
    #[error("the timestamp {milliseconds} (milliseconds since 1970) is past the year 9999")]
    TimestampRange {
        /// The timestamp.
        milliseconds: u64,
    },
    /// No register at all.
    #[error("pcrs is empty")]
    NoPcrs,
    /// There is no such register.
    #[error("pcrs has index {index}; there are 0 to 31")]
    PcrIndex {
        /// The index.
        index: u64,
    },
    /// A register is not 48 bytes.
    #[error("PCR{index} has {length} bytes instead of 48")]
    PcrLength {
        /// The register.
        index: u8,
        /// Its length in bytes.
        length: usize,
    },
    /// A register stands twice.
    #[error("PCR{index} stands twice")]
    DuplicatePcr {
        /// The register.
        index: u8,
    },
    /// No issuer, or more than are looked at.
    #[error("cabundle has {count} entries; it has 1 to {max}", max = MAX_CABUNDLE_ENTRIES)]
    CabundleCount {
        /// The number of entries.
        count: u64,
    },
    /// A certificate of the chain is not good.
    #[error("{at}: {fault}")]
    Certificate {
        /// Which one.
        at: CertificateAt,
        /// What is wrong.
        fault: CertificateFault,
    },
    /// The chain starts at another root.
    #[error(
        "the chain does not start at the trusted root for platform `{platform}`; evidence from another source needs another anchor"
    )]
    Root {
        /// The platform of the anchor that was given.
        platform: Platform,
    },
    /// The document's signature does not fit.
    #[error("the signature over the document does not fit the key of its certificate")]
    Signature,
    /// The document is from outside its certificate's time.
    #[error("the timestamp {timestamp} is outside the time of the signing certificate")]
    TimestampOutsideLeaf {
        /// The document's timestamp.
        timestamp: OffsetDateTime,
    },
    /// Too old.
    #[error("the evidence is from {timestamp}, older than {} s; ask for fresh evidence", max_age.as_secs())]
    Stale {
        /// The document's timestamp.
        timestamp: OffsetDateTime,
        /// The oldest that is accepted.
        max_age: Duration,
    },
    /// From the future.
    #[error("the evidence is from {timestamp}, which lies in the future; compare the clocks")]
    FromTheFuture {
        /// The document's timestamp.
        timestamp: OffsetDateTime,
    },
    /// An enclave in debug mode.
    #[error(
        "the enclave runs in debug mode (PCR0, PCR1 and PCR2 are zero): its host sees everything; start it without debug mode"
    )]
    Debug,
    /// No nonce.
    #[error("the evidence carries no nonce, so it may be an old one; ask for evidence with the verifier's nonce")]
    NonceAbsent,
    /// Another nonce.
    #[error("the evidence carries another nonce than the expected one; it was made for another request")]
    NonceMismatch,
    /// No user data.
    #[error("the evidence carries no user data, so it is bound to nothing")]
    UserDataAbsent,
    /// Other user data.
    #[error("the user data is not the expected binding; the evidence was made for another key, policy or connection")]
    UserDataMismatch,
    /// A register that was expected is not shown.
    #[error(
        "PCR{index} is not in the evidence (accepted sets of measurements: {sets}; none matches); only locked registers are shown"
    )]
    PcrAbsent {
        /// The register.
        index: u8,
        /// How many sets were tried; the difference is the first set's.
        sets: usize,
    },
    /// A register has another value.
    #[error(
        "PCR{index} is {found}, expected {expected} (accepted sets of measurements: {sets}; none matches): other code or another configuration runs there"
    )]
    PcrMismatch {
        /// The register.
        index: u8,
        /// The expected value.
        expected: Pcr,
        /// The value in the evidence.
        found: Pcr,
        /// How many sets were tried; the difference is the first set's.
        sets: usize,
    },
    /// PCR4 is of another instance than the module id.
    #[error("PCR4 is not the register of the instance that the module id `{module_id}` names")]
    InstanceMismatch {
        /// The beginning of the module id, escaped.
        module_id: String,
    },
}

/// Writes `code` and the list of all codes from one table, so that they cannot differ.
macro_rules! codes {
    ($($pattern:pat => $code:literal,)+) => {
        impl Refusal {
            /// The stable name of the check, in kebab case, for scripts.
            pub const fn code(&self) -> &'static str {
                match self { $($pattern => $code,)+ }
            }

            /// Every code that [`Refusal::code`] can give.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
        }
    };
}

use CborFault as Cbor;
use CertificateFault as Cert;

codes! {
    Refusal::DocumentLength { .. } => "document-length",
    Refusal::Cbor { fault: Cbor::Truncated, .. } => "cbor-truncated",
    Refusal::Cbor { fault: Cbor::TrailingBytes, .. } => "cbor-trailing-bytes",
    Refusal::Cbor { fault: Cbor::NotMinimal, .. } => "cbor-not-minimal",
    Refusal::Cbor { fault: Cbor::Indefinite, .. } => "cbor-indefinite",
    Refusal::Cbor { fault: Cbor::Reserved, .. } => "cbor-reserved",
    Refusal::Cbor { fault: Cbor::Type { .. }, .. } => "cbor-type",
    Refusal::Cbor { fault: Cbor::NotUtf8, .. } => "cbor-not-utf8",
    Refusal::Tag { .. } => "tag",
    Refusal::EnvelopeItems { .. } => "envelope-items",
    Refusal::ProtectedHeader => "protected-header",
    Refusal::UnprotectedHeader => "unprotected-header",
    Refusal::SignatureLength { .. } => "signature-length",
    Refusal::FieldLength { .. } => "field-length",
    Refusal::UnknownField { .. } => "unknown-field",
    Refusal::DuplicateField { .. } => "duplicate-field",
    Refusal::MissingField { .. } => "missing-field",
    Refusal::Digest { .. } => "digest",
    Refusal::TimestampRange { .. } => "timestamp-range",
    Refusal::NoPcrs => "no-pcrs",
    Refusal::PcrIndex { .. } => "pcr-index",
    Refusal::PcrLength { .. } => "pcr-length",
    Refusal::DuplicatePcr { .. } => "duplicate-pcr",
    Refusal::CabundleCount { .. } => "cabundle-count",
    Refusal::Certificate { fault: Cert::Malformed, .. } => "certificate-malformed",
    Refusal::Certificate { fault: Cert::TrailingBytes, .. } => "certificate-trailing-bytes",
    Refusal::Certificate { fault: Cert::NotDer, .. } => "certificate-not-der",
    Refusal::Certificate { fault: Cert::Version, .. } => "certificate-version",
    Refusal::Certificate { fault: Cert::DuplicateExtension, .. } => "certificate-duplicate-extension",
    Refusal::Certificate { fault: Cert::UnknownCriticalExtension, .. } => "certificate-critical-extension",
    Refusal::Certificate { fault: Cert::SignatureAlgorithm, .. } => "certificate-signature-algorithm",
    Refusal::Certificate { fault: Cert::Key, .. } => "certificate-key",
    Refusal::Certificate { fault: Cert::Expired, .. } => "certificate-expired",
    Refusal::Certificate { fault: Cert::NotYetValid, .. } => "certificate-not-yet-valid",
    Refusal::Certificate { fault: Cert::Issuer, .. } => "certificate-issuer",
    Refusal::Certificate { fault: Cert::SelfIssued, .. } => "certificate-self-issued",
    Refusal::Certificate { fault: Cert::NotCa, .. } => "certificate-not-ca",
    Refusal::Certificate { fault: Cert::PathLength, .. } => "certificate-path-length",
    Refusal::Certificate { fault: Cert::KeyCertSign, .. } => "certificate-key-cert-sign",
    Refusal::Certificate { fault: Cert::Signature, .. } => "certificate-signature",
    Refusal::Certificate { fault: Cert::LeafIsCa, .. } => "leaf-is-ca",
    Refusal::Certificate { fault: Cert::LeafPathLength, .. } => "leaf-path-length",
    Refusal::Certificate { fault: Cert::LeafKeyUsage, .. } => "leaf-key-usage",
    Refusal::Certificate { fault: Cert::LeafSignsCertificates, .. } => "leaf-signs-certificates",
    Refusal::Root { .. } => "root",
    Refusal::Signature => "signature",
    Refusal::TimestampOutsideLeaf { .. } => "timestamp-outside-leaf",
    Refusal::Stale { .. } => "stale",
    Refusal::FromTheFuture { .. } => "from-the-future",
    Refusal::Debug => "debug",
    Refusal::NonceAbsent => "nonce-absent",
    Refusal::NonceMismatch => "nonce-mismatch",
    Refusal::UserDataAbsent => "user-data-absent",
    Refusal::UserDataMismatch => "user-data-mismatch",
    Refusal::PcrAbsent { .. } => "pcr-absent",
    Refusal::PcrMismatch { .. } => "pcr-mismatch",
    Refusal::InstanceMismatch { .. } => "instance-mismatch",
}
