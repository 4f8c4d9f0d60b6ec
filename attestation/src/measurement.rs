//! Values of platform configuration registers.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha384};

/// The SHA-384 value of one register.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pcr([u8; 48]);

impl Pcr {
    /// The value of a register that nothing was measured into.
    pub const ZERO: Pcr = Pcr([0; 48]);

    /// The value after measuring `content` once: `SHA384(0^48 || SHA384(content))`.
    pub fn of_content(content: &[u8]) -> Self {
        Pcr::ZERO.extend(&Sha384::digest(content))
    }

    /// The value after extending with `data`: `SHA384(self || data)`.
    pub fn extend(&self, data: &[u8]) -> Pcr {
        Pcr(Sha384::new().chain_update(self.0).chain_update(data).finalize().into())
    }

    /// Whether nothing was measured.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 48]
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
        write!(f, "Pcr({self})")
    }
}

impl FromStr for Pcr {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 48];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Pcr(bytes))
    }
}
