//! 3×3 convolutions of stride 1 by Winograd's way: tiles of the image and the filters are transformed, multiplied point by
//! point, which is a product of matrices for each point, and transformed back.

use super::Epilogue;
use super::kernel::{self, COLUMNS, DEPTH, Sums};
use super::transform::{Matrices, Transform};
use crate::error::Error;
use crate::simd::{LANES, Vector};
use crate::tensor::Layout;
use crate::weights::reserve;

/// Tiles that are transformed before they are multiplied: enough that the weights are seldom read, and few enough that
/// a point's values stay in the second cache.
const TILES: usize = 64;

/// A convolution whose results are computed OUT × OUT at a time, from IN × IN pixels.
#[derive(Debug)]
pub(super) struct Winograd<const OUT: usize, const IN: usize> {
    input: Layout,
    output: Layout,
    /// Of all filters, filled up to whole panels.
    columns: usize,
    /// Point by point, panel by panel.
    packed: Vec<f32>,
}

impl<const OUT: usize, const IN: usize> Winograd<OUT, IN>
where
    Matrices: Transform<OUT, IN>,
{
    pub(super) fn new((input, output): (Layout, Layout)) -> Result<Self, Error> {
        let columns = output.shape.channels.next_multiple_of(COLUMNS);
        let packed = reserve("weights", IN * IN * input.pixel * columns)?;
        Ok(Winograd { input, output, columns, packed })
    }

    /// Multiplications for one pair of an input and an output channel.
    pub(super) fn multiplications(output: &Layout) -> usize {
        Self::tiles(output) * IN * IN
    }

    /// Values that it needs room for while it runs.
    pub(super) fn scratch(&self) -> usize {
        IN * IN * self.tiles_at_once() * (self.input.pixel + self.columns)
    }

    pub(super) fn pack(&mut self, number: usize, filter: &[f32]) {
        let channels = self.input.pixel;
        let start = (number / COLUMNS * channels) * COLUMNS + number % COLUMNS;
        for (channel, filter) in filter.as_chunks::<9>().0.iter().enumerate() {
            let points = self.packed[start + channel * COLUMNS..].iter_mut().step_by(channels * self.columns);
            for (point, to) in points.enumerate() {
                let (row, column) = (&Matrices::FILTER[point / IN], &Matrices::FILTER[point % IN]);
                let along = |line: usize| (0..3).map(|x| filter[line * 3 + x] * column[x]).sum::<f32>();
                *to = (0..3).map(|y| row[y] * along(y)).sum();
            }
        }
    }

    pub(super) fn run(&self, input: &[f32], output: &mut [f32], epilogue: &Epilogue<'_>, scratch: &mut [f32]) {
        self.output.clear_border(output);
        let (all, at_once) = (Self::tiles(&self.output), self.tiles_at_once());
        for first in (0..all).step_by(at_once) {
            let count = at_once.min(all - first);
            let (values, products) = scratch.split_at_mut(IN * IN * count * self.input.pixel);
            for tile in 0..count {
                self.transform(first + tile, input, &mut values[tile * DEPTH..], count);
            }
            self.multiply(count, values, products);
            for tile in 0..count {
                self.transform_back(first + tile, &products[tile * self.columns..], output, (epilogue, count));
            }
        }
    }

    fn tiles(output: &Layout) -> usize {
        output.shape.height.div_ceil(OUT) * output.shape.width.div_ceil(OUT)
    }

    /// Evenly distributed.
    fn tiles_at_once(&self) -> usize {
        let tiles = Self::tiles(&self.output);
        tiles.div_ceil(tiles.div_ceil(TILES))
    }

    /// Row and column of a tile's first result.
    fn origin(&self, tile: usize) -> (usize, usize) {
        let across = self.output.shape.width.div_ceil(OUT);
        (tile / across * OUT, tile % across * OUT)
    }

    /// `count` tiles stand side by side, piece by piece, for each point.
    fn transform(&self, tile: usize, input: &[f32], values: &mut [f32], count: usize) {
        let (y, x) = self.origin(tile);
        let (height, width) = (self.input.shape.height, self.input.shape.width);
        // Past the border there is nothing to read; the first pixel is in it, and zero as well.
        let at = |row: usize, column: usize| {
            if y + row < height + 2 && x + column < width + 2 { self.input.at(y + row, x + column, 1) } else { 0 }
        };
        let starts: [[usize; IN]; IN] = std::array::from_fn(|row| std::array::from_fn(|column| at(row, column)));
        let point = count * self.input.pixel;
        for channel in (0..self.input.pixel).step_by(LANES) {
            let line = |column: usize| starts.map(|starts| load(input, starts[column] + channel));
            let columns: [[Vector; IN]; IN] = std::array::from_fn(|column| Matrices::input(line(column)));
            for row in 0..IN {
                let transformed = Matrices::input(columns.map(|column| column[row]));
                for (column, value) in transformed.into_iter().enumerate() {
                    store_pieces(values, (row * IN + column) * point + channel * count, count, value);
                }
            }
        }
    }

    fn multiply(&self, count: usize, values: &[f32], products: &mut [f32]) {
        let channels = self.input.pixel;
        let mut sums: [Sums; TILES] = [[0.0; COLUMNS]; TILES];
        let values = values.chunks_exact(count * channels);
        let products = products.chunks_exact_mut(count * self.columns);
        let points = self.packed.chunks_exact(channels * self.columns);
        for ((values, products), packed) in values.zip(products).zip(points) {
            let values = values.as_chunks::<DEPTH>().0;
            for (number, panel) in packed.chunks_exact(channels * COLUMNS).enumerate() {
                kernel::multiply(values, panel, &mut sums[..count]);
                for (products, sums) in products.chunks_exact_mut(self.columns).zip(&sums[..count]) {
                    products[number * COLUMNS..][..COLUMNS].copy_from_slice(sums);
                }
            }
        }
    }

    fn transform_back(&self, tile: usize, products: &[f32], output: &mut [f32], how: (&Epilogue<'_>, usize)) {
        let (epilogue, count) = how;
        let (y, x) = self.origin(tile);
        let rows = OUT.min(self.output.shape.height - y);
        let across = OUT.min(self.output.shape.width - x);
        let point = count * self.columns;
        let slope = Vector::splat(epilogue.slope);
        for channel in (0..self.output.pixel).step_by(LANES) {
            let value = |row: usize, column: usize| load(products, (row * IN + column) * point + channel);
            let line = |column: usize| std::array::from_fn(|row| value(row, column));
            let columns: [[Vector; OUT]; IN] = std::array::from_fn(|column| Matrices::output(line(column)));
            let bias = load(epilogue.bias, channel);
            for row in 0..rows {
                let start = self.output.at(y + row, x, 0) + channel;
                let results = Matrices::output(columns.map(|column| column[row]));
                for (column, value) in results.into_iter().enumerate().take(across) {
                    store(output, start + column * self.output.pixel, (value + bias).activated(slope));
                }
            }
        }
    }
}

#[inline(always)]
fn load(from: &[f32], at: usize) -> Vector {
    from[at..].first_chunk().map_or(Vector::splat(0.0), Vector::load)
}

#[inline(always)]
fn store(to: &mut [f32], at: usize, value: Vector) {
    if let Some(to) = to[at..].first_chunk_mut() {
        value.store(to);
    }
}

/// Each piece of a vector after those of the other tiles.
#[inline(always)]
fn store_pieces(to: &mut [f32], at: usize, count: usize, value: Vector) {
    let mut values = [0.0; LANES];
    value.store(&mut values);
    for (number, piece) in values.as_chunks::<DEPTH>().0.iter().enumerate() {
        if let Some(to) = to[at + number * count * DEPTH..].first_chunk_mut() {
            *to = *piece;
        }
    }
}
