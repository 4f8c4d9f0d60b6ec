//! The video function's `/output/detections.json`, as a table for people. What it says is a program's word: bounded, and
//! shown so that a terminal cannot obey it.

use std::fmt;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::story::shown;

/// Characters of a class's name that are shown.
const CLASS_WIDTH: usize = 24;

/// What was found in each frame.
pub(super) struct Detections(Vec<Frame>);

#[derive(Deserialize)]
struct Document {
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
struct Frame {
    frame: u64,
    detections: Vec<Detection>,
}

#[derive(Deserialize)]
struct Detection {
    class: String,
    probability: f64,
    #[serde(rename = "box")]
    bounds: Bounds,
}

/// Pixels of the frame.
#[derive(Deserialize)]
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
        Ok(Detections(frames))
    }

    /// The numbers of the frames.
    pub(super) fn frames(&self) -> impl ExactSizeIterator<Item = u64> {
        self.0.iter().map(|frame| frame.frame)
    }
}

impl fmt::Display for Detections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frame  {:CLASS_WIDTH$}  probability       x       y   width  height", "class")?;
        for Frame { frame, detections } in &self.0 {
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
        let frame = |number: &str| format!("{{\"frame\": {number}, \"detections\": []}}");
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
    }
}
