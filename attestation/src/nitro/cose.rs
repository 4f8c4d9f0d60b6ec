//! The envelope: COSE_Sign1 (RFC 9052 §4.2) in the one shape that the Nitro Secure Module writes.
//!
//! Nothing here is general COSE: the headers are compared with the only bytes they may be, so an algorithm can never be
//! chosen by the sender. The signed bytes are the received ones.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

use super::cbor::Reader;
use super::refusal::Refusal;

/// The longest payload: AWS's format says 1 to 16384 bytes.
pub const MAX_PAYLOAD_BYTES: usize = 16 * 1024;

/// The longest document that is looked at: the longest payload, and room for the envelope's 109 bytes.
pub const MAX_DOCUMENT_BYTES: usize = MAX_PAYLOAD_BYTES + 256;

/// `COSE_Sign1`'s tag (RFC 9052 table 1). Real documents leave it out; it is legal, once.
const COSE_SIGN1_TAG: u64 = 18;

/// The protected header, encoded: `{1: -35}`, algorithm ES384 (RFC 9053 table 1), and nothing else.
const ES384_HEADER: &[u8] = &[0xa1, 0x01, 0x38, 0x22];

/// `r || s` of an ECDSA signature on P-384.
const SIGNATURE_BYTES: usize = 96;

/// The parts of an envelope that has the right shape. The signature has not been checked.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) payload: &'a [u8],
    /// Where the payload starts in the document, for error texts.
    pub(crate) payload_offset: usize,
    /// Protected header and payload as received, each with the head of its byte string.
    protected_item: &'a [u8],
    payload_item: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Opens a document.
    pub(crate) fn parse(document: &'a [u8]) -> Result<Self, Refusal> {
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(Refusal::DocumentLength { length: document.len() });
        }
        let mut reader = Reader::new(document, 0);
        if let Some(tag) = reader.tag("document")?
            && tag != COSE_SIGN1_TAG
        {
            return Err(Refusal::Tag { tag });
        }
        let items = reader.array("document")?;
        if items != 4 {
            return Err(Refusal::EnvelopeItems { items });
        }
        let (protected_item, protected) = reader.bytes_item("protected header", 0..=MAX_DOCUMENT_BYTES)?;
        if reader.definite_map("unprotected header")? != 0 {
            return Err(Refusal::UnprotectedHeader);
        }
        let (payload_item, payload) = reader.bytes_item("payload", 1..=MAX_PAYLOAD_BYTES)?;
        let payload_offset = reader.offset() - payload.len();
        let signature = reader.bytes("signature", 0..=MAX_DOCUMENT_BYTES)?;
        reader.end("document")?;
        if protected != ES384_HEADER {
            return Err(Refusal::ProtectedHeader);
        }
        if signature.len() != SIGNATURE_BYTES {
            return Err(Refusal::SignatureLength {
                length: signature.len(),
            });
        }
        Ok(Envelope {
            payload,
            payload_offset,
            protected_item,
            payload_item,
            signature,
        })
    }

    /// Checks the signature with an uncompressed point on P-384.
    pub(crate) fn check_signature(&self, point: &[u8]) -> Result<(), Refusal> {
        let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point);
        key.verify(&self.signed_bytes(), self.signature)
            .map_err(|_| Refusal::Signature)
    }

    /// `Sig_structure` (RFC 9052 §4.4): `["Signature1", protected header, h'', payload]`. The two received items are
    /// already in the encoding that it wants, for the reader takes no other.
    fn signed_bytes(&self) -> Vec<u8> {
        [
            b"\x84\x6aSignature1".as_slice(),
            self.protected_item,
            &[0x40],
            self.payload_item,
        ]
        .concat()
    }
}
