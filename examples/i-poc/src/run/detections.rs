//! The video function's `/output/detections.json`, as a table for people. What it says is a program's word: bounded, and
//! shown so that a terminal cannot obey it.

use std::fmt;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::story::shown;

/// Characters of a class's name that are shown.
const CLASS_WIDTH: usize = 24;

/// Pixels by which a box may stand out of its frame: numbers are rounded.
const TOLERANCE: f64 = 1.0;

/// What was found in each frame.
#[derive(Serialize)]
pub(super) struct Detections(Vec<Frame>);

#[derive(Deserialize)]
struct Document {
    frames: Vec<Frame>,
}

#[derive(Deserialize, Serialize)]
struct Frame {
    frame: u64,
    width: u32,
    height: u32,
    detections: Vec<Detection>,
}

#[derive(Deserialize, Serialize)]
struct Detection {
    class: String,
    probability: f64,
    #[serde(rename = "box")]
    bounds: Bounds,
}

/// Pixels of the frame.
#[derive(Deserialize, Serialize)]
struct Bounds {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Detections {
    pub(super) fn parse(json: &[u8]) -> anyhow::Result<Self> {
        let Document { frames } = serde_json::from_slice(json).context("is no list of detections")?;
        // Each frame is a picture: none may take another one's place.
        let ascending = frames.iter().zip(frames.iter().skip(1)).all(|(one, next)| one.frame < next.frame);
        ensure!(ascending, "names a frame twice, or after a later one");
        frames.iter().try_for_each(Frame::check)?;
        Ok(Detections(frames))
    }

    /// The numbers of the frames.
    pub(super) fn frames(&self) -> impl ExactSizeIterator<Item = u64> {
        self.0.iter().map(|frame| frame.frame)
    }
}

impl Frame {
    fn check(&self) -> anyhow::Result<()> {
        let Frame { frame, width, height, detections } = self;
        for Detection { class, probability, bounds } in detections {
            let class = shown(class);
            let (p, is_one) = (probability, (0.0..=1.0).contains(probability));
            ensure!(is_one, "frame {frame}: \"{class}\" has {p}, which is no probability from 0 to 1");
            let inside = bounds.is_inside(f64::from(*width), f64::from(*height));
            ensure!(
                inside,
                "frame {frame}: the box of \"{class}\" is not inside of the frame's {width} x {height} pixels"
            );
        }
        Ok(())
    }
}

impl Bounds {
    /// No number that is none is.
    fn is_inside(&self, frame_width: f64, frame_height: f64) -> bool {
        let side = |start: f64, length: f64, whole: f64| {
            start >= -TOLERANCE && length >= 0.0 && start + length <= whole + TOLERANCE
        };
        side(self.x, self.width, frame_width) && side(self.y, self.height, frame_height)
    }
}

impl fmt::Display for Detections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frame  {:CLASS_WIDTH$}  probability       x       y   width  height", "class")?;
        for Frame { frame, detections, .. } in &self.0 {
            if detections.is_empty() {
                writeln!(f, "{frame:>5}  -")?;
            }
            for Detection { class, probability, bounds: Bounds { x, y, width, height } } in detections {
                let class: String = shown(class).chars().take(CLASS_WIDTH).collect();
                write!(f, "{frame:>5}  {class:CLASS_WIDTH$}  {:>10.0}%", probability * 100.0)?;
                writeln!(f, "  {x:>6.1}  {y:>6.1}  {width:>6.1}  {height:>6.1}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Detections;

    #[test]
    fn every_detection_has_a_line_and_so_has_a_frame_without_one() -> anyhow::Result<()> {
        let json = r#"{"frames": [
            {"frame": 0, "width": 640, "height": 480, "detections": [
                {"class": "ball", "probability": 0.9312, "box": {"x": 12.5, "y": 40, "width": 88.2, "height": 90.1}},
                {"class": "a\u001b[31m", "probability": 0.1, "box": {"x": 0, "y": 0, "width": 640, "height": 480}}]},
            {"frame": 2, "width": 640, "height": 480, "detections": []}]}"#;
        let detections = Detections::parse(json.as_bytes())?;
        assert_eq!(detections.frames().collect::<Vec<_>>(), [0, 2]);
        let table = [
            "frame  class                     probability       x       y   width  height\n",
            "    0  ball                              93%    12.5    40.0    88.2    90.1\n",
            "    0  a\\u{1b}[31m                       10%     0.0     0.0   640.0   480.0\n",
            "    2  -\n",
        ];
        assert_eq!(detections.to_string(), table.concat());
        Ok(())
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let frames = |frames: &str| format!("{{\"frames\": [{frames}]}}");
        let frame = |number: &str| format!("{{\"frame\":{number},\"width\":640,\"height\":480,\"detections\":[]}}");
        for json in [
            String::new(),
            "{}".to_owned(),
            frames(&frame("-1")),
            frames(&frame("\"0/../../key\"")),
            frames(&[frame("1"), frame("1")].join(",")),
            frames(&[frame("1"), frame("0")].join(",")),
            frames("{\"frame\": 0}"),
        ] {
            assert!(Detections::parse(json.as_bytes()).is_err(), "{json}");
        }
        assert!(Detections::parse(frames(&frame("0")).as_bytes()).is_ok());
    }

    #[test]
    fn boxes_lie_in_their_frame_and_probabilities_are_some() {
        let above = "frame 7: \"b\\u{202e}\" has 1.01, which is no probability from 0 to 1";
        let outside = "frame 7: the box of \"b\\u{202e}\" is not inside of the frame's 640 x 480 pixels";
        for (probability, bounds, says) in [
            ("0", [0.0, 0.0, 640.0, 480.0], None),
            ("1", [-1.0, -0.5, 642.0, 481.5], None),
            ("1.01", [0.0, 0.0, 1.0, 1.0], Some(above)),
            ("-0.1", [0.0, 0.0, 1.0, 1.0], Some("has -0.1, which")),
            ("1e999", [0.0, 0.0, 1.0, 1.0], Some("is no list of detections")),
            ("0.5", [-1.1, 0.0, 1.0, 1.0], Some(outside)),
            ("0.5", [0.0, -1.1, 1.0, 1.0], Some(outside)),
            ("0.5", [600.0, 0.0, 41.1, 1.0], Some(outside)),
            ("0.5", [0.0, 400.0, 1.0, 81.1], Some(outside)),
            ("0.5", [5.0, 0.0, -1.0, 1.0], Some(outside)),
            ("0.5", [0.0, 5.0, 1.0, -1.0], Some(outside)),
            ("0.5", [1e300, 0.0, 1e300, 1.0], Some(outside)),
        ] {
            let [x, y, width, height] = bounds;
            let bounds = format!(r#"{{"x":{x:e},"y":{y:e},"width":{width:e},"height":{height:e}}}"#);
            let found = format!(r#"{{"class":"b\u202e","probability":{probability},"box":{bounds}}}"#);
            let json = format!(r#"{{"frames":[{{"frame":7,"width":640,"height":480,"detections":[{found}]}}]}}"#);
            let told = Detections::parse(json.as_bytes()).err().map(|error| format!("{error:#}"));
            let as_expected = match says {
                None => told.is_none(),
                Some(says) => told.as_ref().is_some_and(|told| told.contains(says)),
            };
            assert!(as_expected, "{json}: {told:?}");
        }
    }
}
