//! Certificates out of PEM text (RFC 7468), in the spellings that old policies and tools produce: with or without line
//! breaks inside the body, with explanatory text around the blocks.
//!
//! It must never read a private key: key files are read where keys are used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Why a text holds no usable certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// There is no certificate block in it.
    #[error("the text holds no `-----BEGIN CERTIFICATE-----` block; give the certificate in PEM form")]
    Empty,
    /// There are more blocks than are read.
    #[error("the text holds more than {0} certificates; remove those that are not meant")]
    TooMany(usize),
    /// A block does not end.
    #[error("certificate number {0} in the text has no `-----END CERTIFICATE-----` line; the text is cut off")]
    Unfinished(usize),
    /// The body of a block is not base64.
    #[error("certificate number {0} in the text is not base64; copy it again from its source")]
    Base64(usize),
}

/// The DER of each certificate block, at least one and at most `most`.
pub(crate) fn certificates(text: &str, most: usize) -> Result<Vec<Vec<u8>>, PemError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let number = found.len() + 1;
        if number > most {
            return Err(PemError::TooMany(most));
        }
        let (body, after) = after.split_once(END).ok_or(PemError::Unfinished(number))?;
        let body: String = body.split_ascii_whitespace().collect();
        found.push(STANDARD.decode(body).map_err(|_| PemError::Base64(number))?);
        rest = after;
    }
    if found.is_empty() {
        Err(PemError::Empty)
    } else {
        Ok(found)
    }
}
