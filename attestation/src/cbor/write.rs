//! Writing CBOR in its deterministic form (RFC 8949, section 4.2.1): shortest heads, definite lengths. The order of map
//! keys is the caller's to keep.

use super::Major;

/// Bytes of CBOR in the making.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Self {
        Writer::default()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// Announces an array; the caller writes `length` items after it.
    pub(crate) fn array(&mut self, length: usize) -> &mut Self {
        self.head(Major::Array, length as u64)
    }

    /// Announces a map; the caller writes `length` pairs after it.
    #[cfg(any(feature = "verifier", all(feature = "nsm-device", target_os = "linux")))]
    pub(crate) fn map(&mut self, length: usize) -> &mut Self {
        self.head(Major::Map, length as u64)
    }

    #[cfg(any(feature = "attester", feature = "verifier"))]
    pub(crate) fn unsigned(&mut self, value: u64) -> &mut Self {
        self.head(Major::Unsigned, value)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(Major::Bytes, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.head(Major::Text, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Only the device's requests hold nulls.
    #[cfg(all(feature = "nsm-device", target_os = "linux"))]
    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.push(super::NULL);
        self
    }

    fn head(&mut self, major: Major, value: u64) -> &mut Self {
        let major = (major as u8) << 5;
        match value {
            0..=23 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend([major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend(value.to_be_bytes());
            }
        }
        self
    }
}
