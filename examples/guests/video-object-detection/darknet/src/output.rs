//! What a network says about an image, and the objects in that.

mod best;
mod boxes;
mod overlap;

use crate::config::{Config, Kind, Shape};
use boxes::Boxes;

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

impl FrameSize {
    /// The size of a frame that is scaled into `input` with its proportions kept: whole pixels as Darknet counts them, at
    /// least one, and none for a frame without pixels.
    pub fn letterboxed(self, input: FrameSize) -> FrameSize {
        let FrameSize { width, height } = self;
        if width == 0 || height == 0 {
            return FrameSize { width: 0, height: 0 };
        }
        // The product may have more bits than a size has.
        let part = |length: usize, of: usize, by: usize| (length as u64 * of as u64 / by as u64) as usize;
        // Darknet compares fractions of 32 bits, too.
        let wide = (input.width as f32 / width as f32) < (input.height as f32 / height as f32);
        let (w, h) = match wide {
            true => (input.width, part(height, input.width, width)),
            false => (part(width, input.height, height), input.height),
        };
        FrameSize { width: w.max(1).min(input.width), height: h.max(1).min(input.height) }
    }
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
    /// Darknet calls a letterbox). The most probable first; one for each class of a box; boxes end where the frame does. [`crate::limits`] bounds them.
    pub fn detections(&self, frame: FrameSize, thresholds: &Thresholds) -> Vec<Detection> {
        let mut yolos: Vec<Boxes<'_>> = Vec::new();
        for (layer, planes) in self.config.list().iter().zip(self.results) {
            if let Kind::Yolo(yolo) = &layer.kind {
                let before = yolos.last().map_or(0, |last| last.before + last.count());
                yolos.push(Boxes { yolo, shape: layer.output, planes, before });
            }
        }
        let candidates = overlap::candidates(&yolos, thresholds.probability);
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
