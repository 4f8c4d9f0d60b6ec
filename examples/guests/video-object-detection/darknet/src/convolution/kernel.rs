//! The product of a few rows with a panel of columns, in registers.
//!
//! 6 rows × 2 vectors leave 12 sums in registers, and of 16 there are enough for the operands.

use crate::simd::{LANES, Vector};

/// Pixels of a tile.
pub(super) const ROWS: usize = 6;

/// Filters of a tile, and of a panel of packed weights.
pub(super) const COLUMNS: usize = 2 * LANES;

/// A tile's sums.
pub(super) type Tile = [[f32; COLUMNS]; ROWS];

/// What the rows of a tile read: `runs` pieces of `length` values, each `step` after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) runs: usize,
    pub(super) step: usize,
    /// A multiple of [`UNROLLED`].
    pub(super) length: usize,
}

/// Values of a row that one turn of the inner loop takes: the engine may interrupt a program at each turn, and asking
/// whether it does is as dear as a multiplication.
pub(super) const UNROLLED: usize = 4;

type Sums = [[Vector; 2]; ROWS];

/// `tile[r][c] = Σ rows[starts[r] + …] × panel[…][c]` over the values of `span`.
#[inline(never)]
pub(super) fn multiply(rows: &[f32], starts: &[usize; ROWS], span: Span, panel: &[f32], tile: &mut Tile) {
    let mut sums = [[Vector::splat(0.0); 2]; ROWS];
    let pieces = panel.chunks_exact(span.length * COLUMNS);
    for (run, piece) in pieces.take(span.runs).enumerate() {
        let [a, b, c, d, e, f] = starts.map(|start| start + run * span.step).map(|start| &rows[start..][..span.length]);
        sums = turns(sums, [a, b, c, d, e, f], piece);
    }
    for (row, sums) in tile.iter_mut().zip(sums) {
        let (halves, _) = row.as_chunks_mut::<LANES>();
        for (half, sum) in halves.iter_mut().zip(sums) {
            sum.store(half);
        }
    }
}

#[inline(always)]
fn turns(mut sums: Sums, rows: [&[f32]; ROWS], piece: &[f32]) -> Sums {
    let [a, b, c, d, e, f] = rows.map(|row| row.as_chunks::<UNROLLED>().0);
    let pieces = piece.as_chunks::<{ UNROLLED * COLUMNS }>().0;
    let rows = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f);
    for (piece, (((((a, b), c), d), e), f)) in pieces.iter().zip(rows) {
        let columns = piece.as_chunks::<COLUMNS>().0;
        for (k, columns) in columns.iter().enumerate() {
            let halves = columns.as_chunks::<LANES>().0;
            let (low, high) = (Vector::load(&halves[0]), Vector::load(&halves[1]));
            for (sums, row) in sums.iter_mut().zip([a, b, c, d, e, f]) {
                let value = Vector::splat(row[k]);
                sums[0] = value.mul_add(low, sums[0]);
                sums[1] = value.mul_add(high, sums[1]);
            }
        }
    }
    sums
}
