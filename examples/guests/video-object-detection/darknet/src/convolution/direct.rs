//! A convolution as a product of matrices whose left one is never built: the kernel reads the rows of each window where
//! they lie.

use super::Epilogue;
use super::kernel::{self, COLUMNS, ROWS, Span, Tile, UNROLLED};
use crate::config::Convolutional;
use crate::error::Error;
use crate::simd::{LANES, Vector};
use crate::tensor::Layout;
use crate::weights::reserve;

/// Values that a panel has at most of each filter: 16 to 32 KiB of it, what the first cache holds beside a tile's rows.
const BLOCK: usize = 512;

/// Tiles of pixels that a panel is multiplied with while it is in the first cache; their rows stay in the second.
const TILES: usize = 16;

/// A convolution of any size and stride.
#[derive(Debug)]
pub(super) struct Direct {
    input: Layout,
    output: Layout,
    size: usize,
    stride: usize,
    pad: usize,
    blocks: Vec<Block>,
    packed: Vec<f32>,
}

/// A part of the window, whose panels lie together.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// The first value of the window's part, from the window's first value on.
    from: usize,
    span: Span,
    /// Where its panels start.
    panels: usize,
}

impl Block {
    /// Values of a filter.
    fn length(&self) -> usize {
        self.span.runs * self.span.length
    }
}

impl Direct {
    pub(super) fn new(c: &Convolutional, layouts: (Layout, Layout), filters: usize) -> Result<Direct, Error> {
        let (input, output) = layouts;
        let (blocks, values) = blocks(c.size, &input, filters.next_multiple_of(COLUMNS));
        let packed = reserve("weights", values)?;
        Ok(Direct { input, output, size: c.size, stride: c.stride, pad: c.pad, blocks, packed })
    }

    /// Puts a filter, as the file has it (channel by channel), where the kernel reads it.
    pub(super) fn pack(&mut self, number: usize, filter: &[f32]) {
        let (panel, lane) = (number / COLUMNS, number % COLUMNS);
        let window = self.size * self.size;
        for block in &self.blocks {
            let start = block.panels + panel * block.length() * COLUMNS + lane;
            let slots = self.packed[start..].iter_mut().step_by(COLUMNS);
            for (slot, value) in slots.zip(0..block.length()) {
                let (run, within) = (value / block.span.length, value % block.span.length);
                let offset = block.from + run * self.input.row + within;
                let (y, rest) = (offset / self.input.row, offset % self.input.row);
                let (x, channel) = (rest / self.input.pixel, rest % self.input.pixel);
                if channel < self.input.shape.channels {
                    *slot = filter[channel * window + y * self.size + x];
                }
            }
        }
    }

    pub(super) fn run(&self, input: &[f32], output: &mut [f32], epilogue: &Epilogue<'_>) {
        self.output.clear_border(output);
        let pixels = self.output.shape.width * self.output.shape.height;
        let mut tiles = Vec::with_capacity(TILES);
        for first in (0..pixels).step_by(TILES * ROWS) {
            tiles.clear();
            let last = pixels.min(first + TILES * ROWS);
            tiles.extend((first..last).step_by(ROWS).map(|pixel| self.tile(pixel, pixels)));
            for (index, block) in self.blocks.iter().enumerate() {
                self.block(block, index, &tiles, (input, &mut *output), epilogue);
            }
        }
    }

    /// Where the windows and the results of the next pixels lie.
    fn tile(&self, first: usize, pixels: usize) -> Pixels {
        let mut tile = Pixels { windows: [0; ROWS], results: [0; ROWS], count: ROWS.min(pixels - first) };
        for (index, (window, result)) in tile.windows.iter_mut().zip(&mut tile.results).enumerate() {
            // Past the last one the last is computed again, and not stored.
            let pixel = (first + index).min(pixels - 1);
            let (y, x) = (pixel / self.output.shape.width, pixel % self.output.shape.width);
            *window = self.input.at(y * self.stride, x * self.stride, self.pad);
            *result = self.output.at(y, x, 0);
        }
        tile
    }

    fn block(&self, block: &Block, index: usize, tiles: &[Pixels], io: (&[f32], &mut [f32]), epilogue: &Epilogue<'_>) {
        let (input, output) = io;
        let stage = Stage { first: index == 0, last: index + 1 == self.blocks.len() };
        let panels = self.packed[block.panels..].chunks_exact(block.length() * COLUMNS);
        for (panel, bias) in
            panels.zip(epilogue.bias.as_chunks::<COLUMNS>().0).enumerate().map(|(i, (p, b))| ((i, p), b))
        {
            let (number, panel) = panel;
            let mut sums: Tile = [[0.0; COLUMNS]; ROWS];
            let width = COLUMNS.min(self.output.pixel - number * COLUMNS);
            for tile in tiles {
                let starts = tile.windows.map(|window| window + block.from);
                kernel::multiply(input, &starts, block.span, panel, &mut sums);
                for (result, sums) in tile.results.iter().zip(&sums).take(tile.count) {
                    let result = &mut output[result + number * COLUMNS..][..width];
                    finish(result, sums, bias, stage, epilogue.slope);
                }
            }
        }
    }
}

/// A tile's pixels, and how many of them there are.
#[derive(Debug)]
struct Pixels {
    windows: [usize; ROWS],
    results: [usize; ROWS],
    count: usize,
}

/// Whether there are sums of earlier blocks to add, and later ones to wait for.
#[derive(Debug, Clone, Copy)]
struct Stage {
    first: bool,
    last: bool,
}

#[inline(always)]
fn finish(result: &mut [f32], sums: &[f32; COLUMNS], bias: &[f32; COLUMNS], stage: Stage, slope: f32) {
    let slope = Vector::splat(slope);
    let parts = sums.as_chunks::<LANES>().0.iter().zip(bias.as_chunks::<LANES>().0);
    for (result, (sums, bias)) in result.as_chunks_mut::<LANES>().0.iter_mut().zip(parts) {
        let before = if stage.first { Vector::load(bias) } else { Vector::load(result) };
        let sum = Vector::load(sums) + before;
        // The greater one is right for positive and for negative sums, as no slope is greater than 1.
        let value = if stage.last { sum.max(sum * slope) } else { sum };
        value.store(result);
    }
}

/// Cuts the window into blocks: some whole rows of it, or a part of one.
fn blocks(size: usize, input: &Layout, filters: usize) -> (Vec<Block>, usize) {
    let run = size * input.pixel;
    let mut blocks = Vec::new();
    let mut values = 0;
    let mut push = |from, runs, length| {
        blocks.push(Block { from, span: Span { runs, step: input.row, length }, panels: values });
        values += runs * length * filters;
    };
    if run <= BLOCK {
        let rows = BLOCK / run;
        (0..size).step_by(rows).for_each(|y| push(y * input.row, rows.min(size - y), run));
    } else {
        let length = run.div_ceil(run.div_ceil(BLOCK)).next_multiple_of(UNROLLED);
        let parts = (0..run).step_by(length).map(|from| (from, length.min(run - from)));
        (0..size).for_each(|y| parts.clone().for_each(|(from, length)| push(y * input.row + from, 1, length)));
    }
    (blocks, values)
}
