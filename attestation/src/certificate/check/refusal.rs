//! Why an instance's certificate is refused.

use time::OffsetDateTime;
use veracruz_policy::{Platform, Sha256Digest};

use super::shape::MAX_CERTIFICATE_BYTES;
use crate::certificate::claims::ClaimsError;
use crate::measurement::Pcr;
use crate::nitro::Refusal;

/// What is wrong with a certificate, in the order in which it is checked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateRefusal {
    /// It has more than [`MAX_CERTIFICATE_BYTES`].
    #[error("the certificate has {0} bytes, at most {MAX_CERTIFICATE_BYTES} are read")]
    TooLarge(usize),
    /// It is no X.509 certificate of version 3, or bytes follow after it.
    #[error("the certificate is no X.509 certificate of version 3 in DER, or bytes follow after it")]
    Malformed,
    /// An extension stands twice.
    #[error("the certificate has the extension {0} twice, so that two readers could read it differently")]
    DuplicateExtension(String),
    /// A critical extension is not understood.
    #[error("the certificate has the critical extension {0}, which this software does not understand")]
    CriticalExtension(String),
    /// The authority's certificate that came along is not one that the policy names.
    #[error("the instance presented an authority that the policy does not name in `proxy_service_cert`")]
    AuthorityNotPinned,
    /// The certificate's issuer is not an authority that the policy names.
    #[error("the certificate was issued in the name of an authority that the policy does not name")]
    IssuerNotPinned,
    /// The signature is not ECDSA with SHA-256 or SHA-384.
    #[error("the certificate is not signed by ECDSA with SHA-256 or SHA-384")]
    SignatureAlgorithm,
    /// The signature does not verify.
    #[error("the certificate's signature does not verify under the authority that the policy names")]
    Signature,
    /// The certificate was to be one that its own key signed.
    #[error("the certificate is not self-signed: it is issued in the name of somebody else")]
    NotSelfSigned,
    /// The authority's certificate is not valid yet.
    #[error("the authority's certificate is valid from {0} only; check this machine's clock")]
    AuthorityNotYetValid(OffsetDateTime),
    /// The authority's certificate has ended.
    #[error("the authority's certificate ended at {0}; the policy needs the certificate of its successor")]
    AuthorityExpired(OffsetDateTime),
    /// The certificate is not valid yet.
    #[error("the certificate is valid from {0} only; check this machine's clock")]
    NotYetValid(OffsetDateTime),
    /// The certificate has ended.
    #[error("the certificate ended at {0}; the instance has to renew it")]
    Expired(OffsetDateTime),
    /// It is a certificate of an authority.
    #[error("the certificate is an authority's (CA=TRUE), not an instance's")]
    IsAuthority,
    /// Its key usage is not that of a TLS server.
    #[error("the certificate's key usage is not digitalSignature without keyCertSign")]
    KeyUsage,
    /// Its extended key usage is not that of a TLS server.
    #[error("the certificate's extended key usage does not have serverAuth")]
    ExtendedKeyUsage,
    /// There is no runtime hash.
    #[error("the certificate has no runtime hash (extension 2.5.30.1): it is no instance's certificate")]
    RuntimeHashMissing,
    /// The runtime hash has another length than 32 bytes.
    #[error("the certificate's runtime hash has {0} bytes in place of 32")]
    RuntimeHashLength(usize),
    /// The runtime hash is none of those that the policy accepts.
    #[error("the certificate's runtime hash is none of those that the policy accepts: another runtime runs there")]
    RuntimeHashMismatch,
    /// There are no claims of an authority.
    #[error(
        "the certificate has no attestation claims; the attestation service is of Veracruz's time (compatibility mode reads it)"
    )]
    ClaimsMissing,
    /// The claims cannot be read.
    #[error("the certificate's attestation claims cannot be read: {0}")]
    Claims(ClaimsError),
    /// The runtime hash is not the beginning of PCR0 in the claims.
    #[error("the certificate's runtime hash and its claims are about different runtimes")]
    RuntimeHashDiffers,
    /// It is an instance on another platform.
    #[error("the instance runs on the platform `{found}`, the policy wants `{expected}`")]
    Platform {
        /// The platform of the policy.
        expected: Platform,
        /// The platform in the claims.
        found: Platform,
    },
    /// A register of the image is all zero.
    #[error("the instance runs in debug mode (PCR0, PCR1 or PCR2 is all zero): its host can read everything in it")]
    Debug,
    /// The instance holds another policy.
    #[error("the instance holds the policy {found}, expected is {expected}")]
    PolicyHash {
        /// The policy of the client.
        expected: Sha256Digest,
        /// The policy in the claims.
        found: Sha256Digest,
    },
    /// The evidence was judged at another time than that at which the certificate was issued.
    #[error("the evidence was judged at {0}, not when the certificate was issued")]
    IssuedAt(OffsetDateTime),
    /// No accepted set of measurements is shown.
    #[error(
        "the instance's measurements (PCR0 {pcr0}) are none of those that are accepted, or the claims do not carry a register that is compared"
    )]
    Measurement {
        /// The measurement of the whole image.
        pcr0: Pcr,
    },
    /// The evidence is not stapled.
    #[error("the certificate carries no evidence, but it is required; the attestation service has to staple it")]
    EvidenceMissing,
    /// The stapled evidence is not wrapped as it must be.
    #[error("the evidence in the certificate is no CBOR record of a conceptual message in a DER OCTET STRING")]
    EvidenceEncoding,
    /// The stapled message is of another kind.
    #[error("the message in the certificate is not evidence of the platform that the certificate names")]
    EvidenceType,
    /// The claims are about other evidence.
    #[error("the evidence in the certificate is not that of the claims: the digests differ")]
    EvidenceDigest,
    /// The evidence does not have a nonce of 32 bytes.
    #[error("the evidence has no nonce of 32 bytes, so it was not made for an attestation service")]
    EvidenceNonce,
    /// The evidence does not verify.
    #[error("the evidence in the certificate is refused: {0}")]
    Evidence(Box<Refusal>),
    /// The claims say something else than the evidence.
    #[error("the claims in the certificate differ from what its evidence shows")]
    EvidenceDiffers,
}

impl CertificateRefusal {
    /// A stable name of the reason. Refused evidence has the code of the evidence's refusal in
    /// [`CertificateRefusal::Evidence`], beside this one.
    pub const fn code(&self) -> &'static str {
        match self {
            CertificateRefusal::TooLarge(_) => "certificate-too-large",
            CertificateRefusal::Malformed => "certificate-malformed",
            CertificateRefusal::DuplicateExtension(_) => "certificate-duplicate-extension",
            CertificateRefusal::CriticalExtension(_) => "certificate-critical-extension",
            CertificateRefusal::AuthorityNotPinned => "authority-not-pinned",
            CertificateRefusal::IssuerNotPinned => "issuer-not-pinned",
            CertificateRefusal::SignatureAlgorithm => "certificate-signature-algorithm",
            CertificateRefusal::Signature => "certificate-signature",
            CertificateRefusal::NotSelfSigned => "certificate-not-self-signed",
            CertificateRefusal::AuthorityNotYetValid(_) => "authority-not-yet-valid",
            CertificateRefusal::AuthorityExpired(_) => "authority-expired",
            CertificateRefusal::NotYetValid(_) => "certificate-not-yet-valid",
            CertificateRefusal::Expired(_) => "certificate-expired",
            CertificateRefusal::IsAuthority => "certificate-is-ca",
            CertificateRefusal::KeyUsage => "certificate-key-usage",
            CertificateRefusal::ExtendedKeyUsage => "certificate-extended-key-usage",
            CertificateRefusal::RuntimeHashMissing => "runtime-hash-missing",
            CertificateRefusal::RuntimeHashLength(_) => "runtime-hash-length",
            CertificateRefusal::RuntimeHashMismatch => "runtime-hash-mismatch",
            CertificateRefusal::ClaimsMissing => "claims-missing",
            CertificateRefusal::Claims(ClaimsError::Version(_)) => "claims-version",
            CertificateRefusal::Claims(_) => "claims-malformed",
            CertificateRefusal::RuntimeHashDiffers => "runtime-hash-differs-from-claims",
            CertificateRefusal::Platform { .. } => "platform-mismatch",
            CertificateRefusal::Debug => "debug-mode",
            CertificateRefusal::PolicyHash { .. } => "policy-hash-mismatch",
            CertificateRefusal::IssuedAt(_) => "issued-at-mismatch",
            CertificateRefusal::Measurement { .. } => "measurement-mismatch",
            CertificateRefusal::EvidenceMissing => "evidence-missing",
            CertificateRefusal::EvidenceEncoding => "evidence-encoding",
            CertificateRefusal::EvidenceType => "evidence-type",
            CertificateRefusal::EvidenceDigest => "evidence-digest",
            CertificateRefusal::EvidenceNonce => "evidence-nonce",
            CertificateRefusal::Evidence(_) => "evidence-refused",
            CertificateRefusal::EvidenceDiffers => "evidence-differs-from-claims",
        }
    }
}
