//! Protobuf's variable-length numbers, a byte at a time (Protocol Buffers, "Encoding": base 128, low group first).

use crate::error::Refusal;
use crate::limits::MAX_VARINT_BYTES;

/// A number that is coming in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Varint {
    value: u64,
    bytes: usize,
}

impl Varint {
    /// Takes one byte; the number, when it was the last one.
    pub(super) fn push(&mut self, byte: u8) -> Result<Option<u64>, Refusal> {
        // The tenth group has one bit left of the 64.
        if self.bytes + 1 == MAX_VARINT_BYTES && byte > 1 {
            return Err(Refusal::protobuf("a number of more than 64 bits"));
        }
        self.value |= u64::from(byte & 0x7f) << (7 * self.bytes);
        self.bytes += 1;
        if byte & 0x80 != 0 {
            return Ok(None);
        }
        Ok(Some(std::mem::take(self).value))
    }

    /// Whether a number has begun.
    pub(super) fn is_begun(&self) -> bool {
        self.bytes > 0
    }
}

/// Appends the shortest form of a number.
pub(crate) fn push_varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// Bytes of the shortest form of a number.
pub(crate) const fn varint_len(value: u64) -> u64 {
    let bits = 64 - (value | 1).leading_zeros();
    bits.div_ceil(7) as u64
}
