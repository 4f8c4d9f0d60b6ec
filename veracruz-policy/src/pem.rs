//! Certificates out of PEM text (RFC 7468), in the spellings that old policies and tools produce: with or without line
//! breaks inside the body, with explanatory text around the blocks.
//!
//! It never reads a private key, and never repeats one: a text that holds one is refused as a whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of one block's body. Certificates of people are 1–3 KiB; one with stapled evidence is 8 KiB.
const MAX_BODY_BYTES: usize = 64 << 10;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Why a text holds no usable certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// A private key stands in it.
    #[error("the text holds a private key (not shown) and not only certificates; treat that key as compromised")]
    PrivateKey,
    /// There is no certificate block in it.
    #[error("the text holds no `-----BEGIN CERTIFICATE-----` block; give the certificate in PEM form")]
    Empty,
    /// There are more blocks than are read.
    #[error("the text holds more than {0} certificate(s); remove those that are not meant")]
    TooMany(usize),
    /// A block does not end.
    #[error("certificate number {0} in the text has no `-----END CERTIFICATE-----` line; the text is cut off")]
    Unfinished(usize),
    /// The body of a block is longer than certificates are.
    #[error("certificate number {0} in the text has more than {MAX_BODY_BYTES} bytes; it is no certificate")]
    TooLong(usize),
    /// The body of a block is not base64.
    #[error("certificate number {0} in the text is not base64; copy it again from its source")]
    Base64(usize),
}

/// The DER of each certificate block, at least one and at most `most`.
///
/// # Errors
/// [`PemError`].
pub fn pem_certificates(text: &str, most: usize) -> Result<Vec<Vec<u8>>, PemError> {
    if text.contains("PRIVATE KEY") {
        return Err(PemError::PrivateKey);
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let number = found.len() + 1;
        if number > most {
            return Err(PemError::TooMany(most));
        }
        let (body, after) = after.split_once(END).ok_or(PemError::Unfinished(number))?;
        found.push(decode(body, number)?);
        rest = after;
    }
    if found.is_empty() { Err(PemError::Empty) } else { Ok(found) }
}

fn decode(body: &str, number: usize) -> Result<Vec<u8>, PemError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(PemError::TooLong(number));
    }
    let digits: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(digits).map_err(|_| PemError::Base64(number))
}

/// The one PEM block of a certificate: base64 in one line, ending exactly at the end marker, as Veracruz wants it.
pub(crate) fn to_pem(der: &[u8]) -> String {
    format!("{BEGIN}\n{}\n{END}", STANDARD.encode(der))
}
