//! The payload: the nine fields of an attestation document, each within its bounds.
//!
//! A document that parses proves nothing yet. Unknown fields are refused, because the same root signs documents of
//! another kind (NitroTPM, `nitrotpm_pcrs`) that must never pass for these.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha384};
use time::OffsetDateTime;

use super::cbor::Reader;
use super::cose::Envelope;
use super::excerpt::excerpt;
use super::refusal::Refusal;
use crate::measurement::{PCR_COUNT, Pcr};

/// The longest `public_key`, `user_data` and `nonce` that are read. AWS's format text says 1024 for each; the device
/// itself takes at most 512 bytes of the latter two.
pub const MAX_OPTIONAL_FIELD_BYTES: usize = 1024;

/// The longest certificate: AWS's format says 1 to 1024 bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 1024;

/// The most entries of `cabundle`. Real ones have four; the format says one or more, and each costs a signature check.
pub const MAX_CABUNDLE_ENTRIES: u64 = 8;

/// The longest `module_id` in bytes. The format names no bound; real ones have 39, NitroTPM's shorter.
pub const MAX_MODULE_ID_BYTES: usize = 256;

/// What an attestation document says. Whoever holds one knows nothing about its truth.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) module_id: String,
    pub(crate) timestamp: OffsetDateTime,
    pub(crate) pcrs: BTreeMap<u8, Pcr>,
    /// DER of the certificate whose key signed.
    pub(crate) certificate: Vec<u8>,
    /// DER of the issuers, the root first.
    pub(crate) cabundle: Vec<Vec<u8>>,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) user_data: Option<Vec<u8>>,
    pub(crate) nonce: Option<Vec<u8>>,
    /// SHA-384 over the whole document as received.
    pub(crate) evidence_sha384: [u8; 48],
}

impl Document {
    /// Opens the envelope and reads the payload.
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Envelope<'_>, Self), Refusal> {
        let envelope = Envelope::parse(bytes)?;
        let document = Fields::read(&envelope)?.complete(Sha384::digest(bytes).into())?;
        Ok((envelope, document))
    }

    /// Whether the enclave ran in debug mode: AWS then zeroes PCR0, PCR1 and PCR2. An enclave that shows none of the three
    /// counts as one too, for nothing says that it is not.
    pub(crate) fn is_debug(&self) -> bool {
        !(0..=2).any(|index| self.pcrs.get(&index).is_some_and(|pcr| !pcr.is_zero()))
    }

    /// The instance id inside a module id `<instance>-enc<id>`.
    pub(crate) fn instance_id(&self) -> Option<&str> {
        self.module_id.split_once("-enc").map(|(instance, _)| instance)
    }
}

/// The fields as they come; the order is free, as in any CBOR map.
#[derive(Default)]
struct Fields {
    module_id: Option<String>,
    digest: Option<()>,
    timestamp: Option<OffsetDateTime>,
    pcrs: Option<BTreeMap<u8, Pcr>>,
    certificate: Option<Vec<u8>>,
    cabundle: Option<Vec<Vec<u8>>>,
    /// The outer `Option` says whether the field was there, the inner one whether it was null.
    public_key: Option<Option<Vec<u8>>>,
    user_data: Option<Option<Vec<u8>>>,
    nonce: Option<Option<Vec<u8>>>,
}

impl Fields {
    fn read(envelope: &Envelope<'_>) -> Result<Self, Refusal> {
        let mut reader = Reader::new(envelope.payload, envelope.payload_offset);
        let mut fields = Fields::default();
        let mut entries = reader.map("payload")?;
        while reader.next_entry("payload", &mut entries)? {
            // The longest known name has 11 bytes; a longer one is cut when it is shown.
            let name = reader.text("field name", 0..=MAX_MODULE_ID_BYTES)?;
            fields.read_field(name, &mut reader)?;
        }
        reader.end("payload")?;
        Ok(fields)
    }

    fn read_field(&mut self, name: &str, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        match name {
            "module_id" => {
                let text = reader.text("module_id", 1..=MAX_MODULE_ID_BYTES)?;
                once("module_id", &mut self.module_id, text.to_owned())
            }
            "digest" => once("digest", &mut self.digest, read_digest(reader)?),
            "timestamp" => once("timestamp", &mut self.timestamp, read_timestamp(reader)?),
            "pcrs" => once("pcrs", &mut self.pcrs, read_pcrs(reader)?),
            "certificate" => {
                let der = reader.bytes("certificate", 1..=MAX_CERTIFICATE_BYTES)?;
                once("certificate", &mut self.certificate, der.to_vec())
            }
            "cabundle" => once("cabundle", &mut self.cabundle, read_cabundle(reader)?),
            "public_key" => once("public_key", &mut self.public_key, read_optional("public_key", reader)?),
            "user_data" => once("user_data", &mut self.user_data, read_optional("user_data", reader)?),
            "nonce" => once("nonce", &mut self.nonce, read_optional("nonce", reader)?),
            unknown => Err(Refusal::UnknownField { name: excerpt(unknown) }),
        }
    }

    fn complete(self, evidence_sha384: [u8; 48]) -> Result<Document, Refusal> {
        self.digest.ok_or(Refusal::MissingField { field: "digest" })?;
        Ok(Document {
            module_id: self.module_id.ok_or(Refusal::MissingField { field: "module_id" })?,
            timestamp: self.timestamp.ok_or(Refusal::MissingField { field: "timestamp" })?,
            pcrs: self.pcrs.ok_or(Refusal::MissingField { field: "pcrs" })?,
            certificate: self.certificate.ok_or(Refusal::MissingField { field: "certificate" })?,
            cabundle: self.cabundle.ok_or(Refusal::MissingField { field: "cabundle" })?,
            // AWS's text lets the three be absent, the device writes null for them.
            public_key: self.public_key.flatten(),
            user_data: self.user_data.flatten(),
            nonce: self.nonce.flatten(),
            evidence_sha384,
        })
    }
}

fn once<T>(field: &'static str, slot: &mut Option<T>, value: T) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refusal::DuplicateField { field }),
    }
}

fn read_digest(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    match reader.text("digest", 0..=MAX_MODULE_ID_BYTES)? {
        "SHA384" => Ok(()),
        other => Err(Refusal::Digest { name: excerpt(other) }),
    }
}

fn read_timestamp(reader: &mut Reader<'_>) -> Result<OffsetDateTime, Refusal> {
    let milliseconds = reader.unsigned("timestamp")?;
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|_| Refusal::TimestampRange { milliseconds })
}

fn read_pcrs(reader: &mut Reader<'_>) -> Result<BTreeMap<u8, Pcr>, Refusal> {
    let mut pcrs = BTreeMap::new();
    let mut entries = reader.map("pcrs")?;
    while reader.next_entry("pcrs", &mut entries)? {
        let number = reader.unsigned("pcrs")?;
        let index = u8::try_from(number).ok().filter(|index| *index < PCR_COUNT);
        let index = index.ok_or(Refusal::PcrIndex { index: number })?;
        let value = reader.bytes("pcrs", 0..=MAX_OPTIONAL_FIELD_BYTES)?;
        let value: [u8; 48] = value.try_into().map_err(|_| Refusal::PcrLength {
            index,
            length: value.len(),
        })?;
        if pcrs.insert(index, Pcr::from(value)).is_some() {
            return Err(Refusal::DuplicatePcr { index });
        }
    }
    if pcrs.is_empty() {
        Err(Refusal::NoPcrs)
    } else {
        Ok(pcrs)
    }
}

fn read_cabundle(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
    let count = reader.array("cabundle")?;
    if count == 0 || count > MAX_CABUNDLE_ENTRIES {
        return Err(Refusal::CabundleCount { count });
    }
    (0..count)
        .map(|_| Ok(reader.bytes("cabundle", 1..=MAX_CERTIFICATE_BYTES)?.to_vec()))
        .collect()
}

fn read_optional(field: &'static str, reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    if reader.null(field)? {
        return Ok(None);
    }
    Ok(Some(reader.bytes(field, 0..=MAX_OPTIONAL_FIELD_BYTES)?.to_vec()))
}
