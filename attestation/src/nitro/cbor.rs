//! A strict reader of CBOR (RFC 8949): walks the bytes once, copies nothing, allocates nothing.
//!
//! It reads what a real Nitro Secure Module writes and refuses every other spelling of the same value: integers and
//! lengths that are not minimal, indefinite strings and arrays, tags, simple values. The one exception is the caller's to
//! ask for: maps may be of indefinite length, because documents since 2025 have such a payload map.

use std::ops::RangeInclusive;

use super::refusal::Refusal;

/// What is wrong with one CBOR item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CborFault {
    /// The bytes end inside the item.
    #[error("the bytes end inside the item")]
    Truncated,
    /// Bytes follow where the item should be the last.
    #[error("bytes follow after the end of the item")]
    TrailingBytes,
    /// An integer or a length is written longer than needed.
    #[error("an integer or length is written in more bytes than it needs")]
    NotMinimal,
    /// A string or array of indefinite length.
    #[error("the item has indefinite length; only maps of the payload may")]
    Indefinite,
    /// Additional information 28 to 30, which RFC 8949 reserves, or a `break` where none may be.
    #[error("the item starts with a byte that CBOR reserves")]
    Reserved,
    /// An item of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the format has here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// A text string that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
}

/// Major types of RFC 8949 §3.1.
const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
/// Simple value `null` and the `break` of indefinite items, as whole bytes.
const NULL: u8 = 0xf6;
const BREAK: u8 = 0xff;

/// A position in CBOR bytes. `field` parameters name the place for the error text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Where `rest` starts in the whole document.
    offset: usize,
}

/// The entries of a map that has been opened.
#[derive(Debug)]
pub(crate) enum Entries {
    Left(u64),
    UntilBreak,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which start `offset` bytes into the document.
    pub(crate) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Reader { rest: bytes, offset }
    }

    /// How far into the document the reader is.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// An unsigned integer.
    pub(crate) fn unsigned(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.definite(field, UNSIGNED, "an unsigned integer")
    }

    /// A byte string whose length lies in `bounds`.
    pub(crate) fn bytes(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], Refusal> {
        let length = self.definite(field, BYTES, "a byte string")?;
        self.string(field, length, bounds)
    }

    /// A byte string as received, head included, and its content.
    pub(crate) fn bytes_item(
        &mut self,
        field: &'static str,
        bounds: RangeInclusive<usize>,
    ) -> Result<(&'a [u8], &'a [u8]), Refusal> {
        let before = self.rest;
        let content = self.bytes(field, bounds)?;
        let item = before.get(..before.len() - self.rest.len()).unwrap_or_default();
        Ok((item, content))
    }

    /// A text string whose length in bytes lies in `bounds`.
    pub(crate) fn text(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a str, Refusal> {
        let length = self.definite(field, TEXT, "a text string")?;
        let offset = self.offset;
        let bytes = self.string(field, length, bounds)?;
        std::str::from_utf8(bytes).map_err(|_| Refusal::Cbor {
            field,
            offset,
            fault: CborFault::NotUtf8,
        })
    }

    /// The start of an array; gives the number of its items.
    pub(crate) fn array(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.definite(field, ARRAY, "an array")
    }

    /// The start of a map of definite length; gives the number of its entries.
    pub(crate) fn definite_map(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.definite(field, MAP, "a map")
    }

    /// The start of a map, definite or indefinite; walk it with [`Reader::next_entry`].
    pub(crate) fn map(&mut self, field: &'static str) -> Result<Entries, Refusal> {
        match self.head(field, MAP, "a map")? {
            Some(count) => Ok(Entries::Left(count)),
            None => Ok(Entries::UntilBreak),
        }
    }

    /// Whether another entry of the map follows. A map of indefinite length ends with a `break`.
    pub(crate) fn next_entry(&mut self, field: &'static str, entries: &mut Entries) -> Result<bool, Refusal> {
        match entries {
            Entries::Left(0) => Ok(false),
            Entries::Left(left) => {
                *left -= 1;
                Ok(true)
            }
            Entries::UntilBreak if self.peek(field)? == BREAK => {
                self.take(field, 1)?;
                *entries = Entries::Left(0);
                Ok(false)
            }
            Entries::UntilBreak => Ok(true),
        }
    }

    /// Takes a `null` if one stands here.
    pub(crate) fn null(&mut self, field: &'static str) -> Result<bool, Refusal> {
        let is_null = self.peek(field)? == NULL;
        if is_null {
            self.take(field, 1)?;
        }
        Ok(is_null)
    }

    /// Takes a tag if one stands here.
    pub(crate) fn tag(&mut self, field: &'static str) -> Result<Option<u64>, Refusal> {
        if self.peek(field)? >> 5 == TAG {
            self.definite(field, TAG, "a tag").map(Some)
        } else {
            Ok(None)
        }
    }

    /// The end of the bytes.
    pub(crate) fn end(&self, field: &'static str) -> Result<(), Refusal> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.refuse(field, CborFault::TrailingBytes))
        }
    }

    fn string(&mut self, field: &'static str, length: u64, bounds: RangeInclusive<usize>) -> Result<&'a [u8], Refusal> {
        match usize::try_from(length) {
            Ok(fitting) if bounds.contains(&fitting) => self.take(field, fitting),
            _ => Err(Refusal::FieldLength {
                field,
                length,
                least: *bounds.start(),
                most: *bounds.end(),
            }),
        }
    }

    fn definite(&mut self, field: &'static str, major: u8, expected: &'static str) -> Result<u64, Refusal> {
        let offset = self.offset;
        let argument = self.head(field, major, expected)?;
        argument.ok_or(Refusal::Cbor {
            field,
            offset,
            fault: CborFault::Indefinite,
        })
    }

    /// The head of an item (RFC 8949 §3): its argument, or `None` for indefinite length.
    fn head(&mut self, field: &'static str, major: u8, expected: &'static str) -> Result<Option<u64>, Refusal> {
        let initial = self.peek(field)?;
        if initial >> 5 != major {
            return Err(self.refuse(
                field,
                CborFault::Type {
                    expected,
                    found: type_name(initial),
                },
            ));
        }
        let offset = self.offset;
        let reserved = Refusal::Cbor {
            field,
            offset,
            fault: CborFault::Reserved,
        };
        self.take(field, 1)?;
        let (argument, least) = match initial & 0x1f {
            immediate @ 0..=23 => return Ok(Some(u64::from(immediate))),
            24 => (self.big_endian(field, 1)?, 24),
            25 => (self.big_endian(field, 2)?, 1 << 8),
            26 => (self.big_endian(field, 4)?, 1 << 16),
            27 => (self.big_endian(field, 8)?, 1 << 32),
            31 if matches!(major, BYTES | TEXT | ARRAY | MAP) => return Ok(None),
            _ => return Err(reserved),
        };
        if argument < least {
            return Err(Refusal::Cbor {
                field,
                offset,
                fault: CborFault::NotMinimal,
            });
        }
        Ok(Some(argument))
    }

    fn big_endian(&mut self, field: &'static str, width: usize) -> Result<u64, Refusal> {
        Ok(self
            .take(field, width)?
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn peek(&self, field: &'static str) -> Result<u8, Refusal> {
        self.rest
            .first()
            .copied()
            .ok_or_else(|| self.refuse(field, CborFault::Truncated))
    }

    fn take(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], Refusal> {
        let truncated = self.refuse(field, CborFault::Truncated);
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(truncated)?;
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    fn refuse(&self, field: &'static str, fault: CborFault) -> Refusal {
        Refusal::Cbor {
            field,
            offset: self.offset,
            fault,
        }
    }
}

fn type_name(initial: u8) -> &'static str {
    match (initial >> 5, initial) {
        (UNSIGNED, _) => "an unsigned integer",
        (1, _) => "a negative integer",
        (BYTES, _) => "a byte string",
        (TEXT, _) => "a text string",
        (ARRAY, _) => "an array",
        (MAP, _) => "a map",
        (TAG, _) => "a tag",
        (_, NULL) => "null",
        (_, BREAK) => "a break",
        (_, 0xf4 | 0xf5) => "a boolean",
        (_, 0xf9..=0xfb) => "a floating-point number",
        _ => "a simple value",
    }
}
