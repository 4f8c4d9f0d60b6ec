//! The checksum of an image: CRC-32 of IEEE 802.3 over everything but the checksum itself. It finds accidents, not
//! attacks.

use super::error::EifError;
use super::header::{CHECKED_HEADER_BYTES, HEADER_BYTES};

pub(super) fn check(header: &[u8; HEADER_BYTES], body: &[u8], expected: u32) -> Result<(), EifError> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header.get(..CHECKED_HEADER_BYTES).unwrap_or_default());
    crc.update(body);
    let found = crc.finalize();
    if found == expected {
        Ok(())
    } else {
        Err(EifError::Checksum { expected, found })
    }
}
