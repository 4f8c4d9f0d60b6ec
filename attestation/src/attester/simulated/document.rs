//! Writes attestation documents: COSE_Sign1 over a CBOR map, byte for byte like the real module's.

use aws_lc_rs::rand::SystemRandom;
use time::OffsetDateTime;

use super::super::nsm::{AttestationRequest, NsmError};
use super::chain::Chain;
use super::registers::Registers;

/// The protected header: `{1: -35}`, algorithm ES384 (RFC 9053), as a byte string.
const PROTECTED_ITEM: &[u8] = &[0x44, 0xa1, 0x01, 0x38, 0x22];

/// Major types of CBOR (RFC 8949 §3.1).
const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// How the payload map is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MapForm {
    /// With its number of entries, as modules did until 2024.
    Definite,
    /// With a `break` at its end, as modules do since.
    Indefinite,
}

/// Writes and signs a document.
pub(super) fn write(
    module_id: &str,
    now: OffsetDateTime,
    registers: &Registers,
    chain: &Chain,
    request: &AttestationRequest,
    map_form: MapForm,
) -> Result<Vec<u8>, NsmError> {
    let milliseconds = now.unix_timestamp_nanos() / 1_000_000;
    let milliseconds = u64::try_from(milliseconds).map_err(|_| NsmError::InternalError)?;

    let mut payload = Writer::default();
    match map_form {
        MapForm::Definite => payload.head(MAP, 9),
        MapForm::Indefinite => payload.0.push(0xbf),
    }
    payload.text("module_id").text(module_id);
    payload.text("digest").text("SHA384");
    payload.text("timestamp").head(UNSIGNED, milliseconds);
    payload.text("pcrs").head(MAP, length(registers.locked().count()));
    for (index, value) in registers.locked() {
        payload.head(UNSIGNED, u64::from(index));
        payload.bytes(value.as_bytes());
    }
    payload.text("certificate").bytes(&chain.leaf_der);
    payload.text("cabundle").head(ARRAY, length(chain.bundle.len()));
    for der in &chain.bundle {
        payload.bytes(der);
    }
    payload.text("public_key").optional(request.public_key.as_deref());
    payload.text("user_data").optional(request.user_data.as_deref());
    payload.text("nonce").optional(request.nonce.as_deref());
    if map_form == MapForm::Indefinite {
        payload.0.push(0xff);
    }
    sign(&payload.0, chain)
}

fn sign(payload: &[u8], chain: &Chain) -> Result<Vec<u8>, NsmError> {
    let mut payload_item = Writer::default();
    payload_item.bytes(payload);
    let payload_item = payload_item.0;

    // RFC 9052 §4.4: ["Signature1", protected header, h'', payload].
    let signed = [b"\x84\x6aSignature1".as_slice(), PROTECTED_ITEM, &[0x40], &payload_item].concat();
    let signature = chain
        .leaf_key
        .sign(&SystemRandom::new(), &signed)
        .map_err(|_| NsmError::InternalError)?;

    let mut document = Writer(vec![0x84]);
    document.0.extend_from_slice(PROTECTED_ITEM);
    document.0.push(0xa0);
    document.0.extend_from_slice(&payload_item);
    document.bytes(signature.as_ref());
    Ok(document.0)
}

/// Appends CBOR items in their shortest form.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn head(&mut self, major: u8, argument: u64) {
        let wide = argument.to_be_bytes();
        let (code, width) = match argument {
            0..=23 => (wide[7], 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major << 5 | code);
        self.0.extend(wide.iter().skip(8 - width));
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.head(TEXT, length(text.len()));
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, length(bytes.len()));
        self.0.extend_from_slice(bytes);
    }

    /// The real module writes null for a field that was not asked for.
    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.0.push(0xf6),
        }
    }
}

/// Lengths on every platform that Rust has fit 64 bits.
fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
