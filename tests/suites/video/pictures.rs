//! A good run: what it prints, what it writes, and that it found what was drawn.

use crate::accuracy::{Bounds, Found, mean_average_precision};
use crate::stage::{DETECTOR, KEEPING, Stage, good, shapes};

type Case = (&'static str, fn(&Stage));

pub(crate) const CASES: &[Case] = &[
    ("the_network_finds_what_was_drawn", finds_what_was_drawn),
    ("it_prints_the_lines_of_the_old_detector", prints_the_old_lines),
    ("each_frame_becomes_a_picture_of_its_size", writes_pictures),
    ("the_clear_video_stays_only_where_the_policy_lets_it", keeps_the_clear_video_only_if_allowed),
    ("it_finds_the_same_at_each_run", repeats),
];

/// Frames of the demo's video.
const FRAMES: usize = 30;

fn finds_what_was_drawn(stage: &Stage) {
    let found = run(stage);
    let truth: Found = serde_json::from_slice(&shapes("truth.json")).unwrap();
    assert_eq!(found.frames.len(), FRAMES);
    for (frame, drawn) in found.frames.iter().zip(&truth.frames) {
        assert_eq!((frame.frame, frame.width, frame.height), (drawn.frame, drawn.width, drawn.height));
        for object in &frame.detections {
            assert!(object.probability > 0.1 && object.probability <= 1.0, "{}", object.probability);
            assert!(lies_in(object.bounds, frame.width as f64, frame.height as f64), "in frame {}", frame.frame);
        }
    }
    let measured = mean_average_precision(&found, &truth);
    assert!(measured >= 0.9, "mean average precision {measured:.3}");
}

fn prints_the_old_lines(stage: &Stage) {
    let ran = stage.run(DETECTOR, &good());
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["Decrypting video...", "Initializing detector..."]);
    let seconds = lines[2].strip_prefix("Arguments loaded and network parsed: ").unwrap();
    let seconds = seconds.strip_suffix(" seconds").unwrap_or_else(|| panic!("{seconds:?}"));
    assert!(seconds.parse::<f64>().unwrap() > 0.0, "{seconds}");
    let images: Vec<_> = lines.iter().filter(|line| line.starts_with("Image ")).collect();
    assert_eq!(images.len(), FRAMES);
    assert!(images.iter().enumerate().all(|(n, line)| line.starts_with(&format!("Image {n} ===="))), "{images:?}");
    for prefix in ["Prediction duration: ", "Detection probabilities:"] {
        assert_eq!(lines.iter().filter(|line| line.starts_with(prefix)).count(), FRAMES, "{prefix}");
    }
    // What it prints is what it writes: rounded to whole percent.
    let found: Found = serde_json::from_slice(&stage.read("/output/detections.json").unwrap()).unwrap();
    let percents = found.frames.iter().flat_map(|frame| &frame.detections);
    let percents: Vec<_> = percents.map(|o| format!("{}: {:.0}%", o.class, o.probability * 100.0)).collect();
    let printed: Vec<_> = lines.into_iter().filter(|line| line.ends_with('%')).collect();
    assert_eq!(printed, percents);
    // All sections but `[net]`, below the table's heading.
    let layers = String::from_utf8(shapes("shapes.cfg")).unwrap().lines().filter(|l| l.starts_with('[')).count() - 1;
    assert_eq!(ran.stderr.lines().count(), 1 + layers, "{}", ran.stderr);
}

fn writes_pictures(stage: &Stage) {
    let found = run(stage);
    for frame in &found.frames {
        let picture = stage.read(&format!("/output/prediction.{}.jpg", frame.frame)).unwrap();
        assert_eq!(size_of_jpeg(&picture), (frame.width, frame.height), "frame {}", frame.frame);
        assert!(picture.ends_with(&[0xff, 0xd9]), "frame {} is whole", frame.frame);
    }
    assert!(stage.read(&format!("/output/prediction.{}.jpg", found.frames.len())).is_none(), "no more than frames");
}

fn keeps_the_clear_video_only_if_allowed(stage: &Stage) {
    run(stage);
    assert!(stage.read("/program_internal/in.h264").is_none(), "it may not write there");
    assert_eq!(stage.run(KEEPING, &good()).exit_code, 0);
    assert!(stage.read("/program_internal/in.h264").unwrap() == shapes("video.h264"), "the clear video");
}

fn repeats(stage: &Stage) {
    run(stage);
    let first = stage.read("/output/detections.json").unwrap();
    run(stage);
    assert!(stage.read("/output/detections.json").unwrap() == first);
}

fn run(stage: &Stage) -> Found {
    let ran = stage.run(DETECTOR, &good());
    assert_eq!(ran.exit_code, 0, "{}", ran.stderr);
    serde_json::from_slice(&stage.read("/output/detections.json").unwrap()).unwrap()
}

fn lies_in(bounds: Bounds, width: f64, height: f64) -> bool {
    let Bounds { x, y, .. } = bounds;
    x >= 0.0 && y >= 0.0 && x + bounds.width <= width + 0.1 && y + bounds.height <= height + 0.1
}

/// Width and height as the frame header says (ITU-T T.81, B.2.2); the segments before it are skipped.
fn size_of_jpeg(picture: &[u8]) -> (usize, usize) {
    assert!(picture.starts_with(&[0xff, 0xd8]), "the start of a picture");
    let two = |at: usize| usize::from(picture[at]) << 8 | usize::from(picture[at + 1]);
    let mut at = 2;
    while !matches!(picture[at + 1], 0xc0..=0xc2) {
        at += 2 + two(at + 2);
    }
    (two(at + 7), two(at + 5))
}
