//! Layers side by side: the channels of the first, then those of the next.

use crate::tensor::Layout;

/// Writes all `inputs` next to each other; they are of one width and height.
pub(crate) fn route(inputs: &[(&Layout, &[f32])], to: &Layout, output: &mut [f32]) {
    to.clear_border(output);
    for y in 0..to.shape.height {
        for (x, pixel) in output[to.pixels(y)].chunks_exact_mut(to.pixel).enumerate() {
            let mut rest = pixel;
            for (from, input) in inputs {
                let start = from.at(y, x, 0);
                let (part, after) = rest.split_at_mut(from.shape.channels);
                part.copy_from_slice(&input[start..start + from.shape.channels]);
                rest = after;
            }
            rest.fill(0.0);
        }
    }
}
