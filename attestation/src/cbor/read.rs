//! Reading CBOR item by item, without a tree: the caller knows the shape that it wants and says so.

use super::{INDEFINITE, Major};

/// What is wrong with the bytes, at the place where reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CborError {
    /// The input ends inside an item.
    Truncated,
    /// Bytes follow the last item.
    Trailing,
    /// A length or number is not in its shortest form, or the head is reserved.
    Head,
    /// An item has another type than the format says.
    Type,
    /// A text is not UTF-8.
    Utf8,
}

impl CborError {
    /// The same in words, for errors of formats that are made of CBOR.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            CborError::Truncated => "it ends in the middle of an item",
            CborError::Trailing => "bytes follow after its end",
            CborError::Head => "a length or number is not in its shortest form",
            CborError::Type => "an item has the wrong type",
            CborError::Utf8 => "a text is not UTF-8",
        }
    }
}

/// A place in some CBOR.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), CborError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
    }

    /// The type of the next item, without reading it.
    pub(crate) fn peek(&self) -> Result<Major, CborError> {
        self.rest.first().map(|initial| Major::of(*initial)).ok_or(CborError::Truncated)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, CborError> {
        self.definite(Major::Unsigned)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.definite(Major::Bytes)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, CborError> {
        let length = self.definite(Major::Text)?;
        str::from_utf8(self.take(length)?).map_err(|_| CborError::Utf8)
    }

    /// The length of an array that announces it.
    pub(crate) fn array(&mut self) -> Result<u64, CborError> {
        self.definite(Major::Array)
    }

    /// The number of pairs in a map that announces it.
    pub(crate) fn map(&mut self) -> Result<u64, CborError> {
        self.definite(Major::Map)
    }

    fn definite(&mut self, wanted: Major) -> Result<u64, CborError> {
        match self.head()? {
            (major, Some(value)) if major == wanted => Ok(value),
            _ => Err(CborError::Type),
        }
    }

    /// A head: its type, and its value or `None` for an indefinite length.
    fn head(&mut self) -> Result<(Major, Option<u64>), CborError> {
        let (&initial, rest) = self.rest.split_first().ok_or(CborError::Truncated)?;
        self.rest = rest;
        let (width, smallest) = match initial & 0x1f {
            small @ 0..=23 => return Ok((Major::of(initial), Some(u64::from(small)))),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            INDEFINITE => return Ok((Major::of(initial), None)),
            _ => return Err(CborError::Head),
        };
        let value = self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if value < smallest { Err(CborError::Head) } else { Ok((Major::of(initial), Some(value))) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// What only the Nitro device's answers need: the forms that its firmware may use, which since 2025 include
/// indefinite lengths.
#[cfg(all(feature = "nsm-device", target_os = "linux"))]
impl Reader<'_> {
    pub(crate) fn boolean(&mut self) -> Result<bool, CborError> {
        match self.definite(Major::Simple)? {
            super::TRUE => Ok(true),
            super::FALSE => Ok(false),
            _ => Err(CborError::Type),
        }
    }

    /// Opens a map or an array: the number of its pairs or items, or `None` when a break ends it.
    pub(crate) fn open(&mut self, wanted: Major) -> Result<Option<u64>, CborError> {
        match self.head()? {
            (major, length) if major == wanted => Ok(length),
            _ => Err(CborError::Type),
        }
    }

    /// Steps over a break, if it comes next.
    fn at_break(&mut self) -> Result<bool, CborError> {
        match self.rest.split_first().ok_or(CborError::Truncated)? {
            (0xff, rest) => {
                self.rest = rest;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Steps over one item of any shape, in at most `depth` levels.
    pub(crate) fn skip(&mut self, depth: u8) -> Result<(), CborError> {
        let depth = depth.checked_sub(1).ok_or(CborError::Type)?;
        match self.head()? {
            (Major::Unsigned | Major::Negative | Major::Simple, Some(_)) => Ok(()),
            (Major::Bytes | Major::Text, Some(length)) => self.take(length).map(|_| ()),
            (Major::Tag, Some(_)) => self.skip(depth),
            (Major::Array, length) => self.skip_items(length, 1, depth),
            (Major::Map, length) => self.skip_items(length, 2, depth),
            _ => Err(CborError::Type),
        }
    }

    /// Each round reads at least one byte, so the input ends what a large `rounds` announces.
    fn skip_items(&mut self, rounds: Option<u64>, items: u8, depth: u8) -> Result<(), CborError> {
        let mut done = 0;
        while !self.is_over(rounds, done)? {
            for _ in 0..items {
                self.skip(depth)?;
            }
            done += 1;
        }
        Ok(())
    }

    /// Whether a map or array of this announced length, of which `done` pairs or items were read, ends here.
    pub(crate) fn is_over(&mut self, length: Option<u64>, done: u64) -> Result<bool, CborError> {
        match length {
            Some(length) => Ok(done >= length),
            None => self.at_break(),
        }
    }
}
