//! Private keys out of PEM text (RFC 7468, RFC 5915, RFC 8017), in the spellings that users of Veracruz have.
//!
//! Nothing here repeats a byte of a key, and what is decoded is wiped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

/// Bytes of a key's base64: an RSA key of 8192 bits has about 6,400 of them.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The one key of a text.
pub(super) struct KeyBlock {
    kind: KeyKind,
    der: Zeroizing<Vec<u8>>,
}

#[derive(Clone, Copy)]
enum KeyKind {
    Pkcs8,
    Sec1,
    Pkcs1,
}

const LABELS: [(&str, KeyKind); 3] =
    [("PRIVATE KEY", KeyKind::Pkcs8), ("EC PRIVATE KEY", KeyKind::Sec1), ("RSA PRIVATE KEY", KeyKind::Pkcs1)];

impl KeyBlock {
    /// Finds the one key; other blocks, such as `EC PARAMETERS`, may stand beside it.
    pub(super) fn read(text: &str) -> Result<Self, KeyFault> {
        if text.contains("ENCRYPTED") {
            return Err(KeyFault::Encrypted);
        }
        let mut found = None;
        for (label, kind) in LABELS {
            let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
            let mut rest = text;
            while let Some((_, after)) = rest.split_once(&begin) {
                let (body, after) = after.split_once(&end).ok_or(KeyFault::Unfinished)?;
                if found.replace((kind, body)).is_some() {
                    return Err(KeyFault::Several);
                }
                rest = after;
            }
        }
        let (kind, body) = found.ok_or(KeyFault::Absent)?;
        Ok(KeyBlock { kind, der: decode(body)? })
    }

    pub(super) fn der(&self) -> PrivateKeyDer<'_> {
        let der = self.der.as_slice();
        match self.kind {
            KeyKind::Pkcs8 => PrivatePkcs8KeyDer::from(der).into(),
            KeyKind::Sec1 => PrivateSec1KeyDer::from(der).into(),
            KeyKind::Pkcs1 => PrivatePkcs1KeyDer::from(der).into(),
        }
    }
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    if body.len() > MAX_BODY_BYTES {
        return Err(KeyFault::TooLong);
    }
    // Room for all of it from the start: a vector that grows leaves copies behind that nobody wipes.
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    digits.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; digits.len()]);
    let length = STANDARD.decode_slice(&*digits, &mut der).map_err(|_| KeyFault::Base64)?;
    der.truncate(length);
    Ok(der)
}

/// What is wrong with a text that should hold a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// There is no key.
    #[error("there is no `PRIVATE KEY` block (PKCS#8, SEC1 or PKCS#1) in it; give the key in PEM form")]
    Absent,
    /// There is more than one key.
    #[error("there is more than one private key in it; keep the one that belongs to the certificate")]
    Several,
    /// The key is encrypted.
    #[error("it is encrypted; write it without a passphrase, for example with `openssl pkey -in KEY -out NEW`")]
    Encrypted,
    /// The block does not end.
    #[error("its block has no end line; the text is cut off")]
    Unfinished,
    /// The block is longer than a key.
    #[error("its block has more than {MAX_BODY_BYTES} bytes; it is no key")]
    TooLong,
    /// The body is not base64.
    #[error("its body is not base64; copy it again from its source")]
    Base64,
    /// The key is of a kind that TLS 1.3 sessions do not have.
    #[error("it is damaged or of a kind that sessions do not have; use RSA from 2048 bits, P-256, P-384 or Ed25519")]
    Unsupported,
}

impl KeyFault {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            KeyFault::Absent => "key-absent",
            KeyFault::Several => "key-several",
            KeyFault::Encrypted => "key-encrypted",
            KeyFault::Unfinished => "key-unfinished",
            KeyFault::TooLong => "key-too-long",
            KeyFault::Base64 => "key-base64",
            KeyFault::Unsupported => "key-unsupported",
        }
    }
}
