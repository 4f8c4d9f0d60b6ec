//! Reading CBOR item by item, without a tree: the caller knows the shape that it wants and says so.
//!
//! It walks the bytes once and copies nothing. Every value has one spelling: integers and lengths are minimal, lengths
//! definite. The one exception is the caller's to ask for: a map or array that is opened with [`Reader::open`] may be of
//! indefinite length, which Nitro's firmware writes since 2025.

use super::fault::{CborError, CborFault};
use super::{BREAK, FALSE, Major, NULL, TRUE};

/// A place in some CBOR.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Where `rest` starts, for errors.
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, offset: 0 }
    }

    /// Nothing may be left.
    pub(crate) fn finish(&self) -> Result<(), CborError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(CborFault::TrailingBytes)) }
    }

    /// The type of the next item, without reading it.
    pub(crate) fn peek(&self) -> Result<Major, CborError> {
        self.initial().map(Major::of)
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
        let not_utf8 = self.error(CborFault::NotUtf8);
        str::from_utf8(self.take(length)?).map_err(|_| not_utf8)
    }

    /// The length of an array that announces it.
    pub(crate) fn array(&mut self) -> Result<u64, CborError> {
        self.definite(Major::Array)
    }

    /// The number of pairs in a map that announces it.
    pub(crate) fn map(&mut self) -> Result<u64, CborError> {
        self.definite(Major::Map)
    }

    /// The argument of an item of type `wanted`: its value, or the length that it announces.
    pub(crate) fn definite(&mut self, wanted: Major) -> Result<u64, CborError> {
        let indefinite = self.error(CborFault::Indefinite);
        self.head_of(wanted)?.ok_or(indefinite)
    }

    fn head_of(&mut self, wanted: Major) -> Result<Option<u64>, CborError> {
        if self.peek()? == wanted { self.head() } else { Err(self.unexpected(wanted.name())) }
    }

    /// The head of an item (RFC 8949 §3): its argument, or `None` for indefinite length.
    fn head(&mut self) -> Result<Option<u64>, CborError> {
        let (reserved, not_minimal) = (self.error(CborFault::Reserved), self.error(CborFault::NotMinimal));
        let initial = self.initial()?;
        self.take(1)?;
        let (width, least) = match initial & 0x1f {
            immediate @ 0..=23 => return Ok(Some(u64::from(immediate))),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            31 if matches!(Major::of(initial), Major::Bytes | Major::Text | Major::Array | Major::Map) => {
                return Ok(None);
            }
            _ => return Err(reserved),
        };
        let argument = self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if argument < least { Err(not_minimal) } else { Ok(Some(argument)) }
    }

    fn initial(&self) -> Result<u8, CborError> {
        self.rest.first().copied().ok_or_else(|| self.error(CborFault::Truncated))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], CborError> {
        let fitting = usize::try_from(count).ok();
        let split = fitting.and_then(|count| self.rest.split_at_checked(count));
        let (taken, rest) = split.ok_or_else(|| self.error(CborFault::Truncated))?;
        self.rest = rest;
        self.offset += taken.len();
        Ok(taken)
    }

    fn unexpected(&self, expected: &'static str) -> CborError {
        let found = match self.rest.first() {
            None => "the end",
            Some(&NULL) => "null",
            Some(&BREAK) => "a break",
            Some(&(FALSE | TRUE)) => "a boolean",
            Some(0xf9..=0xfb) => "a floating-point number",
            Some(initial) => Major::of(*initial).name(),
        };
        self.error(CborFault::Type { expected, found })
    }

    fn error(&self, fault: CborFault) -> CborError {
        CborError { offset: self.offset, fault }
    }
}

/// What is left of a map or array that has been opened.
#[cfg(any(feature = "verifier", all(feature = "nsm-device", target_os = "linux")))]
#[derive(Debug)]
pub(crate) enum Entries {
    Left(u64),
    UntilBreak,
}

#[cfg(any(feature = "verifier", all(feature = "nsm-device", target_os = "linux")))]
impl Reader<'_> {
    /// The start of a map or array, definite or indefinite; walk it with [`Reader::next_entry`].
    pub(crate) fn open(&mut self, wanted: Major) -> Result<Entries, CborError> {
        Ok(self.head_of(wanted)?.map_or(Entries::UntilBreak, Entries::Left))
    }

    /// Whether another pair or item follows.
    pub(crate) fn next_entry(&mut self, entries: &mut Entries) -> Result<bool, CborError> {
        match entries {
            Entries::Left(0) => return Ok(false),
            Entries::Left(left) => *left -= 1,
            Entries::UntilBreak if self.step_over(BREAK)? => {
                *entries = Entries::Left(0);
                return Ok(false);
            }
            Entries::UntilBreak => {}
        }
        Ok(true)
    }

    /// Steps over `single`, an item of one byte, if it comes next.
    fn step_over(&mut self, single: u8) -> Result<bool, CborError> {
        let is_next = self.initial()? == single;
        if is_next {
            self.take(1)?;
        }
        Ok(is_next)
    }
}

/// What only evidence needs.
#[cfg(feature = "verifier")]
impl<'a> Reader<'a> {
    /// Reads `bytes`, which start `offset` bytes into the document.
    pub(crate) const fn within(bytes: &'a [u8], offset: usize) -> Self {
        Reader { rest: bytes, offset }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Steps over a null, if it comes next.
    pub(crate) fn null(&mut self) -> Result<bool, CborError> {
        self.step_over(NULL)
    }
}

/// What only the Nitro device's answers need.
#[cfg(all(feature = "nsm-device", target_os = "linux"))]
impl Reader<'_> {
    pub(crate) fn boolean(&mut self) -> Result<bool, CborError> {
        let is_true = self.step_over(TRUE)?;
        if is_true || self.step_over(FALSE)? { Ok(is_true) } else { Err(self.unexpected("a boolean")) }
    }

    /// Steps over one item of any shape, in at most `depth` levels.
    pub(crate) fn skip(&mut self, depth: u8) -> Result<(), CborError> {
        let Some(depth) = depth.checked_sub(1) else { return Err(self.unexpected("an item in fewer levels")) };
        match self.peek()? {
            Major::Unsigned | Major::Negative | Major::Simple => self.head().map(drop),
            major @ (Major::Bytes | Major::Text) => self.definite(major).and_then(|length| self.take(length)).map(drop),
            Major::Tag => self.head().and_then(|_| self.skip(depth)),
            Major::Array => self.skip_entries(Major::Array, 1, depth),
            Major::Map => self.skip_entries(Major::Map, 2, depth),
        }
    }

    /// Each entry has at least one byte, so the input ends what a large number of entries announces.
    fn skip_entries(&mut self, major: Major, items: u8, depth: u8) -> Result<(), CborError> {
        let mut entries = self.open(major)?;
        while self.next_entry(&mut entries)? {
            for _ in 0..items {
                self.skip(depth)?;
            }
        }
        Ok(())
    }
}
