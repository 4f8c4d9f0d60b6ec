//! Evidence inside a certificate: the CBOR record of draft-ietf-rats-msg-wrap, `[media type, bytes, ? indicator]`, in a
//! DER OCTET STRING (the `cbor` choice of its `CMW` type for X.509).

use std::borrow::Cow;

use veracruz_policy::Platform;

use super::octets;
use crate::cbor::Writer;
#[cfg(feature = "verifier")]
use crate::cbor::{CborError, Reader};

/// The bit of the draft's `cm-type` that says: evidence.
const EVIDENCE: u64 = 1 << 2;

/// The value of the extension for `evidence` of `platform`.
pub(crate) fn wrap(platform: Platform, evidence: &[u8]) -> Vec<u8> {
    let mut record = Writer::new();
    record.array(3).text(&media_type(platform)).bytes(evidence).unsigned(EVIDENCE);
    octets::wrap(&record.finish())
}

/// The evidence in an extension, when it says that it is evidence of `platform`.
#[cfg(feature = "verifier")]
pub(crate) fn unwrap(platform: Platform, extension: &[u8]) -> Result<&[u8], CmwError> {
    let record = octets::unwrap(extension).ok_or(CmwError::Encoding)?;
    let mut record = Reader::new(record);
    let length = record.array()?;
    let media = record.text()?;
    let evidence = record.bytes()?;
    match length {
        2 => {}
        3 if record.unsigned() == Ok(EVIDENCE) => {}
        _ => return Err(CmwError::Encoding),
    }
    record.finish()?;
    if media == media_type(platform) { Ok(evidence) } else { Err(CmwError::MediaType) }
}

/// Documents of different platforms can have the same form, so the type has to tell them apart.
/// `application/aws-nitro-document` is what the Veraison project uses; no media type is registered.
fn media_type(platform: Platform) -> Cow<'static, str> {
    match platform {
        Platform::Nitro => "application/aws-nitro-document".into(),
        other => format!("application/vnd.veracruz.{other}-evidence").into(),
    }
}

#[cfg(feature = "verifier")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CmwError {
    /// It is no such record.
    Encoding,
    /// It is a message of another kind or platform.
    MediaType,
}

#[cfg(feature = "verifier")]
impl From<CborError> for CmwError {
    fn from(_: CborError) -> Self {
        CmwError::Encoding
    }
}
