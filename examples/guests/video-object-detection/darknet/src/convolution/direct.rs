//! A convolution as a product of matrices whose left one is never built: the kernel reads each window where it lies.

use super::Epilogue;
use super::kernel::{self, COLUMNS, DEPTH, Sums};
use crate::config::Convolutional;
use crate::error::Error;
use crate::simd::{LANES, Vector};
use crate::tensor::Layout;
use crate::weights::reserve;

/// Pixels that are computed at once: their sums and what they read stay in the first caches.
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
        let window = c.size * c.size * input.pixel;
        let packed = reserve("weights", window * output.shape.channels.next_multiple_of(COLUMNS))?;
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

    pub(super) fn run(&self, input: &[f32], output: &mut [f32], epilogue: &Epilogue<'_>) {
        self.output.clear_border(output);
        let values = input.as_chunks::<DEPTH>().0;
        let pixels = self.output.shape.width * self.output.shape.height;
        // Evenly distributed.
        let at_once = pixels.div_ceil(pixels.div_ceil(PIXELS));
        let mut windows = [0; PIXELS];
        let mut sums: [Sums; PIXELS] = [[0.0; COLUMNS]; PIXELS];
        for first in (0..pixels).step_by(at_once) {
            let count = at_once.min(pixels - first);
            for (window, pixel) in windows.iter_mut().zip(first..first + count) {
                let (y, x) = self.position(pixel);
                *window = self.input.at(y * self.stride, x * self.stride, self.pad) / DEPTH;
            }
            let panels = self.packed.chunks_exact(self.size * self.size * self.input.pixel * COLUMNS);
            for (number, panel) in panels.enumerate() {
                kernel::gathered(values, &windows[..count], self.offsets(), panel, &mut sums[..count]);
                self.finish((first, number), &sums[..count], output, epilogue);
            }
        }
    }

    fn position(&self, pixel: usize) -> (usize, usize) {
        (pixel / self.output.shape.width, pixel % self.output.shape.width)
    }

    /// Where the pieces of a window lie, from its first on.
    fn offsets(&self) -> impl Iterator<Item = usize> {
        let (row, length) = (self.input.row / DEPTH, self.size * self.input.pixel / DEPTH);
        (0..self.size).flat_map(move |y| (0..length).map(move |piece| y * row + piece))
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
                // The greater one is right for positive and for negative sums, as no slope is greater than 1.
                sum.max(sum * slope).store(result);
            }
        }
    }
}
