//! The product of many rows with a panel of columns: what all convolutions spend their time in.
//!
//! A piece of the panel, 4 deep and 2 vectors wide, stays in registers while all rows pass by, and their sums lie in the
//! first cache. So only 8 vectors must be held besides a row's own, which compilers of WebAssembly manage: they compute
//! what is pure as late as they can, and a tile of sums in registers would come out as a sequence of spills.

use crate::simd::{LANES, Vector};

/// Filters of a panel of packed weights.
pub(crate) const COLUMNS: usize = 2 * LANES;

/// Values of a row that are multiplied at once. Pixels are as long as some of these.
pub(super) const DEPTH: usize = 4;

/// Rows that one turn of the innermost loop takes. At each turn the engine may interrupt a program, and around that the
/// compiler puts the registers away: as dear as a row.
const TURN: usize = 8;

/// The sums of one row with one panel.
pub(super) type Sums = [f32; COLUMNS];

/// `sums[r][c] = Σ rows[r][…] × panel[…][c]`. The rows lie piece by piece: the first of all rows, then the second of all.
#[inline(never)]
pub(super) fn multiply(rows: &[[f32; DEPTH]], panel: &[f32], sums: &mut [Sums]) {
    sums.fill([0.0; COLUMNS]);
    for (rows, piece) in rows.chunks_exact(sums.len()).zip(panel.as_chunks::<{ DEPTH * COLUMNS }>().0) {
        add(rows, piece, sums);
    }
}

#[inline(always)]
fn add(rows: &[[f32; DEPTH]], piece: &[f32; DEPTH * COLUMNS], sums: &mut [Sums]) {
    let (vectors, _) = piece.as_chunks::<LANES>();
    let vector = |number: usize| Vector::load(&vectors[number]);
    let (low, high) = ([0, 2, 4, 6].map(vector), [1, 3, 5, 7].map(vector));
    let row = |row: &[f32; DEPTH], sums: &mut Sums| {
        let values = Vector::splats(row);
        let [first, second] = sums.as_chunks_mut::<LANES>().0 else { return };
        chain(values, low, first);
        chain(values, high, second);
    };
    let ((turns, few), (turns_of_sums, few_sums)) = (rows.as_chunks::<TURN>(), sums.as_chunks_mut::<TURN>());
    for (rows, sums) in turns.iter().zip(turns_of_sums) {
        // Not a loop: that would stay one.
        let [a, b, c, d, e, f, g, h] = sums;
        row(&rows[0], a);
        row(&rows[1], b);
        row(&rows[2], c);
        row(&rows[3], d);
        row(&rows[4], e);
        row(&rows[5], f);
        row(&rows[6], g);
        row(&rows[7], h);
    }
    few.iter().zip(few_sums).for_each(|(few, sums)| row(few, sums));
}

#[inline(always)]
fn chain(values: [Vector; DEPTH], columns: [Vector; DEPTH], sum: &mut [f32; LANES]) {
    let products = values.into_iter().zip(columns);
    products.fold(Vector::load(sum), |sum, (value, column)| value.mul_add(column, sum)).store(sum);
}
