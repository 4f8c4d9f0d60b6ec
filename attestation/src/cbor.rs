//! The few forms of CBOR (RFC 8949) that this crate reads and writes: evidence, the binding, the claims in a certificate,
//! the wrapper of stapled evidence, the Nitro device's messages, the signature section of an image.
//!
//! It must never recurse without a bound, allocate by a length that the input announces, or accept a head that is not
//! in its shortest form.

pub(crate) mod fault;
mod read;
mod write;

pub(crate) use fault::CborError;
pub(crate) use read::Reader;
pub(crate) use write::Writer;

#[cfg(feature = "verifier")]
pub(crate) use read::Entries;

/// The major types of RFC 8949, section 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Major {
    /// An integer of 0 or more.
    Unsigned = 0,
    /// An integer below 0.
    Negative = 1,
    Bytes = 2,
    /// UTF-8.
    Text = 3,
    Array = 4,
    Map = 5,
    /// A number that gives the item after it a meaning.
    Tag = 6,
    /// True, false, null, floating-point numbers, and the break that ends an item of indefinite length.
    Simple = 7,
}

impl Major {
    /// The type of the item whose first byte is `initial`.
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

    const fn name(self) -> &'static str {
        match self {
            Major::Unsigned => "an unsigned integer",
            Major::Negative => "a negative integer",
            Major::Bytes => "a byte string",
            Major::Text => "a text string",
            Major::Array => "an array",
            Major::Map => "a map",
            Major::Tag => "a tag",
            Major::Simple => "a simple value",
        }
    }
}

/// Simple values and the break, as whole bytes.
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const BREAK: u8 = 0xff;
