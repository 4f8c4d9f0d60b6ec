//! From the numbers of a yolo layer to boxes, and from the network's input to the frame.

use super::{Bounds, Detection, FrameSize};
use crate::config::{Shape, Yolo};

/// A class of a box, before it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) class: usize,
    pub(super) probability: f32,
    /// The middle, in parts of the network's input.
    pub(super) x: f32,
    pub(super) y: f32,
    /// In pixels of the network's input.
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Adds what is more probable than `threshold`: objectness alone, and times the class.
pub(super) fn candidates(yolo: &Yolo, shape: Shape, planes: &[f32], threshold: f32, into: &mut Vec<Candidate>) {
    let area = shape.width * shape.height;
    for (anchor, planes) in yolo.anchors.iter().zip(planes.chunks_exact(area * (yolo.classes + 5))) {
        let plane = |number: usize| &planes[number * area..][..area];
        for cell in (0..area).filter(|cell| plane(4)[*cell] > threshold) {
            let (row, column) = (cell / shape.width, cell % shape.width);
            let candidate = |(class, probability)| Candidate {
                class,
                probability,
                x: (column as f32 + plane(0)[cell]) / shape.width as f32,
                y: (row as f32 + plane(1)[cell]) / shape.height as f32,
                width: plane(2)[cell].exp() * anchor.0,
                height: plane(3)[cell].exp() * anchor.1,
            };
            let classes = (0..yolo.classes).map(|class| (class, plane(4)[cell] * plane(5 + class)[cell]));
            into.extend(classes.filter(|(_, probability)| *probability > threshold).map(candidate));
        }
    }
}

/// How a frame lies in the network's input.
#[derive(Debug)]
pub(super) struct Letterbox {
    input: Shape,
    frame: FrameSize,
    /// Pixels of the input that the frame covers.
    covered: (f32, f32),
}

impl Letterbox {
    pub(super) fn new(input: Shape, frame: FrameSize) -> Letterbox {
        let FrameSize { width, height } = frame;
        // Whole pixels, cut as Darknet's letterbox cuts them.
        let fits = |length: usize, input: usize, by: usize| (length as u64 * input as u64 / by.max(1) as u64) as f32;
        // As fractions input.width / width < input.height / height, in whole numbers.
        let wide = (input.width as u64 * height as u64) < (input.height as u64 * width as u64);
        let covered = if wide {
            (input.width as f32, fits(height, input.width, width))
        } else {
            (fits(width, input.height, height), input.height as f32)
        };
        Letterbox { input, frame, covered: (covered.0.max(1.0), covered.1.max(1.0)) }
    }

    /// Middle and size, in parts of the frame.
    pub(super) fn undo(&self, candidate: &Candidate) -> [f32; 4] {
        let (width, height) = (self.input.width as f32, self.input.height as f32);
        let middle = |at: f32, length: f32, covered: f32| (at * length - (length - covered) / 2.0) / covered;
        [
            middle(candidate.x, width, self.covered.0),
            middle(candidate.y, height, self.covered.1),
            candidate.width / self.covered.0,
            candidate.height / self.covered.1,
        ]
    }

    /// In pixels of the frame, and no further.
    pub(super) fn detection(&self, candidate: &Candidate) -> Detection {
        let [x, y, width, height] = self.undo(candidate);
        let (x, width) = within(x, width, self.frame.width as f32);
        let (y, height) = within(y, height, self.frame.height as f32);
        let Candidate { class, probability, .. } = *candidate;
        Detection { class, probability, bounds: Bounds { x, y, width, height } }
    }
}

/// Start and length in pixels. What is no number becomes a side of the frame.
fn within(middle: f32, length: f32, pixels: f32) -> (f32, f32) {
    let side = |at: f32| (at * pixels).max(0.0).min(pixels);
    let (start, end) = (side(middle - length / 2.0), side(middle + length / 2.0));
    (start, (end - start).max(0.0))
}
