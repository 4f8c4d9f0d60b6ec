//! What an authority says about an instance inside the certificate that it issues for it.
//!
//! The encoding is CBOR with one form only: a map with text keys in the deterministic order of RFC 8949, section 4.2.1,
//! shortest heads, nothing unknown. Decoding accepts exactly what encoding makes.

use time::OffsetDateTime;
use veracruz_policy::{Platform, Sha256Digest};

use crate::cbor::{CborError, Reader, Writer};
use crate::measure::runtime_hash;
use crate::measurement::Pcr;

/// The version that is written and read.
const VERSION: u64 = 1;

/// Bytes of a module's name. AWS's have about 40 (`i-<instance>-enc<id>`).
pub const MAX_MODULE_ID_BYTES: usize = 128;

/// What was found in the evidence when the certificate was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationClaims {
    /// The platform that the evidence is of.
    pub platform: Platform,
    /// The measurement of the whole image.
    pub pcr0: Pcr,
    /// The measurement of kernel, command line and first ramdisk.
    pub pcr1: Pcr,
    /// The measurement of the remaining ramdisks.
    pub pcr2: Pcr,
    /// The parent instance's IAM role. It depends on the account id, so an authority may leave it out.
    pub pcr3: Option<Pcr>,
    /// The policy that the runtime extended, see [`POLICY_PCR`](crate::POLICY_PCR).
    pub pcr16: Option<Pcr>,
    /// SHA-256 of the text of the policy that the evidence is bound to.
    pub policy_hash: Sha256Digest,
    /// The security module that signed the evidence: 1 to [`MAX_MODULE_ID_BYTES`] bytes of visible ASCII.
    pub module_id: String,
    /// SHA-384 of the evidence.
    pub evidence_sha384: [u8; 48],
    /// When the authority judged the evidence; whole seconds, not before 1970.
    pub issued_at: OffsetDateTime,
}

impl AttestationClaims {
    /// The CBOR bytes.
    pub fn encode(&self) -> Vec<u8> {
        let optional = [("pcr3", &self.pcr3), ("pcr16", &self.pcr16)];
        let present = optional.iter().filter(|(_, value)| value.is_some()).count();
        let mut cbor = Writer::new();
        cbor.map(FIXED_KEYS as usize + present).text("v").unsigned(VERSION);
        for (key, value) in [("pcr0", &self.pcr0), ("pcr1", &self.pcr1), ("pcr2", &self.pcr2)] {
            cbor.text(key).bytes(value.as_bytes());
        }
        for (key, value) in optional {
            if let Some(value) = value {
                cbor.text(key).bytes(value.as_bytes());
            }
        }
        cbor.text("evidence").bytes(&self.evidence_sha384);
        cbor.text("platform").text(self.platform.name());
        cbor.text("issued_at").unsigned(u64::try_from(self.issued_at.unix_timestamp()).unwrap_or(0));
        cbor.text("module_id").text(&self.module_id);
        cbor.text("policy_hash").bytes(self.policy_hash.as_bytes());
        cbor.finish()
    }

    /// Reads what [`encode`](Self::encode) writes and nothing else.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] says what the bytes have in place of the form.
    pub fn decode(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let mut cbor = Reader::new(bytes);
        let pairs = cbor.map()?;
        key(&mut cbor, "v")?;
        match cbor.unsigned()? {
            VERSION => {}
            other => return Err(ClaimsError::Version(other)),
        }
        let claims = AttestationClaims {
            pcr0: register(&mut cbor, "pcr0")?,
            pcr1: register(&mut cbor, "pcr1")?,
            pcr2: register(&mut cbor, "pcr2")?,
            pcr3: optional_register(&mut cbor, "pcr3")?,
            pcr16: optional_register(&mut cbor, "pcr16")?,
            evidence_sha384: fixed_bytes(&mut cbor, "evidence")?,
            platform: platform(&mut cbor)?,
            issued_at: issued_at(&mut cbor)?,
            module_id: module_id(&mut cbor)?,
            policy_hash: fixed_bytes::<32>(&mut cbor, "policy_hash")?.into(),
        };
        cbor.finish()?;
        let present = u64::from(claims.pcr3.is_some()) + u64::from(claims.pcr16.is_some());
        if pairs == FIXED_KEYS + present { Ok(claims) } else { Err(ClaimsError::Keys) }
    }

    /// The register `index`, if the claims carry it.
    pub fn pcr(&self, index: u8) -> Option<&Pcr> {
        match index {
            0 => Some(&self.pcr0),
            1 => Some(&self.pcr1),
            2 => Some(&self.pcr2),
            3 => self.pcr3.as_ref(),
            16 => self.pcr16.as_ref(),
            _ => None,
        }
    }

    /// The 32 bytes that clients of Veracruz compare: PCR0 cut to its first 32 bytes.
    pub fn runtime_hash(&self) -> [u8; 32] {
        runtime_hash(&self.pcr0)
    }
}

/// The keys that are always there.
const FIXED_KEYS: u64 = 9;

fn key(cbor: &mut Reader<'_>, expected: &'static str) -> Result<(), ClaimsError> {
    if cbor.text()? == expected { Ok(()) } else { Err(ClaimsError::Keys) }
}

fn fixed_bytes<const LENGTH: usize>(
    cbor: &mut Reader<'_>,
    expected: &'static str,
) -> Result<[u8; LENGTH], ClaimsError> {
    key(cbor, expected)?;
    cbor.bytes()?.try_into().map_err(|_| ClaimsError::Value(expected))
}

fn register(cbor: &mut Reader<'_>, expected: &'static str) -> Result<Pcr, ClaimsError> {
    fixed_bytes(cbor, expected).map(Pcr::from)
}

fn optional_register(cbor: &mut Reader<'_>, expected: &'static str) -> Result<Option<Pcr>, ClaimsError> {
    match cbor.clone().text() {
        Ok(next) if next == expected => register(cbor, expected).map(Some),
        _ => Ok(None),
    }
}

fn platform(cbor: &mut Reader<'_>) -> Result<Platform, ClaimsError> {
    key(cbor, "platform")?;
    cbor.text()?.parse().map_err(|_| ClaimsError::Value("platform"))
}

fn issued_at(cbor: &mut Reader<'_>) -> Result<OffsetDateTime, ClaimsError> {
    key(cbor, "issued_at")?;
    let seconds = i64::try_from(cbor.unsigned()?).map_err(|_| ClaimsError::Value("issued_at"))?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| ClaimsError::Value("issued_at"))
}

fn module_id(cbor: &mut Reader<'_>) -> Result<String, ClaimsError> {
    key(cbor, "module_id")?;
    let text = cbor.text()?;
    if is_module_id(text) { Ok(text.to_owned()) } else { Err(ClaimsError::Value("module_id")) }
}

/// Whether a module's name can stand in the claims.
pub(crate) fn is_module_id(text: &str) -> bool {
    (1..=MAX_MODULE_ID_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Why bytes are no attestation claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// They are of another version.
    #[error("the claims have version {0}, this software reads version {VERSION}; use a newer one")]
    Version(u64),
    /// They are no CBOR of the one form that is allowed.
    #[error("the claims are not encoded as they must be: {0}")]
    Encoding(&'static str),
    /// A key is missing, unknown, twice there, or out of order.
    #[error("the claims do not have exactly the keys of their version, in order")]
    Keys,
    /// A value has the wrong length or is out of range.
    #[error("the value of `{0}` in the claims has the wrong length or range")]
    Value(&'static str),
}

impl From<CborError> for ClaimsError {
    fn from(error: CborError) -> Self {
        ClaimsError::Encoding(error.fault.what())
    }
}
