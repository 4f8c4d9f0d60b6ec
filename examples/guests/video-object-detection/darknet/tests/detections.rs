//! From what a yolo layer computes to boxes in the frame.

use darknet::{Bounds, Config, Detection, FrameSize, Network, Thresholds};

/// An image of 4 × 2 pixels is the yolo layer's input: the convolution copies channels. 2 anchors, 2 classes.
const CFG: &str = "[net]\nwidth=4\nheight=2\nchannels=14\n[convolutional]\nfilters=14\nactivation=linear\n\
                   [yolo]\nclasses=2\nnum=2\nanchors=1,1, 2,0.5\nmask=0,1\n";
const CELLS: usize = 8;

/// What is unlikely enough to be nothing.
const NEVER: f32 = -20.0;

#[expect(clippy::unwrap_used, reason = "a failed test is how it reports")]
fn network() -> Network {
    let config = Config::parse(CFG).unwrap();
    let copies = (0..14 * 14).map(|index| if index % 15 == 0 { 1.0_f32 } else { 0.0 });
    let numbers = std::iter::repeat_n(0.0, 14).chain(copies);
    let header = [0, 2, 0, 0, 0].map(u32::to_le_bytes).concat();
    let file: Vec<u8> = header.into_iter().chain(numbers.flat_map(f32::to_le_bytes)).collect();
    Network::load(config, &mut &*file).unwrap()
}

/// Anchor, cell, and the seven numbers of a box: x, y, width, height, objectness, two classes.
type Cell = (usize, usize, [f32; 7]);

#[expect(clippy::unwrap_used, reason = "a failed test is how it reports")]
fn detect(cells: &[Cell], frame: (usize, usize)) -> Vec<Detection> {
    let mut image = vec![NEVER; 14 * CELLS];
    for (anchor, cell, values) in cells {
        for (channel, value) in values.iter().enumerate() {
            image[(anchor * 7 + channel) * CELLS + cell] = *value;
        }
    }
    let mut network = network();
    let output = network.forward(&image).unwrap();
    output.detections(FrameSize { width: frame.0, height: frame.1 }, &Thresholds::default())
}

fn logit(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln()
}

fn assert_is(detection: &Detection, class: usize, probability: f32, bounds: [f32; 4]) {
    let Bounds { x, y, width, height } = detection.bounds;
    assert_eq!(detection.class, class);
    assert!((detection.probability - probability).abs() < 1e-5, "{detection:?}");
    let near = [x, y, width, height].iter().zip(bounds).all(|(is, should)| (is - should).abs() < 1e-3);
    assert!(near, "{detection:?} is not {bounds:?}");
}

#[test]
fn a_box_lies_around_its_cell_by_its_anchor() {
    // Row 1, column 2, in the middle of its pixel: (2.5, 1.5) of 4 × 2, and e⁰ · 2 × 0.5 pixels; ten times in the frame.
    let found = detect(&[(1, 6, [0.0, 0.0, 0.0, 0.0, logit(0.8), logit(0.5), NEVER])], (40, 20));
    assert_eq!(found.len(), 1);
    assert_is(&found[0], 0, 0.4, [15.0, 12.5, 20.0, 5.0]);
}

#[test]
fn a_letterbox_is_undone() {
    // A square in 4 × 2 covers the 2 columns in the middle.
    let cell = (0, 1, [0.0, 0.0, -1.0, -1.0, 3.0, 3.0, NEVER]);
    let found = detect(&[cell], (100, 100));
    let side = 50.0 * (-1.0_f32).exp();
    assert_is(&found[0], 0, found[0].probability, [25.0 - side / 2.0, 25.0 - side / 2.0, side, side]);
    // A frame that is eight times as wide as high covers the row of one pixel in the middle.
    let found = detect(&[cell], (800, 100));
    let (width, height) = (200.0 * (-1.0_f32).exp(), 100.0 * (-1.0_f32).exp());
    assert_is(&found[0], 0, found[0].probability, [300.0 - width / 2.0, 0.0, width, height / 2.0]);
}

#[test]
fn boxes_end_where_the_frame_does() {
    for size in [3.0, 1000.0] {
        let found = detect(&[(0, 0, [0.0, 0.0, size, size, 3.0, 3.0, NEVER])], (40, 20));
        assert_is(&found[0], 0, found[0].probability, [0.0, 0.0, found[0].bounds.width, 20.0]);
        assert!(found[0].bounds.width <= 40.0);
    }
}

#[test]
fn each_class_of_a_box_is_a_detection_of_its_own_and_the_most_probable_comes_first() {
    let found = detect(&[(0, 0, [0.0, 0.0, 0.0, 0.0, logit(0.5), logit(0.3), logit(0.9)])], (40, 20));
    let classes: Vec<_> = found.iter().map(|detection| (detection.class, detection.probability)).collect();
    assert_eq!(classes.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [1, 0]);
    assert!((classes[0].1 - 0.45).abs() < 1e-5 && (classes[1].1 - 0.15).abs() < 1e-5);
}

#[test]
fn what_is_not_probable_enough_is_nothing() {
    let cell = |objectness: f32, class: f32| (0, 0, [0.0, 0.0, 0.0, 0.0, logit(objectness), logit(class), NEVER]);
    for (objectness, class, number) in [(0.5, 0.21, 1), (0.5, 0.19, 0), (0.11, 0.999, 1), (0.09, 0.999_99, 0)] {
        assert_eq!(detect(&[cell(objectness, class)], (40, 20)).len(), number, "{objectness} × {class}");
    }
}

#[test]
fn of_boxes_that_overlap_the_most_probable_stays_class_by_class() {
    // Two cells side by side, both boxes 1 × 1 moved towards each other by 0.5 − `shift`.
    let pair = |left: f32, right: f32, second: [f32; 2]| {
        [
            (0, 0, [logit(left), 0.0, 0.0, 0.0, 5.0, logit(0.6), NEVER]),
            (0, 1, [logit(right), 0.0, 0.0, 0.0, 5.0, logit(second[0]), logit(second[1])]),
        ]
    };
    let tiny = 1e-6;
    let cases = [
        // Middles 0.35 apart: 0.65 / 1.35 = 0.48 of the union.
        (pair(0.825, 0.175, [0.8, tiny]), vec![(0, 0.8)]),
        // 0.40 apart: 0.6 / 1.4 = 0.43.
        (pair(0.8, 0.2, [0.8, tiny]), vec![(0, 0.8), (0, 0.6)]),
        // Another class does not count.
        (pair(0.825, 0.175, [tiny, 0.8]), vec![(1, 0.8), (0, 0.6)]),
    ];
    for (cells, expected) in cases {
        let found = detect(&cells, (40, 20));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (detection, (class, probability)) in found.iter().zip(expected) {
            assert_eq!(detection.class, class);
            assert!((detection.probability - probability).abs() < 0.01, "{detection:?}");
        }
    }
}

#[test]
fn values_that_are_no_numbers_give_boxes_inside_the_frame_or_none() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        for position in 0..7 {
            let mut values = [0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 3.0];
            values[position] = value;
            for Detection { probability, bounds, .. } in detect(&[(0, 3, values)], (40, 20)) {
                let Bounds { x, y, width, height } = bounds;
                assert!((0.0..=1.0).contains(&probability));
                assert!(x >= 0.0 && y >= 0.0 && width >= 0.0 && height >= 0.0, "{bounds:?}");
                assert!(x + width <= 40.001 && y + height <= 20.001, "{bounds:?}");
            }
        }
    }
}

#[test]
fn a_frame_lies_in_the_input_as_darknet_scales_it() {
    for ((width, height), input, expected) in [
        ((640, 480), (416, 416), (416, 312)),
        ((480, 640), (416, 416), (312, 416)),
        ((1920, 1080), (416, 416), (416, 234)),
        ((100, 100), (4, 2), (2, 2)),
        ((1000, 1), (32, 32), (32, 1)),
        ((1, 1000), (32, 32), (1, 32)),
        ((0, 5), (32, 32), (0, 0)),
        ((u32::MAX as usize, 1), (u32::MAX as usize, 8192), (u32::MAX as usize, 1)),
    ] {
        let found = FrameSize { width, height }.letterboxed(FrameSize { width: input.0, height: input.1 });
        assert_eq!((found.width, found.height), expected, "{width}×{height}");
    }
}
