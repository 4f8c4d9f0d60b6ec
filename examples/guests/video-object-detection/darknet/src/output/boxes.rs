//! From the numbers of a yolo layer to boxes, and from the network's input to the frame.

use super::best::Best;
use super::{Bounds, Detection, FrameSize};
use crate::config::{Shape, Yolo};

/// A class of a box, before it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) class: usize,
    /// Which of the network's boxes, counted from the first yolo layer's first anchor.
    pub(super) number: usize,
    pub(super) probability: f32,
    /// The middle, in parts of the network's input.
    pub(super) x: f32,
    pub(super) y: f32,
    /// In pixels of the network's input.
    pub(super) width: f32,
    pub(super) height: f32,
}

/// What a yolo layer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boxes<'a> {
    pub(super) yolo: &'a Yolo,
    pub(super) shape: Shape,
    pub(super) planes: &'a [f32],
    /// Boxes of the yolo layers before.
    pub(super) before: usize,
}

impl Boxes<'_> {
    /// Adds the boxes that show a class by more than `threshold`: objectness alone, and times the class.
    pub(super) fn of(&self, class: usize, threshold: f32, into: &mut Best) {
        let Boxes { yolo, shape, planes, before } = *self;
        if class >= yolo.classes {
            return;
        }
        let area = shape.width * shape.height;
        let anchors = yolo.anchors.iter().zip(planes.chunks_exact(area * (yolo.classes + 5)));
        for (index, (anchor, planes)) in anchors.enumerate() {
            let plane = |number: usize| &planes[number * area..][..area];
            let [x, y, width, height, objectness] = [0, 1, 2, 3, 4].map(plane);
            for (cell, (objectness, share)) in objectness.iter().zip(plane(5 + class)).enumerate() {
                let probability = objectness * share;
                if *objectness > threshold && probability > threshold {
                    let (row, column) = (cell / shape.width, cell % shape.width);
                    into.add(Candidate {
                        class,
                        number: before + index * area + cell,
                        probability,
                        x: (column as f32 + x[cell]) / shape.width as f32,
                        y: (row as f32 + y[cell]) / shape.height as f32,
                        width: width[cell].exp() * anchor.0,
                        height: height[cell].exp() * anchor.1,
                    });
                }
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.shape.width * self.shape.height * self.yolo.anchors.len()
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
        let covered = frame.letterboxed(FrameSize { width: input.width, height: input.height });
        // A frame without pixels has no boxes either; what is divided by must not be zero.
        let covered = (covered.width.max(1) as f32, covered.height.max(1) as f32);
        Letterbox { input, frame, covered }
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
