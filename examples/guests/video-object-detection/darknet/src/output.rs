//! What a network says about an image, and the objects in that.

mod boxes;
mod overlap;

use crate::config::{Config, Kind, Shape};

/// What one image gave.
#[derive(Debug)]
pub struct Output<'a> {
    pub(crate) config: &'a Config,
    pub(crate) results: &'a [Vec<f32>],
}

/// Pixels of the frame that became the network's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSize {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// What counts as a detection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Detections are more probable than this.
    pub probability: f32,
    /// For trees of classes, which yolo layers do not have: nothing depends on it. Darknet's detector names it, too.
    pub hierarchy: f32,
    /// Of two boxes of a class that overlap by more (intersection over union), the less probable one goes.
    pub overlap: f32,
}

impl Default for Thresholds {
    /// Those of Darknet's detector as the predecessor ran it.
    fn default() -> Self {
        Thresholds { probability: 0.1, hierarchy: 0.5, overlap: 0.45 }
    }
}

/// An object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Counted from 0, as in the list of names.
    pub class: usize,
    /// 0 to 1.
    pub probability: f32,
    /// Where it is.
    pub bounds: Bounds,
}

/// A box in pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The left side.
    pub x: f32,
    /// The upper side.
    pub y: f32,
    /// From left to right.
    pub width: f32,
    /// From top to bottom.
    pub height: f32,
}

impl Output<'_> {
    /// The objects in a frame that was scaled into the network's input with its proportions kept, in the middle (what
    /// Darknet calls a letterbox). The most probable first; one for each class of a box; boxes end where the frame does.
    pub fn detections(&self, frame: FrameSize, thresholds: &Thresholds) -> Vec<Detection> {
        let mut candidates = Vec::new();
        for (index, layer) in self.config.list().iter().enumerate() {
            if let Kind::Yolo(yolo) = &layer.kind {
                boxes::candidates(yolo, layer.output, &self.results[index], thresholds.probability, &mut candidates);
            }
        }
        let letterbox = boxes::Letterbox::new(self.config.input(), frame);
        let kept = overlap::suppress(candidates, &letterbox, thresholds.overlap);
        kept.into_iter().map(|candidate| letterbox.detection(&candidate)).collect()
    }

    /// What a layer gave, by planes: yolo layers and the last layer only.
    pub fn layer(&self, index: usize) -> Option<(&Shape, &[f32])> {
        let values = self.results.get(index).filter(|values| !values.is_empty())?;
        Some((&self.config.list().get(index)?.output, values))
    }
}
