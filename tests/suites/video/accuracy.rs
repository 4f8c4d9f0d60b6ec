//! Mean average precision at an overlap of one half: the area below precision over recall, of each class, and their mean.
//!
//! As in PASCAL VOC since 2010: precision at a recall is the best that is had there or at a higher one.

use std::collections::BTreeSet;

use serde::Deserialize;

/// How much a found box must overlap a drawn one, as intersection over union.
const OVERLAP: f64 = 0.5;

/// `detections.json` and `truth.json`; what is drawn has no probability.
#[derive(Deserialize)]
pub(crate) struct Found {
    pub(crate) frames: Vec<Frame>,
}

#[derive(Deserialize)]
pub(crate) struct Frame {
    pub(crate) frame: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    #[serde(alias = "objects")]
    pub(crate) detections: Vec<Object>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Object {
    pub(crate) class: String,
    #[serde(default)]
    pub(crate) probability: f64,
    #[serde(rename = "box")]
    pub(crate) bounds: Bounds,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Bounds {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Over the classes that occur in `truth`.
pub(crate) fn mean_average_precision(found: &Found, truth: &Found) -> f64 {
    let classes: BTreeSet<_> = truth.frames.iter().flat_map(|frame| &frame.detections).map(|o| &o.class).collect();
    classes.iter().map(|class| average_precision(found, truth, class)).sum::<f64>() / classes.len() as f64
}

fn average_precision(found: &Found, truth: &Found, class: &str) -> f64 {
    let drawn = truth.frames.iter().flat_map(|frame| &frame.detections).filter(|o| o.class == class).count();
    let hits = hits(found, truth, class);
    let (mut right, mut curve) = (0, Vec::new());
    for (place, hit) in hits.iter().enumerate() {
        right += usize::from(*hit);
        curve.push((right as f64 / drawn as f64, right as f64 / (place + 1) as f64));
    }
    let (mut area, mut best, mut recall) = (0.0, 0.0, curve.last().map_or(0.0, |last| last.0));
    for (at, precision) in curve.into_iter().rev() {
        area += (recall - at) * best;
        best = f64::max(best, precision);
        recall = at;
    }
    area + recall * best
}

/// Whether each found object of the class is one that was drawn and not yet found; the most probable first.
fn hits(found: &Found, truth: &Found, class: &str) -> Vec<bool> {
    let mut all: Vec<_> = found.frames.iter().flat_map(|f| f.detections.iter().map(move |o| (f.frame, o))).collect();
    all.retain(|(_, object)| object.class == class);
    all.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    let mut taken = BTreeSet::new();
    let hit = |(frame, object): (usize, &Object)| {
        let drawn = truth.frames.iter().find(|other| other.frame == frame).expect("the frame was drawn");
        let same = drawn.detections.iter().enumerate().filter(|(_, other)| other.class == class);
        let overlaps = same.map(|(place, other)| (place, overlap(object.bounds, other.bounds)));
        let best = overlaps.max_by(|a, b| a.1.total_cmp(&b.1));
        best.is_some_and(|(place, overlap)| overlap >= OVERLAP && taken.insert((frame, place)))
    };
    all.into_iter().map(hit).collect()
}

fn overlap(a: Bounds, b: Bounds) -> f64 {
    let width = f64::min(a.x + a.width, b.x + b.width) - f64::max(a.x, b.x);
    let height = f64::min(a.y + a.height, b.y + b.height) - f64::max(a.y, b.y);
    let common = width.max(0.0) * height.max(0.0);
    common / (a.width * a.height + b.width * b.height - common)
}

/// The measure's own tests.
pub(crate) const CASES: &[(&str, fn())] = &[
    ("what_is_drawn_is_found_with_precision_one", || is(&[("a", 0.9, 0.0), ("b", 0.2, 50.0)], 1.0)),
    ("nothing_found_is_zero", || is(&[], 0.0)),
    ("a_missing_class_halves_it", || is(&[("a", 0.9, 0.0)], 0.5)),
    ("another_place_does_not_count", || is(&[("a", 0.9, 0.0), ("b", 0.9, 20.0)], 0.5)),
    ("another_class_does_not_count", || is(&[("a", 0.9, 0.0), ("a", 0.1, 50.0)], 0.5)),
    ("a_mistake_that_is_surer_costs_half", || is(&[("a", 0.9, 30.0), ("a", 0.8, 0.0), ("b", 0.9, 50.0)], 0.75)),
    ("a_mistake_that_is_less_sure_costs_nothing", || is(&[("a", 0.7, 30.0), ("a", 0.8, 0.0), ("b", 0.9, 50.0)], 1.0)),
    ("an_object_is_found_once", || is(&[("b", 0.9, 50.0), ("b", 0.8, 51.0), ("a", 0.7, 0.0)], 1.0)),
    ("a_third_of_overlap_is_too_little", || is(&[("a", 0.9, 5.0), ("b", 0.9, 53.0)], 0.5)),
];

/// One frame with `a` at 0 and `b` at 50, all ten pixels wide.
fn is(found: &[(&str, f64, f64)], expected: f64) {
    let frame = |objects: &[(&str, f64, f64)]| {
        let detections = objects.iter().map(|(class, probability, x)| Object {
            class: (*class).to_owned(),
            probability: *probability,
            bounds: Bounds { x: *x, y: 0.0, width: 10.0, height: 10.0 },
        });
        Found { frames: vec![Frame { frame: 0, width: 100, height: 10, detections: detections.collect() }] }
    };
    let measured = mean_average_precision(&frame(found), &frame(&[("a", 0.0, 0.0), ("b", 0.0, 50.0)]));
    assert!((measured - expected).abs() < 1e-12, "{measured} where {expected} is right");
}
