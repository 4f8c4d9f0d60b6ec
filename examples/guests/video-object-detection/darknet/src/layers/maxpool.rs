//! The greatest value of each window.

use std::ops::Range;

use super::combine;
use crate::tensor::Layout;

/// What a maxpool layer is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    pub(crate) size: usize,
    pub(crate) stride: usize,
    /// Pixels around the image, both sides together; the odd one is right and below, as Darknet has it.
    pub(crate) padding: usize,
}

/// Pixels outside the image count as if they were not there, as Darknet has it.
pub(crate) fn maxpool(windows: Windows, (from, input): (&Layout, &[f32]), (to, output): (&Layout, &mut [f32])) {
    to.clear_border(output);
    for y in 0..to.shape.height {
        let rows = windows.along(y, from.shape.height);
        for (x, pixel) in output[to.pixels(y)].chunks_exact_mut(to.pixel).enumerate() {
            pixel.fill(f32::NEG_INFINITY);
            for row in rows.clone() {
                for column in windows.along(x, from.shape.width) {
                    let start = from.at(row, column, 0);
                    combine(pixel, &input[start..start + from.pixel], |greatest, value| greatest.max(value));
                }
            }
        }
    }
}

impl Windows {
    /// What the window at `position` covers of `length` pixels.
    fn along(&self, position: usize, length: usize) -> Range<usize> {
        let start = position * self.stride;
        let before = self.padding / 2;
        start.saturating_sub(before)..(start + self.size).saturating_sub(before).min(length)
    }
}
