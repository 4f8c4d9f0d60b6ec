//! The reader of CBOR as evidence needs it: each read names its field, each string has bounds.
//!
//! It reads what a real Nitro Secure Module writes and refuses every other spelling of the same value. Only
//! [`Reader::map`] takes indefinite length, because documents since 2025 have such a payload map.

use std::ops::RangeInclusive;

use super::refusal::Refusal;
use crate::cbor::{self, CborError, Entries, Major};

/// A position in CBOR bytes. `field` parameters name the place for the error text.
#[derive(Debug)]
pub(crate) struct Reader<'a>(cbor::Reader<'a>);

impl<'a> Reader<'a> {
    /// Reads `bytes`, which start `offset` bytes into the document.
    pub(crate) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Reader(cbor::Reader::within(bytes, offset))
    }

    /// How far into the document the reader is.
    pub(crate) fn offset(&self) -> usize {
        self.0.offset()
    }

    /// An unsigned integer.
    pub(crate) fn unsigned(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.0.unsigned().map_err(refusal(field))
    }

    /// A byte string whose length lies in `bounds`.
    pub(crate) fn bytes(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], Refusal> {
        self.check_length(field, Major::Bytes, bounds)?;
        self.0.bytes().map_err(refusal(field))
    }

    /// A byte string as received, head included, and its content.
    pub(crate) fn bytes_item(
        &mut self,
        field: &'static str,
        bounds: RangeInclusive<usize>,
    ) -> Result<(&'a [u8], &'a [u8]), Refusal> {
        let before = self.0.rest();
        let content = self.bytes(field, bounds)?;
        let item = before.get(..before.len() - self.0.rest().len()).unwrap_or_default();
        Ok((item, content))
    }

    /// A text string whose length in bytes lies in `bounds`.
    pub(crate) fn text(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a str, Refusal> {
        self.check_length(field, Major::Text, bounds)?;
        self.0.text().map_err(refusal(field))
    }

    /// The start of an array; gives the number of its items.
    pub(crate) fn array(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.0.array().map_err(refusal(field))
    }

    /// The start of a map of definite length; gives the number of its entries.
    pub(crate) fn definite_map(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.0.map().map_err(refusal(field))
    }

    /// The start of a map, definite or indefinite; walk it with [`Reader::next_entry`].
    pub(crate) fn map(&mut self, field: &'static str) -> Result<Entries, Refusal> {
        self.0.open(Major::Map).map_err(refusal(field))
    }

    /// Whether another entry of the map follows. A map of indefinite length ends with a `break`.
    pub(crate) fn next_entry(&mut self, field: &'static str, entries: &mut Entries) -> Result<bool, Refusal> {
        self.0.next_entry(entries).map_err(refusal(field))
    }

    /// Takes a `null` if one stands here.
    pub(crate) fn null(&mut self, field: &'static str) -> Result<bool, Refusal> {
        self.0.null().map_err(refusal(field))
    }

    /// Takes a tag if one stands here.
    pub(crate) fn tag(&mut self, field: &'static str) -> Result<Option<u64>, Refusal> {
        if self.0.peek().map_err(refusal(field))? != Major::Tag {
            return Ok(None);
        }
        self.0.definite(Major::Tag).map(Some).map_err(refusal(field))
    }

    /// The end of the bytes.
    pub(crate) fn end(&self, field: &'static str) -> Result<(), Refusal> {
        self.0.finish().map_err(refusal(field))
    }

    /// Looks at the length that a string announces before its content is looked for.
    fn check_length(&self, field: &'static str, major: Major, bounds: RangeInclusive<usize>) -> Result<(), Refusal> {
        let length = self.0.clone().definite(major).map_err(refusal(field))?;
        match usize::try_from(length) {
            Ok(fitting) if bounds.contains(&fitting) => Ok(()),
            _ => Err(Refusal::FieldLength { field, length, least: *bounds.start(), most: *bounds.end() }),
        }
    }
}

fn refusal(field: &'static str) -> impl Fn(CborError) -> Refusal {
    move |CborError { offset, fault }| Refusal::Cbor { field, offset, fault }
}
