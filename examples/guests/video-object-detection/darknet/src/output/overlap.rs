//! Of boxes that show the same object, the most probable one stays: Darknet's `do_nms_sort`.

use super::best::Best;
use super::boxes::{Boxes, Candidate, Letterbox};
use crate::limits::{MAX_CANDIDATES, MAX_DETECTIONS, MAX_FRAME_CANDIDATES};

/// The boxes' candidates, class by class: of each class the most probable ones, and of those again.
pub(super) fn candidates(boxes: &[Boxes<'_>], threshold: f32) -> Vec<Candidate> {
    let classes = boxes.iter().map(|boxes| boxes.yolo.classes).max().unwrap_or(0);
    let (mut all, mut of_class) = (Best::new(MAX_FRAME_CANDIDATES), Best::new(MAX_CANDIDATES));
    for class in 0..classes {
        boxes.iter().for_each(|boxes| boxes.of(class, threshold, &mut of_class));
        of_class.take().for_each(|candidate| all.add(candidate));
    }
    all.take().collect()
}

/// What stays of candidates that come the most probable first, in that order. Boxes are compared as they lie in the frame,
/// class by class.
pub(super) fn suppress(mut candidates: Vec<Candidate>, letterbox: &Letterbox, threshold: f32) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| candidate.class); // it is stable
    let mut best = Best::new(MAX_DETECTIONS);
    let mut areas: Vec<[f32; 4]> = Vec::new();
    for class in candidates.chunk_by(|a, b| a.class == b.class) {
        areas.clear();
        for candidate in class {
            let area = letterbox.undo(candidate);
            if !areas.iter().any(|other| overlap(other, &area) > threshold) {
                areas.push(area);
                best.add(*candidate);
            }
        }
    }
    best.take().collect()
}

/// Intersection over union, of boxes given by middle and size.
fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let common = |axis: usize| {
        let left = (a[axis] - a[axis + 2] / 2.0).max(b[axis] - b[axis + 2] / 2.0);
        let right = (a[axis] + a[axis + 2] / 2.0).min(b[axis] + b[axis + 2] / 2.0);
        right - left
    };
    let (width, height) = (common(0), common(1));
    if width < 0.0 || height < 0.0 {
        return 0.0;
    }
    let both = width * height;
    both / (a[2] * a[3] + b[2] * b[3] - both)
}
