//! `detections.json`: all frames with their objects, written as they come, so that a long video needs no memory.
//!
//! `{"frames":[{"frame":0,"width":640,"height":480,"detections":[{"class":"ball","probability":0.9312,"box":{"x":12.5,
//! "y":40.0,"width":88.2,"height":90.1}}]}]}`. Without [`Detections::finish`] it is no JSON: a run that failed has none.

use std::io::{self, Write};

use serde::Serialize;

use super::Found;

/// The file while it is written.
pub struct Detections<W> {
    out: W,
    frames: u64,
}

#[derive(Serialize)]
struct Frame<'a> {
    frame: u64,
    width: usize,
    height: usize,
    detections: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct Object<'a> {
    class: &'a str,
    probability: f64,
    #[serde(rename = "box")]
    bounds: Bounds,
}

#[derive(Serialize)]
struct Bounds {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl<W: Write> Detections<W> {
    /// Nothing is written yet.
    pub fn new(out: W) -> Self {
        Detections { out, frames: 0 }
    }

    /// The next frame, of `width` by `height` pixels.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn frame(&mut self, (width, height): (usize, usize), found: &[Found<'_>]) -> io::Result<()> {
        let detections = found.iter().map(object).collect();
        let frame = Frame { frame: self.frames, width, height, detections };
        self.out.write_all(if self.frames == 0 { b"{\"frames\":[\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, &frame)?;
        self.frames += 1;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(if self.frames == 0 { b"{\"frames\":[]}\n" } else { b"\n]}\n" })?;
        self.out.flush()
    }
}

fn object<'a>(found: &Found<'a>) -> Object<'a> {
    let [x, y, width, height] = found.bounds;
    Object { class: found.name, probability: found.probability, bounds: Bounds { x, y, width, height } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_promised_one() {
        let mut out = Vec::new();
        let mut file = Detections::new(&mut out);
        let ball = Found { class: 0, name: "ball", probability: 0.9312, bounds: [12.5, 40.0, 88.2, 90.1] };
        let odd = Found { class: 1, name: "a \"b\" ü", probability: 0.5, bounds: [0.0; 4] };
        file.frame((640, 480), &[ball, odd]).unwrap();
        file.frame((64, 48), &[]).unwrap();
        file.finish().unwrap();
        let expected = concat!(
            "{\"frames\":[\n",
            r#"{"frame":0,"width":640,"height":480,"detections":["#,
            r#"{"class":"ball","probability":0.9312,"box":{"x":12.5,"y":40.0,"width":88.2,"height":90.1}},"#,
            r#"{"class":"a \"b\" ü","probability":0.5,"box":{"x":0.0,"y":0.0,"width":0.0,"height":0.0}}]},"#,
            "\n",
            r#"{"frame":1,"width":64,"height":48,"detections":[]}"#,
            "\n]}\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_video_without_frames_is_json_too() {
        let mut out = Vec::new();
        Detections::new(&mut out).finish().unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap()["frames"], serde_json::json!([]));
    }
}
