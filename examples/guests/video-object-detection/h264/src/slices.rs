//! Counts what has come of one picture: OpenH264 keeps its slices until the picture is complete, as many as there are.
//!
//! It never lets a slice pass that begins where another one does: OpenH264 would drop one of the two without a word.

use std::collections::HashSet;

use h264_reader::nal::{Nal, RefNal};
use h264_reader::rbsp::BitRead;

use crate::{Error, MAX_UNIT_BYTES};

/// A picture may have this many slices: more than level 5.1 allows at 25 pictures a second. Each takes 10 KB.
pub const MAX_SLICES: usize = 2048;
/// A picture may take this many bytes of the stream, with the parameter sets in front of it: beyond every level.
pub const MAX_PICTURE_BYTES: usize = 4 * MAX_UNIT_BYTES;

/// The slices of the picture that is not complete yet.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    /// The macroblocks that they begin with.
    starts: HashSet<u32>,
    bytes: usize,
}

impl Slices {
    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// After the picture is complete.
    pub(crate) fn clear(&mut self) {
        self.starts.clear();
        self.bytes = 0;
    }

    /// Counts a unit of any type.
    pub(crate) fn add_unit(&mut self, unit: &[u8]) -> Result<(), Error> {
        self.bytes += unit.len();
        within("a picture's number of bytes", self.bytes, MAX_PICTURE_BYTES)
    }

    /// Counts a slice, a unit without its start code, of the picture with this number.
    pub(crate) fn add_slice(&mut self, slice: &[u8], picture: u64) -> Result<(), Error> {
        let damaged = |what: &str| Error::Damaged { picture, what: what.to_owned() };
        let mut bits = RefNal::new(slice, &[], true).rbsp_bits();
        let start = bits.read_ue("first_mb_in_slice").map_err(|_| damaged("a slice says no place in its picture"))?;
        if !self.starts.insert(start) {
            return Err(damaged("two of its slices begin at the same place"));
        }
        within("a picture's number of slices", self.starts.len(), MAX_SLICES)
    }
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge { what, size, limit }) } else { Ok(()) }
}
