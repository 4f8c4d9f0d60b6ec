//! Many boxes in a frame: the same that Darknet keeps where there are some, and a bounded number where there are too many.

use darknet::limits::{MAX_CANDIDATES, MAX_DETECTIONS};
use darknet::{Config, Detection, FrameSize, Network, Thresholds};

const FRAME: FrameSize = FrameSize { width: 640, height: 640 };

/// A square network whose yolo layer reads the image: the convolution copies channels and adds `bias`.
#[expect(clippy::unwrap_used, reason = "a failed test is how it reports")]
fn network(side: usize, anchors: &[(f32, f32)], classes: usize, bias: f32) -> Network {
    let (channels, num) = (anchors.len() * (5 + classes), anchors.len());
    let sides: String = anchors.iter().map(|(width, height)| format!("{width},{height},")).collect();
    let cfg = format!(
        "[net]\nwidth={side}\nheight={side}\nchannels={channels}\n[convolutional]\nfilters={channels}\n\
         activation=linear\n[yolo]\nclasses={classes}\nnum={num}\nanchors={sides}\n"
    );
    let copies = (0..channels * channels).map(|index| if index % (channels + 1) == 0 { 1.0_f32 } else { 0.0 });
    let numbers = std::iter::repeat_n(bias, channels).chain(copies);
    let header = [0, 2, 0, 0, 0].map(u32::to_le_bytes).concat();
    let file: Vec<u8> = header.into_iter().chain(numbers.flat_map(f32::to_le_bytes)).collect();
    Network::load(Config::parse(&cfg).unwrap(), &mut &*file).unwrap()
}

/// A box as `get_network_boxes` gives it: middle and size in parts of the frame, and the probability of each class.
type Box = ([f32; 4], Vec<f32>);

/// `get_yolo_detections` for a frame as square as the network.
fn boxes(planes: &[f32], side: usize, anchors: &[(f32, f32)], classes: usize) -> Vec<Box> {
    let area = side * side;
    let one = |index: usize| {
        let (anchor, cell) = (index / area, index % area);
        let value = |plane: usize| planes[(anchor * (5 + classes) + plane) * area + cell];
        let (column, row, size) = ((cell % side) as f32, (cell / side) as f32, side as f32);
        let (width, height) = anchors[anchor];
        let middle = [(column + value(0)) / size, (row + value(1)) / size];
        let area = [middle[0], middle[1], value(2).exp() * width / size, value(3).exp() * height / size];
        let probable = |probability: f32| if probability > 0.1 { probability } else { 0.0 };
        (value(4), (area, (0..classes).map(|class| probable(value(4) * value(5 + class))).collect()))
    };
    let all = (0..anchors.len() * area).map(one);
    all.filter(|(objectness, _)| *objectness > 0.1).map(|(_, found)| found).collect()
}

/// `do_nms_sort`, line by line.
fn suppressed(mut boxes: Vec<Box>, classes: usize) -> Vec<Box> {
    for class in 0..classes {
        boxes.sort_by(|a, b| b.1[class].total_cmp(&a.1[class]));
        for index in 0..boxes.len() {
            if boxes[index].1[class] == 0.0 {
                continue;
            }
            for other in index + 1..boxes.len() {
                if overlap(&boxes[index].0, &boxes[other].0) > 0.45 {
                    boxes[other].1[class] = 0.0;
                }
            }
        }
    }
    boxes
}

fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let side = |axis: usize| {
        let end = |of: &[f32; 4]| of[axis] + of[axis + 2] / 2.0;
        let start = |of: &[f32; 4]| of[axis] - of[axis + 2] / 2.0;
        (end(a).min(end(b)) - start(a).max(start(b))).max(0.0)
    };
    let both = side(0) * side(1);
    both / (a[2] * a[3] + b[2] * b[3] - both)
}

#[test]
fn ordinary_boxes_are_those_that_darknet_keeps() {
    let (side, anchors, classes) = (20, [(6.0, 8.0), (4.0, 3.0), (9.0, 9.0)], 7);
    let mut network = network(side, &anchors, classes, 0.0);
    let mut state = 1_u32;
    let image: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 * 4.0 - 2.0
    })
    .take(network.config().input().len())
    .collect();
    let output = network.forward(&image).unwrap();
    let (_, planes) = output.layer(1).unwrap();
    let boxes = boxes(planes, side, &anchors, classes);
    let before = boxes.iter().flat_map(|found| &found.1).filter(|probability| **probability > 0.0).count();
    let mut expected: Vec<_> = suppressed(boxes, classes)
        .into_iter()
        .flat_map(|(area, classes)| classes.into_iter().enumerate().map(move |(class, p)| (class, p, area)))
        .filter(|(_, probability, _)| *probability > 0.0)
        .collect();
    expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let found = output.detections(FRAME, &Thresholds::default());
    assert!(found.len() > 100 && 2 * before > 3 * found.len(), "{before} and {}", found.len());
    assert_eq!(found.len(), expected.len());
    for (Detection { class, probability, bounds }, (is_class, is_probability, area)) in found.iter().zip(&expected) {
        assert_eq!((class, probability), (is_class, is_probability));
        let [left, top] = [0, 1].map(|axis| ((area[axis] - area[axis + 2] / 2.0) * 640.0).max(0.0));
        assert!((bounds.x - left).abs() < 1e-3 && (bounds.y - top).abs() < 1e-3, "{bounds:?}: {left} {top}");
    }
}

#[test]
fn a_flood_of_boxes_is_cut_to_the_surest_and_always_to_the_same() {
    let (side, classes) = (48, 20);
    // Boxes of a tenth of a pixel: none overlaps another.
    let mut network = network(side, &[(0.1, 0.1)], classes, 0.0);
    let area = side * side;
    let mut image = vec![20.0; network.config().input().len()];
    image[..4 * area].fill(0.0);
    // One class is a little less sure than all others, and the last box of another one surer.
    image[(5 + 1) * area..][..area].fill(3.2);
    image[4 * area..5 * area].fill(2.0);
    image[5 * area - 1] = 2.5;
    let found = network.forward(&image).unwrap().detections(FRAME, &Thresholds::default());
    assert_eq!(found.len(), MAX_DETECTIONS);
    assert!(found.is_sorted_by(|a, b| a.probability >= b.probability));
    assert!(found[..classes].iter().all(|one| one.bounds.x > 620.0 && one.bounds.y > 620.0));
    let of = |class: usize| found.iter().filter(|one| one.class == class).count();
    // The last box of all classes, then class 0, 2, 3, … as many as a class may have.
    assert_eq!([of(0), of(1), of(2), of(3)], [MAX_CANDIDATES, 1, MAX_CANDIDATES, MAX_CANDIDATES]);
    let again = network.forward(&image).unwrap().detections(FRAME, &Thresholds::default());
    assert_eq!(found, again);
}
