//! Of boxes that show the same object, the most probable one stays: Darknet's `do_nms_sort`.

use super::boxes::{Candidate, Letterbox};
use crate::limits::MAX_CANDIDATES;

/// What stays, the most probable first. Boxes are compared as they lie in the frame, class by class.
pub(super) fn suppress(mut candidates: Vec<Candidate>, letterbox: &Letterbox, threshold: f32) -> Vec<Candidate> {
    // A stable order, so that equal ones come out alike everywhere.
    candidates.sort_by(|a, b| a.class.cmp(&b.class).then(b.probability.total_cmp(&a.probability)));
    let mut kept = Vec::new();
    for class in candidates.chunk_by(|a, b| a.class == b.class) {
        let class = &class[..class.len().min(MAX_CANDIDATES)];
        let mut areas: Vec<[f32; 4]> = Vec::new();
        for candidate in class {
            let area = letterbox.undo(candidate);
            if !areas.iter().any(|other| overlap(other, &area) > threshold) {
                areas.push(area);
                kept.push(*candidate);
            }
        }
    }
    kept.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    kept
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
