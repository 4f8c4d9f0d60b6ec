//! Each pixel as a square of pixels.

use crate::tensor::Layout;

/// Repeats every pixel `stride` times in both directions.
pub(crate) fn upsample(stride: usize, (from, input): (&Layout, &[f32]), (to, output): (&Layout, &mut [f32])) {
    to.clear_border(output);
    for y in 0..to.shape.height {
        let row = &input[from.pixels(y / stride)];
        for (x, pixel) in output[to.pixels(y)].chunks_exact_mut(to.pixel).enumerate() {
            let start = x / stride * from.pixel;
            pixel.copy_from_slice(&row[start..start + from.pixel]);
        }
    }
}
