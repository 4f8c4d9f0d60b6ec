//! One platform configuration register and its arithmetic.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha384};

/// The value of a platform configuration register: a chain of SHA-384 digests, 48 bytes.
///
/// Text form: 96 hexadecimal digits, read in either case, written in lower case. It is no secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pcr([u8; 48]);

impl Pcr {
    /// A register that nothing was recorded in; also what a debug-mode enclave shows in PCR0 to PCR2.
    pub const ZERO: Pcr = Pcr([0; 48]);

    /// The register after one record of `content`: `SHA384(0^48 || SHA384(content))`, as Nitro computes PCR0, 1, 2 and 8.
    pub fn of_content(content: &[u8]) -> Self {
        Pcr::ZERO.extend(&Sha384::digest(content))
    }

    /// The register after `data` is extended into it: `SHA384(self || data)`, the rule of the NSM's `ExtendPCR`.
    #[must_use]
    pub fn extend(&self, data: &[u8]) -> Self {
        let mut hash = Sha384::new();
        hash.update(self.0);
        hash.update(data);
        Pcr(hash.finalize().into())
    }

    /// Whether all bits are zero.
    pub fn is_zero(&self) -> bool {
        *self == Pcr::ZERO
    }

    /// The 48 bytes.
    pub const fn as_bytes(&self) -> &[u8; 48] {
        &self.0
    }
}

impl From<[u8; 48]> for Pcr {
    fn from(bytes: [u8; 48]) -> Self {
        Pcr(bytes)
    }
}

impl fmt::Display for Pcr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Pcr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Pcr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pcr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is no register value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PcrError {
    /// The text does not have 96 characters.
    #[error("a register value (SHA-384) has 96 hexadecimal digits, this text has {0} characters")]
    Length(usize),
    /// A character is no hexadecimal digit.
    #[error("a register value has only the digits 0-9 and a-f")]
    Digit,
}

impl FromStr for Pcr {
    type Err = PcrError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if length != 96 {
            return Err(PcrError::Length(length));
        }
        let mut bytes = [0; 48];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| PcrError::Digit)?;
        Ok(Pcr(bytes))
    }
}
