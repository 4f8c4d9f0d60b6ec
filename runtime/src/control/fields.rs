//! Fields of a message: each its length (4 bytes, big-endian) and its bytes.

use super::MAX_REASON_BYTES;

/// Fields of one message: a chain of certificates has the most, four and its number.
const MAX_FIELDS: usize = 8;

/// The fields one after the other.
pub(super) fn written(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        // The bound of the whole message keeps it under 2^32.
        bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The fields that stand one after the other, if they do.
pub(super) fn split(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        fields.push(field);
        bytes = rest;
        if fields.len() > MAX_FIELDS {
            return None;
        }
    }
    Some(fields)
}

pub(super) fn number(field: &[u8]) -> Option<u32> {
    field.try_into().ok().map(u32::from_be_bytes)
}

pub(super) fn text(field: &[u8]) -> Option<String> {
    String::from_utf8(field.to_vec()).ok()
}

/// The reason as it is sent: cut where it is too long for anybody to read.
pub(super) fn reason(text: &str) -> Vec<u8> {
    let mut end = text.len().min(MAX_REASON_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.as_bytes().iter().copied().take(end).collect()
}
