//! The few forms of CBOR (RFC 8949) that this crate reads and writes beside evidence: the binding, the claims in a
//! certificate, the wrapper of stapled evidence, the Nitro device's messages, the signature section of an image.
//!
//! It must never recurse without a bound, allocate by a length that the input announces, or accept a head that is not
//! in its shortest form.

mod read;
mod write;

pub(crate) use read::{CborError, Reader};
pub(crate) use write::Writer;

/// The major types of RFC 8949, section 3.1, that are in use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Major {
    /// 0: an integer of 0 or more.
    Unsigned,
    /// 1: an integer below 0.
    Negative,
    /// 2: bytes.
    Bytes,
    /// 3: UTF-8 text.
    Text,
    /// 4: an array.
    Array,
    /// 5: a map.
    Map,
    /// 6: a tag before another item.
    Tag,
    /// 7: true, false, null and other simple values.
    Simple,
}

impl Major {
    const fn bits(self) -> u8 {
        (match self {
            Major::Unsigned => 0,
            Major::Negative => 1,
            Major::Bytes => 2,
            Major::Text => 3,
            Major::Array => 4,
            Major::Map => 5,
            Major::Tag => 6,
            Major::Simple => 7,
        }) << 5
    }

    const fn of(initial: u8) -> Self {
        match initial >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => Major::Tag,
            _ => Major::Simple,
        }
    }
}

#[cfg(all(feature = "nsm-device", target_os = "linux"))]
const FALSE: u64 = 20;
#[cfg(all(feature = "nsm-device", target_os = "linux"))]
const TRUE: u64 = 21;
#[cfg(all(feature = "nsm-device", target_os = "linux"))]
const NULL: u64 = 22;
/// The additional information that announces an indefinite length, and with major type 7 the break that ends it.
const INDEFINITE: u8 = 31;
