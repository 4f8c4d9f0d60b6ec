//! Splits a byte stream into NAL units (ITU-T H.264, annex B), from pieces of any size.
//!
//! It never holds more than one unit and one step of the stream.

#[cfg(test)]
mod tests;

use memchr::memmem::Finder;

use crate::Error;

/// A NAL unit, one slice of a picture at most, may be this long: what OpenH264 takes, more than level 5.2 allows.
pub const MAX_UNIT_BYTES: usize = 7_000_000;

/// So much of a piece is looked at in one step.
const STEP: usize = 64 * 1024;
const START_CODE: [u8; 3] = [0, 0, 1];

/// What of the stream is not handed out yet.
#[derive(Debug)]
pub(crate) struct Splitter {
    held: Vec<u8>,
    /// Where the unit that is being collected starts in `held`: its start code.
    start: usize,
    /// There is no start code before this place, save the one at `start`.
    searched: usize,
    begun: bool,
    finder: Finder<'static>,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self { held: Vec::new(), start: 0, searched: 0, begun: false, finder: Finder::new(&START_CODE).into_owned() }
    }

    /// Hands every unit that ends within `bytes` to `sink`, with its start code of three bytes in front.
    pub(crate) fn push<E: From<Error>>(
        &mut self,
        bytes: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for step in bytes.chunks(STEP) {
            self.held.extend_from_slice(step);
            if !self.begun && !self.begin()? {
                continue;
            }
            while let Some(end) = self.next_start() {
                let unit = self.start..end;
                self.start = end;
                self.searched = end + START_CODE.len();
                sink(trimmed(&self.held[unit]))?;
            }
            self.compact()?;
        }
        Ok(())
    }

    /// The last unit, with its start code.
    pub(crate) fn finish(&self) -> Result<&[u8], Error> {
        match self.held.as_slice() {
            [] => Err(Error::Empty),
            _ if !self.begun => Err(Error::NotH264),
            held => Ok(trimmed(&held[self.start..])),
        }
    }

    /// Finds the first start code. Only zeros may stand before it.
    fn begin(&mut self) -> Result<bool, Error> {
        let zeros = self.held.iter().take_while(|byte| **byte == 0).count();
        match self.held.get(zeros) {
            // However many there are, two tell as much.
            None => self.held.truncate(2),
            Some(1) if zeros >= 2 => {
                self.start = zeros - 2;
                self.searched = zeros + 1;
                self.begun = true;
            }
            Some(_) => return Err(Error::NotH264),
        }
        Ok(self.begun)
    }

    fn next_start(&mut self) -> Option<usize> {
        let found = self.finder.find(&self.held[self.searched..]).map(|offset| self.searched + offset);
        if found.is_none() {
            // The last two bytes may begin a start code, unless they are of one.
            self.searched = self.searched.max(self.held.len().saturating_sub(2));
        }
        found
    }

    fn compact(&mut self) -> Result<(), Error> {
        self.held.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        match self.held.len() {
            size if size > MAX_UNIT_BYTES => Err(Error::TooLarge { what: "a NAL unit", size, limit: MAX_UNIT_BYTES }),
            _ => Ok(()),
        }
    }
}

/// Without the zeros that may follow a unit; none ends in a zero itself.
fn trimmed(unit: &[u8]) -> &[u8] {
    let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &unit[..end]
}
