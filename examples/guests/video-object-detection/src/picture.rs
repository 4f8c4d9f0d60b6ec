//! A frame as people and networks see it: red, green and blue, and what becomes of it.
//!
//! | module | what it does |
//! |---|---|
//! | [`colour`] | a video's frame becomes a picture |
//! | [`letterbox`] | a picture becomes a network's input |
//! | [`draw`], [`label`], [`font`] | boxes and words on a picture |
//! | [`jpeg`] | a picture becomes a file |
//!
//! A frame is converted once; the network's input and the file both come from that.

mod colour;
mod draw;
mod font;
mod jpeg;
mod label;
mod letterbox;

use std::collections::TryReserveError;

use h264::Frame;

use self::colour::Chroma;
pub use self::draw::{Mark, annotate};
pub use self::jpeg::encode;
pub use self::letterbox::Letterbox;

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// Planes of red, green and blue, one byte a pixel, row after row from the top. It keeps its memory for the next frame.
#[derive(Debug, Default)]
pub struct Picture {
    width: usize,
    height: usize,
    red: Vec<u8>,
    green: Vec<u8>,
    blue: Vec<u8>,
    chroma: Chroma,
}

impl Picture {
    /// Becomes this frame.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn take(&mut self, frame: &Frame<'_>) -> Result<(), TryReserveError> {
        self.resize(frame.width, frame.height)?;
        let mut chroma = std::mem::take(&mut self.chroma);
        colour::convert(frame, &mut chroma, self);
        self.chroma = chroma;
        Ok(())
    }

    /// The planes: red, green, blue.
    fn planes(&self) -> [&[u8]; 3] {
        [&self.red, &self.green, &self.blue]
    }

    /// What is in the planes afterwards is the caller's matter.
    fn resize(&mut self, width: usize, height: usize) -> Result<(), TryReserveError> {
        let pixels = width.saturating_mul(height);
        for plane in [&mut self.red, &mut self.green, &mut self.blue] {
            plane.try_reserve_exact(pixels.saturating_sub(plane.len()))?;
            plane.resize(pixels, 0);
        }
        (self.width, self.height) = (width, height);
        Ok(())
    }

    /// The same pixels of a row in all planes; none where that is outside.
    fn span(&mut self, y: usize, from: usize, to: usize) -> [&mut [u8]; 3] {
        let (from, to) = (from.min(self.width), to.min(self.width));
        let range = if y < self.height && from < to { y * self.width + from..y * self.width + to } else { 0..0 };
        [&mut self.red, &mut self.green, &mut self.blue].map(|plane| plane.get_mut(range.clone()).unwrap_or_default())
    }

    /// Fills a rectangle, as far as it lies in the picture.
    fn fill(&mut self, area: Area, colour: Rgb) {
        for y in area.top..area.bottom.min(self.height) {
            for (span, value) in self.span(y, area.left, area.right).into_iter().zip(colour) {
                span.fill(value);
            }
        }
    }
}

/// A rectangle of pixels; `right` and `bottom` are the first ones outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}
