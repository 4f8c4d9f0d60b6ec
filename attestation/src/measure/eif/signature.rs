//! The signature section: CBOR of `[{"signing_certificate": PEM, "signature": COSE_Sign1}]`.
//!
//! Only the certificate is read, for PCR8. The signature is not verified here: the platform does that when it starts the
//! image, and PCR8 in evidence shows that it did.

use veracruz_policy::pem_certificates;

use super::error::EifError;
use crate::cbor::{CborError, Major, Reader};

/// The size of the section. AWS's tools write each byte of certificate and signature as a number of its own, one or two
/// bytes; a certificate has some kilobytes.
pub const MAX_SIGNATURE_BYTES: usize = 64 * 1024;

/// Certificates in the PEM; the first is the one that is measured.
const MAX_CERTIFICATES: usize = 8;

/// The DER of the signing certificate.
pub(super) fn certificate_der(section: &[u8]) -> Result<Vec<u8>, EifError> {
    if section.len() > MAX_SIGNATURE_BYTES {
        return Err(EifError::Signature("it is larger than any that is read"));
    }
    let pem = String::from_utf8(certificate_pem(section)?)
        .map_err(|_| EifError::Signature("its certificate is no PEM text"))?;
    let certificates = pem_certificates(&pem, MAX_CERTIFICATES)
        .map_err(|_| EifError::Signature("its certificate is no PEM text of certificates"))?;
    certificates.into_iter().next().ok_or(EifError::Signature("it holds no certificate"))
}

fn certificate_pem(section: &[u8]) -> Result<Vec<u8>, EifError> {
    let other_shape = || EifError::Signature("it is not one certificate with one signature");
    let mut cbor = Reader::new(section);
    // One signature, that of PCR0. With several it would not be plain whose certificate is measured.
    if cbor.array()? != 1 || cbor.map()? != 2 {
        return Err(other_shape());
    }
    let (mut certificate, mut signature) = (None, None);
    for _ in 0..2 {
        match cbor.text()? {
            "signing_certificate" if certificate.is_none() => certificate = Some(byte_list(&mut cbor)?),
            "signature" if signature.is_none() => signature = Some(byte_list(&mut cbor)?),
            _ => return Err(other_shape()),
        }
    }
    cbor.finish()?;
    certificate.ok_or_else(other_shape)
}

/// Bytes as AWS's tools write them, an array of small numbers, or as a byte string.
fn byte_list(cbor: &mut Reader<'_>) -> Result<Vec<u8>, EifError> {
    if cbor.peek()? == Major::Bytes {
        return Ok(cbor.bytes()?.to_vec());
    }
    let length = cbor.array()?;
    let too_large = |_| EifError::Signature("a byte of it is larger than 255");
    (0..length).map(|_| u8::try_from(cbor.unsigned()?).map_err(too_large)).collect()
}

impl From<CborError> for EifError {
    fn from(error: CborError) -> Self {
        EifError::Signature(error.fault.what())
    }
}
