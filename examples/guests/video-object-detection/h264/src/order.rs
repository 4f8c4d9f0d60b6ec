//! Puts pictures into their order of display, holding back as few as the stream asks for.
//!
//! A picture that must wait is copied: the decoder goes on to use its memory.

#[cfg(test)]
mod tests;

use crate::{Colour, Frame, Plane};

/// Where a picture belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Another number where the order starts again.
    pub(crate) sequence: u32,
    /// Says nothing where none may have to wait.
    pub(crate) order: i32,
    /// So many pictures may have to wait.
    pub(crate) reordering: usize,
}

/// The pictures that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    sequence: u32,
    waiting: Vec<Waiting>,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Waiting {
    order: i32,
    width: usize,
    height: usize,
    colour: Colour,
    /// The three planes, one behind the other, without gaps.
    samples: Vec<u8>,
}

impl Queue {
    /// Takes a picture and hands out those whose turn it is.
    pub(crate) fn push<E>(
        &mut self,
        frame: &Frame<'_>,
        place: Place,
        sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if place.sequence != self.sequence {
            self.drain(0, sink)?;
            self.sequence = place.sequence;
        }
        self.drain(place.reordering, sink)?;
        if self.waiting.len() == place.reordering {
            match self.first() {
                Some(index) if self.waiting[index].order < place.order => self.release(index, sink)?,
                _ => return sink(frame),
            }
        }
        self.keep(frame, place.order);
        Ok(())
    }

    /// Hands out the first pictures until at most `left` wait.
    pub(crate) fn drain<E>(&mut self, left: usize, sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>) -> Result<(), E> {
        while self.waiting.len() > left {
            let Some(index) = self.first() else { break };
            self.release(index, sink)?;
        }
        Ok(())
    }

    fn first(&self) -> Option<usize> {
        (0..self.waiting.len()).min_by_key(|index| self.waiting[*index].order)
    }

    fn release<E>(&mut self, index: usize, sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>) -> Result<(), E> {
        let picture = self.waiting.remove(index);
        let result = sink(&picture.frame());
        self.spare.push(picture.samples);
        result
    }

    fn keep(&mut self, frame: &Frame<'_>, order: i32) {
        let mut samples = self.spare.pop().unwrap_or_default();
        samples.clear();
        for (plane, width) in [(frame.y, frame.width), (frame.u, half(frame.width)), (frame.v, half(frame.width))] {
            plane.rows(width).for_each(|row| samples.extend_from_slice(row));
        }
        let (width, height, colour) = (frame.width, frame.height, frame.colour);
        self.waiting.push(Waiting { order, width, height, colour, samples });
    }
}

impl Waiting {
    fn frame(&self) -> Frame<'_> {
        let (luma, chroma) = (self.width * self.height, half(self.width) * half(self.height));
        let (y, rest) = self.samples.split_at(luma);
        let (u, v) = rest.split_at(chroma);
        let plane = |data, stride| Plane { data, stride };
        Frame {
            width: self.width,
            height: self.height,
            y: plane(y, self.width),
            u: plane(u, half(self.width)),
            v: plane(v, half(self.width)),
            colour: self.colour,
        }
    }
}

/// Cropping is in units of two pixels, so the sides of a picture are even.
fn half(side: usize) -> usize {
    side / 2
}
