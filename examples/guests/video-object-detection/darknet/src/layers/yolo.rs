//! Turns a yolo layer's input into probabilities; sizes stay exponents, as in Darknet.

use crate::config::Yolo;
use crate::tensor::Layout;

/// Values of a box before its classes: x, y, width, height, objectness.
const BOX: usize = 5;

/// Writes the layer's output by planes.
pub(crate) fn yolo(yolo: &Yolo, (from, input): (&Layout, &[f32]), planes: &mut [f32]) {
    from.write_planes(input, planes);
    let area = from.shape.width * from.shape.height;
    for (index, plane) in planes.chunks_exact_mut(area).enumerate() {
        let of_size = matches!(index % (BOX + yolo.classes), 2 | 3);
        if !of_size {
            plane.iter_mut().for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
        }
    }
}
