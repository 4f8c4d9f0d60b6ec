//! AWS Nitro attestation documents: parse, authenticate, appraise, explain.
//!
//! The order of checks is fixed and each failure has its own [`Refusal`]:
//! envelope and payload, certificates, chain to the anchor, signature, leaf window ([`authenticate`], which gives a
//! [`Genuine`] document), then freshness, debug mode, nonce, user data, measurements and the instance
//! ([`Genuine::appraise`], which gives a [`Verified`] one). Neither type can be made any other way.
//!
//! This module never reads a clock, never opens a connection (AWS publishes revocation lists and tells verifiers not to
//! use them), and never re-encodes what was signed.
//!
//! Facts about the format: AWS, `aws-nitro-enclaves-nsm-api/docs/attestation_process.md`, and real documents.

mod anchors;
mod cbor;
mod certificate;
mod chain;
mod checked;
mod cose;
mod document;
mod excerpt;
mod expectation;
mod explain;
mod genuine;
mod refusal;
mod unverified;
mod verified;

use time::OffsetDateTime;

pub use crate::cbor::fault::CborFault;
pub use anchors::{AWS_ROOT_SHA256, AnchorError, Anchors, root_from_file};
pub use certificate::{CertificateAt, CertificateFault};
pub use cose::{MAX_DOCUMENT_BYTES, MAX_PAYLOAD_BYTES};
pub use document::{MAX_CABUNDLE_ENTRIES, MAX_CERTIFICATE_BYTES, MAX_MODULE_ID_BYTES, MAX_OPTIONAL_FIELD_BYTES};
pub use expectation::{DEFAULT_MAX_AGE, Expectation, ExpectationError, MAX_CLOCK_SKEW, NoncePolicy};
pub use explain::{Bytes, Certificate, Explanation, Register, Standing};
pub use genuine::Genuine;
pub use refusal::Refusal;
pub use unverified::{Unverified, parse_unverified};
pub use verified::Verified;

pub use genuine::authenticate;

/// Authenticates `document` and appraises it in one step: everything that this module can check.
///
/// `now` must come from a clock that the document's sender cannot set. The bytes of a document are no identity: one
/// signature has more than one valid encoding, so replay is stopped by the nonce and never by remembering documents.
///
/// # Errors
///
/// The first check that fails, in the order of the module's description.
pub fn verify(
    document: &[u8],
    anchors: &Anchors,
    now: OffsetDateTime,
    expectation: &Expectation,
) -> Result<Verified, Refusal> {
    authenticate(document, anchors, now)?.appraise(expectation, now)
}
