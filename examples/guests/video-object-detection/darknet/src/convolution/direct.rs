//! A convolution as a product of matrices, of whose left one only some rows are there at a time: a window for each pixel.

use super::Epilogue;
use super::kernel::{self, COLUMNS, DEPTH, Sums};
use crate::config::Convolutional;
use crate::error::Error;
use crate::simd::{LANES, Vector};
use crate::tensor::Layout;
use crate::weights::reserve;

/// Pixels that are computed at once: their sums stay in the first cache and their windows mostly in the second.
const PIXELS: usize = 48;

/// A convolution of any size and stride.
#[derive(Debug)]
pub(super) struct Direct {
    input: Layout,
    output: Layout,
    size: usize,
    stride: usize,
    pad: usize,
    /// Panel by panel; in each the window's rows, their pixels, and those's channels.
    packed: Vec<f32>,
}

impl Direct {
    pub(super) fn new(c: &Convolutional, (input, output): (Layout, Layout)) -> Result<Direct, Error> {
        let packed =
            reserve("weights", c.size * c.size * input.pixel * output.shape.channels.next_multiple_of(COLUMNS))?;
        Ok(Direct { input, output, size: c.size, stride: c.stride, pad: c.pad, packed })
    }

    /// Puts a filter, as the file has it (channel by channel), where the kernel reads it.
    pub(super) fn pack(&mut self, number: usize, filter: &[f32]) {
        let (panel, lane) = (number / COLUMNS, number % COLUMNS);
        let area = self.size * self.size;
        let start = panel * area * self.input.pixel * COLUMNS + lane;
        for pixel in 0..area {
            let slots = self.packed[start + pixel * self.input.pixel * COLUMNS..].iter_mut().step_by(COLUMNS);
            for (slot, weight) in slots.zip(filter[pixel..].iter().step_by(area)) {
                *slot = *weight;
            }
        }
    }

    /// Values that it needs room for while it runs.
    pub(super) fn scratch(&self) -> usize {
        self.pixels().min(PIXELS) * self.window()
    }

    pub(super) fn run(&self, input: &[f32], output: &mut [f32], epilogue: &Epilogue<'_>, scratch: &mut [f32]) {
        self.output.clear_border(output);
        let pixels = self.pixels();
        // Evenly distributed.
        let at_once = pixels.div_ceil(pixels.div_ceil(PIXELS));
        let mut sums: [Sums; PIXELS] = [[0.0; COLUMNS]; PIXELS];
        for first in (0..pixels).step_by(at_once) {
            let count = at_once.min(pixels - first);
            let windows = scratch[..count * self.window()].as_chunks_mut::<DEPTH>().0;
            for pixel in 0..count {
                self.gather(first + pixel, input, windows[pixel..].iter_mut().step_by(count));
            }
            for (number, panel) in self.packed.chunks_exact(self.window() * COLUMNS).enumerate() {
                kernel::multiply(windows, panel, &mut sums[..count]);
                self.finish((first, number), &sums[..count], output, epilogue);
            }
        }
    }

    fn pixels(&self) -> usize {
        self.output.shape.width * self.output.shape.height
    }

    /// Values of a window.
    fn window(&self) -> usize {
        self.size * self.size * self.input.pixel
    }

    fn position(&self, pixel: usize) -> (usize, usize) {
        (pixel / self.output.shape.width, pixel % self.output.shape.width)
    }

    /// Copies a window, row by row.
    fn gather<'a>(&self, pixel: usize, input: &[f32], mut to: impl Iterator<Item = &'a mut [f32; DEPTH]>) {
        let (y, x) = self.position(pixel);
        let start = self.input.at(y * self.stride, x * self.stride, self.pad);
        for row in 0..self.size {
            let values = &input[start + row * self.input.row..][..self.size * self.input.pixel];
            for (piece, to) in values.as_chunks::<DEPTH>().0.iter().zip(to.by_ref()) {
                *to = *piece;
            }
        }
    }

    /// Adds the biases to the sums of a panel, and stores what the activation makes of them.
    fn finish(&self, (pixel, panel): (usize, usize), sums: &[Sums], output: &mut [f32], epilogue: &Epilogue<'_>) {
        let channel = panel * COLUMNS;
        let width = COLUMNS.min(self.output.pixel - channel);
        let slope = Vector::splat(epilogue.slope);
        let biases = epilogue.bias[channel..].as_chunks::<LANES>().0;
        for (sums, pixel) in sums.iter().zip(pixel..) {
            let (y, x) = self.position(pixel);
            let results = &mut output[self.output.at(y, x, 0) + channel..][..width];
            let parts = sums.as_chunks::<LANES>().0.iter().zip(biases);
            for (result, (sums, bias)) in results.as_chunks_mut::<LANES>().0.iter_mut().zip(parts) {
                let sum = Vector::load(sums) + Vector::load(bias);
                sum.activated(slope).store(result);
            }
        }
    }
}
