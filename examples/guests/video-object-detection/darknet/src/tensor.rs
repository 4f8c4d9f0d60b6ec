//! How activations lie in memory: pixel by pixel, all channels of a pixel together.
//!
//! So a row of a convolution's window is one run of memory, whatever its size. Around the image lies a border of zeros as
//! wide as its readers need; the right border of a row is the left one of the next. The channels of a pixel are filled up
//! with zeros to whole vectors.

use std::ops::Range;

use crate::config::Shape;
use crate::simd::LANES;

/// Where the values of an activation lie in its slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) shape: Shape,
    pub(crate) border: usize,
    /// Values from one pixel to the next.
    pub(crate) pixel: usize,
    /// Values from one row to the next.
    pub(crate) row: usize,
}

impl Layout {
    pub(crate) fn new(shape: Shape, border: usize) -> Layout {
        let pixel = shape.channels.next_multiple_of(LANES);
        Layout { shape, border, pixel, row: pixel.saturating_mul(shape.width + border) }
    }

    /// Values with all borders.
    pub(crate) fn len(&self) -> usize {
        let rows = self.shape.height + 2 * self.border;
        rows.saturating_mul(self.row).saturating_add(self.border.saturating_mul(self.pixel))
    }

    /// Where a pixel starts. `margin` pixels further left and up: no more than the border is wide.
    pub(crate) fn at(&self, y: usize, x: usize, margin: usize) -> usize {
        (y + self.border - margin) * self.row + (x + self.border - margin) * self.pixel
    }

    /// The pixels of a row, without borders.
    pub(crate) fn pixels(&self, y: usize) -> Range<usize> {
        let start = self.at(y, 0, 0);
        start..start + self.shape.width * self.pixel
    }

    /// Makes the border zero; what was in the slice before is of no use to anybody.
    pub(crate) fn clear_border(&self, data: &mut [f32]) {
        if self.border == 0 {
            return;
        }
        let mut end = 0;
        for y in 0..self.shape.height {
            let pixels = self.pixels(y);
            data[end..pixels.start].fill(0.0);
            end = pixels.end;
        }
        data[end..self.len()].fill(0.0);
    }

    /// From planes, one for each channel.
    pub(crate) fn read_planes(&self, planes: &[f32], data: &mut [f32]) {
        self.clear_border(data);
        let Shape { channels, width, height } = self.shape;
        for y in 0..height {
            for (x, pixel) in data[self.pixels(y)].chunks_exact_mut(self.pixel).enumerate() {
                pixel[channels..].fill(0.0);
                for (channel, value) in pixel[..channels].iter_mut().enumerate() {
                    *value = planes[(channel * height + y) * width + x];
                }
            }
        }
    }

    /// Into planes, one for each channel: what Darknet's own layers give.
    pub(crate) fn write_planes(&self, data: &[f32], planes: &mut [f32]) {
        let Shape { channels, width, height } = self.shape;
        for y in 0..height {
            for (x, pixel) in data[self.pixels(y)].chunks_exact(self.pixel).enumerate() {
                for (channel, value) in pixel[..channels].iter().enumerate() {
                    planes[(channel * height + y) * width + x] = *value;
                }
            }
        }
    }
}
