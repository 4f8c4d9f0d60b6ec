//! The check of a certificate request: whoever sent it has the private key.
//!
//! Nothing that the request asks for (subject, extensions) is taken over: the authority alone decides what it signs.

use x509_cert::request::CertReq;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Version;

use super::ecdsa::{EcKey, Fault};
use super::strict::is_der;

/// The size of a request, in bytes. One with a P-384 key and a long subject has about 600; this leaves room for
/// attributes that are ignored.
pub const MAX_CSR_BYTES: usize = 4096;

/// A request whose signature verifies under the key that it names: proof of possession. Only [`VerifiedRequest::check`]
/// makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRequest {
    spki_der: Vec<u8>,
}

impl VerifiedRequest {
    /// Checks DER of PKCS#10 (RFC 2986).
    ///
    /// # Errors
    ///
    /// Each reason to refuse it is its own [`CsrRefusal`].
    pub fn check(csr_der: &[u8]) -> Result<Self, CsrRefusal> {
        if csr_der.len() > MAX_CSR_BYTES {
            return Err(CsrRefusal::TooLarge(csr_der.len()));
        }
        let (trailing, csr) = X509CertificationRequest::from_der(csr_der).map_err(|_| CsrRefusal::Malformed)?;
        if !trailing.is_empty() {
            return Err(CsrRefusal::TrailingBytes(trailing.len()));
        }
        let info = &csr.certification_request_info;
        if info.version != X509Version::V1 || !is_der::<CertReq>(csr_der) {
            return Err(CsrRefusal::Malformed);
        }
        let key = EcKey::of(&info.subject_pki).ok_or(CsrRefusal::KeyType)?;
        key.verify(&csr.signature_algorithm, info.raw, &csr.signature_value)
            .map_err(|fault| match fault {
                Fault::Algorithm => CsrRefusal::SignatureAlgorithm,
                Fault::Signature => CsrRefusal::Signature,
            })?;
        Ok(VerifiedRequest {
            spki_der: info.subject_pki.raw.to_vec(),
        })
    }

    /// The DER SubjectPublicKeyInfo of the key whose possession is proven.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }
}

/// Why a certificate request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrRefusal {
    /// It has more than [`MAX_CSR_BYTES`].
    #[error("the certificate request has {0} bytes, at most {MAX_CSR_BYTES} are read")]
    TooLarge(usize),
    /// It is no PKCS#10 request in DER.
    #[error("the certificate request is no PKCS#10 request in DER (if it is PEM, decode it first)")]
    Malformed,
    /// Bytes follow the request.
    #[error("{0} bytes follow after the end of the certificate request")]
    TrailingBytes(usize),
    /// The key is not on P-256 or P-384, or not in the uncompressed form.
    #[error("the key of the certificate request is not an uncompressed key on P-256 or P-384")]
    KeyType,
    /// The signature is not ECDSA with SHA-256 or SHA-384.
    #[error("the certificate request is not signed by ECDSA with SHA-256 or SHA-384")]
    SignatureAlgorithm,
    /// The signature does not verify: the sender may not have the private key.
    #[error("the signature of the certificate request does not verify under its own key: possession is not proven")]
    Signature,
}

impl CsrRefusal {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            CsrRefusal::TooLarge(_) => "csr-too-large",
            CsrRefusal::Malformed => "csr-malformed",
            CsrRefusal::TrailingBytes(_) => "csr-trailing-bytes",
            CsrRefusal::KeyType => "csr-key-type",
            CsrRefusal::SignatureAlgorithm => "csr-signature-algorithm",
            CsrRefusal::Signature => "csr-signature",
        }
    }
}
