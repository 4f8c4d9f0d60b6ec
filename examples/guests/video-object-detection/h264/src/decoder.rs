//! From bytes to pictures: the stream's units go to OpenH264 one by one, its pictures to the caller in order.
//!
//! After an error it decodes nothing more: a picture that refers to a wrong one would be wrong without a word.

#[cfg(test)]
mod tests;

use crate::annexb::Splitter;
use crate::ffi::{Core, Failure, Picture};
use crate::order::{Place, Queue};
use crate::parameters::Parameters;
use crate::slices::Slices;
use crate::{Error, Frame};

/// How many sequence parameter sets a stream may have at a time (7.4.2.1.1).
const MAX_PARAMETER_SETS: usize = 32;

/// A decoder for one stream.
#[derive(Debug)]
pub struct Decoder {
    splitter: Splitter,
    pictures: Pictures,
    stopped: bool,
}

/// Units to pictures.
#[derive(Debug)]
struct Pictures {
    core: Core,
    queue: Queue,
    parameters: [Option<Parameters>; MAX_PARAMETER_SETS],
    /// How many have been decoded.
    count: u64,
    /// Of the picture after them.
    slices: Slices,
}

type Sink<'a, E> = dyn FnMut(&Frame<'_>) -> Result<(), E> + 'a;

impl Decoder {
    /// A decoder at the start of a stream.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new() -> Result<Self, Error> {
        let pictures = Pictures {
            core: Core::new()?,
            queue: Queue::default(),
            parameters: [None; MAX_PARAMETER_SETS],
            count: 0,
            slices: Slices::default(),
        };
        Ok(Self { splitter: Splitter::new(), pictures, stopped: false })
    }

    /// Takes the next bytes of an Annex B stream, in pieces of any size, and hands every picture whose turn it is to
    /// `sink`, in order of display.
    ///
    /// # Errors
    /// What is wrong with the stream, or what `sink` returned. The decoder is of no use after either.
    pub fn push<E: From<Error>>(
        &mut self,
        bytes: &[u8],
        sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if std::mem::replace(&mut self.stopped, true) {
            return Err(Error::Stopped.into());
        }
        self.splitter.push(bytes, |unit| self.pictures.take(unit, sink))?;
        self.stopped = false;
        Ok(())
    }

    /// The end of the stream: hands what is left to `sink`.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the last picture is not complete, [`Error::NoPicture`] if there never was one, what else
    /// is wrong with the stream, or what `sink` returned.
    pub fn finish<E: From<Error>>(mut self, sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>) -> Result<(), E> {
        if self.stopped {
            return Err(Error::Stopped.into());
        }
        self.pictures.take(self.splitter.finish()?, sink)?;
        self.pictures.finish(sink)
    }
}

impl Pictures {
    /// Takes a unit with its start code. Table 7-1 says what the types are.
    fn take<E: From<Error>>(&mut self, unit: &[u8], sink: &mut Sink<'_, E>) -> Result<(), E> {
        let Some(content) = unit.get(3..) else { return Ok(()) };
        let Some(header) = content.first() else { return Ok(()) };
        match header & 0x1f {
            _ if header & 0x80 != 0 => Err(self.damaged("a unit's first bit is not 0").into()),
            1 | 5 => {
                // Only now is it known whether this is the first slice of another picture.
                self.decode(Some(unit), sink)?;
                Ok(self.slices.add_slice(content, self.count)?)
            }
            2..=4 => Err(Error::Unsupported { what: "data partitioning".to_owned() }.into()),
            7 => {
                let parameters = Parameters::parse(content, self.count)?;
                // The picture that this unit ends was made by the set that it replaces.
                self.decode(Some(unit), sink)?;
                if let Some(place) = self.parameters.get_mut(usize::from(parameters.id)) {
                    *place = Some(parameters);
                }
                Ok(())
            }
            8 => self.decode(Some(unit), sink),
            // Neither delimiters, messages nor the layers of scalable and multiview streams change the pictures.
            _ => Ok(()),
        }
    }

    fn finish<E: From<Error>>(&mut self, sink: &mut Sink<'_, E>) -> Result<(), E> {
        if !self.slices.is_empty() {
            let before = self.count;
            self.decode(None, sink)?;
            if self.count == before {
                return Err(Error::Truncated { picture: self.count }.into());
            }
        }
        self.queue.drain(0, sink)?;
        if self.count == 0 { Err(Error::NoPicture.into()) } else { Ok(()) }
    }

    fn decode<E: From<Error>>(&mut self, unit: Option<&[u8]>, sink: &mut Sink<'_, E>) -> Result<(), E> {
        let picture = match self.core.decode(unit) {
            Ok(None) => return Ok(self.slices.add_unit(unit.unwrap_or_default())?),
            Ok(Some(picture)) => picture,
            Err(Failure::Memory) => return Err(Error::OutOfMemory.into()),
            Err(Failure::Data(_)) if unit.is_none() => return Err(Error::Truncated { picture: self.count }.into()),
            Err(Failure::Data(what)) => return Err(self.damaged(what).into()),
        };
        let set = usize::try_from(picture.parameter_set).ok().and_then(|id| *self.parameters.get(id)?);
        let Some(parameters) = set else {
            let error = Error::Damaged { picture: self.count, what: "its parameter set is missing".to_owned() };
            return Err(error.into());
        };
        self.count += 1;
        self.slices.clear();
        self.slices.add_unit(unit.unwrap_or_default())?;
        let Picture { planes: [y, u, v], width, height, order, sequence, .. } = picture;
        let frame = Frame { width, height, y, u, v, colour: parameters.colour };
        let place = Place { sequence, order, reordering: parameters.reordering };
        self.queue.push(&frame, place, sink)
    }

    fn damaged(&self, what: &str) -> Error {
        Error::Damaged { picture: self.count, what: what.to_owned() }
    }
}
