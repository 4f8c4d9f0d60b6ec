//! A document in the making: right until the caller changes a part, and signed over whatever it says then.

use aws_lc_rs::digest::{SHA384, digest};
use time::OffsetDateTime;

use super::cbor;
use super::chain::Chain;

/// The content of the right protected header: `{1: -35}`.
pub const ES384: &[u8] = &[0xa1, 0x01, 0x38, 0x22];

/// The parts of a document.
#[derive(Debug)]
pub struct Draft {
    /// Certificates and keys; the leaf signs.
    pub chain: Chain,
    /// The payload's entries.
    pub payload: Payload,
    /// The payload's bytes instead of the encoded entries.
    pub payload_bytes: Option<Vec<u8>>,
    /// The payload's item as it stands in the envelope, instead of the byte string.
    pub payload_item: Option<Vec<u8>>,
    /// The leaf and the bundle instead of the chain's.
    pub certificate: Option<Vec<u8>>,
    /// The bundle's certificates instead of the chain's.
    pub cabundle: Option<Vec<Vec<u8>>>,
    /// What stands before the items of the envelope: tags and the array's head.
    pub envelope_head: Vec<u8>,
    /// The content of the protected header.
    pub protected: Vec<u8>,
    /// The item of the unprotected header.
    pub unprotected: Vec<u8>,
    /// The signature instead of the leaf's.
    pub signature: Option<Vec<u8>>,
    /// What follows after the signature.
    pub tail: Vec<u8>,
}

/// The entries of a payload map.
#[derive(Clone, Debug)]
pub struct Payload {
    /// Keys and values as CBOR items.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the map has indefinite length.
    pub indefinite: bool,
}

impl Draft {
    /// A right document of `now`: user data `user data`, nonce `nonce`, no public key, PCR0 to 15 with PCR0 to 2 and 4
    /// set, PCR`n` for n in 0 to 2 being 48 times the byte n + 1.
    pub fn new(now: OffsetDateTime) -> Self {
        let milliseconds = now.unix_timestamp_nanos() / 1_000_000;
        let module_id = "i-0123456789abcdef0-enc0123456789abcdef";
        let entries = [
            ("module_id", cbor::text(module_id)),
            ("digest", cbor::text("SHA384")),
            ("timestamp", cbor::unsigned(u64::try_from(milliseconds).unwrap())),
            ("pcrs", cbor::map(&Draft::pcrs())),
            ("certificate", Vec::new()),
            ("cabundle", Vec::new()),
            ("public_key", cbor::null()),
            ("user_data", cbor::bytes(b"user data")),
            ("nonce", cbor::bytes(b"nonce")),
        ];
        let entries = entries.into_iter().map(|(key, value)| (cbor::text(key), value)).collect();
        Draft {
            chain: Chain::new(now),
            payload: Payload { entries, indefinite: true },
            payload_bytes: None,
            payload_item: None,
            certificate: None,
            cabundle: None,
            envelope_head: cbor::head(4, 4),
            protected: ES384.to_vec(),
            unprotected: cbor::head(5, 0),
            signature: None,
            tail: Vec::new(),
        }
    }

    /// The entries of the right `pcrs` map.
    pub fn pcrs() -> Vec<(Vec<u8>, Vec<u8>)> {
        let instance = digest(&SHA384, &[&[0; 48], b"i-0123456789abcdef0".as_slice()].concat());
        let value = |index: u8| match index {
            0..=2 => vec![index + 1; 48],
            4 => instance.as_ref().to_vec(),
            _ => vec![0; 48],
        };
        (0..16).map(|index| (cbor::unsigned(u64::from(index)), cbor::bytes(&value(index)))).collect()
    }

    /// The payload's bytes as they are signed.
    pub fn payload_bytes(&self) -> Vec<u8> {
        if let Some(bytes) = &self.payload_bytes {
            return bytes.clone();
        }
        let mut bundle = self.chain.certificates();
        let leaf = bundle.pop().unwrap();
        let bundle = self.cabundle.as_ref().unwrap_or(&bundle);
        let bundle: Vec<_> = bundle.iter().map(|der| cbor::bytes(der)).collect();
        let mut payload = self.payload.clone();
        payload.fill("certificate", cbor::bytes(self.certificate.as_ref().unwrap_or(&leaf)));
        payload.fill("cabundle", cbor::array(&bundle));
        payload.encode()
    }

    /// Signs and writes the document.
    pub fn finish(&self) -> Vec<u8> {
        self.finish_with(&self.payload_bytes())
    }

    /// Signs and writes the document with this payload.
    pub fn finish_with(&self, payload: &[u8]) -> Vec<u8> {
        let payload = cbor::bytes(payload);
        let protected = cbor::bytes(&self.protected);
        let signed = [cbor::text("Signature1"), protected.clone(), cbor::bytes(&[]), payload.clone()];
        let signed = cbor::array(&signed);
        let signature = self.signature.clone().unwrap_or_else(|| self.chain.leaf().key.sign_document(&signed));
        [
            self.envelope_head.clone(),
            protected,
            self.unprotected.clone(),
            self.payload_item.clone().unwrap_or(payload),
            cbor::bytes(&signature),
            self.tail.clone(),
        ]
        .concat()
    }
}

impl Payload {
    /// Replaces the value of a field, or adds the field.
    pub fn set(&mut self, field: &str, value: Vec<u8>) {
        let key = cbor::text(field);
        match self.entries.iter_mut().find(|(other, _)| *other == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Removes a field.
    pub fn remove(&mut self, field: &str) {
        let key = cbor::text(field);
        self.entries.retain(|(other, _)| *other != key);
    }

    /// Gives a field that still has no value one.
    fn fill(&mut self, field: &str, value: Vec<u8>) {
        let key = cbor::text(field);
        self.entries
            .iter_mut()
            .filter(|(other, old)| *other == key && old.is_empty())
            .for_each(|e| e.1 = value.clone());
    }

    fn encode(&self) -> Vec<u8> {
        if self.indefinite { cbor::indefinite_map(&self.entries) } else { cbor::map(&self.entries) }
    }
}
