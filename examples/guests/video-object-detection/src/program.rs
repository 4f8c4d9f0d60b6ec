//! The whole run: what is checked when, and what happens to a frame.
//!
//! Cheap errors come first: the key and the first bytes of the video, the names, the cfg, a result's file, the length of
//! the weights; only then the weights are read. A frame is done with before the next one is decoded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write};

use darknet::{Config, FrameSize, Network, Thresholds};
use h264::Frame;

use crate::Error;
use crate::clock::Start;
use crate::files::{CONFIG, DETECTIONS, Folder, NAMES, VIDEO, WEIGHTS, prediction};
use crate::names::{LONGEST_LIST, Names};
use crate::picture::{Letterbox, Mark, Picture, annotate, encode};
use crate::report::Found;
use crate::report::json::Detections;
use crate::report::lines::Lines;
use crate::video::Video;

/// Bytes after which no word is added to a label: more letters of up to four bytes than the widest picture holds, whose
/// narrowest letter has 7 pixels. So a label costs no more, however many classes a box has.
const LONGEST_LABEL: usize = 4 * (h264::MAX_SIDE / 7 + 1);

/// Finds the objects in the folder's video. `out` gets the lines of the old detector, `err` the table of layers.
///
/// # Errors
/// What is wrong with a file, always with its name.
pub fn run(folder: &Folder, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let mut lines = Lines::new(out);
    lines.decrypting();
    let video = Video::open(folder)?;
    lines.initializing();
    let start = Start::now();
    let mut detector = Detector::load(folder, err)?;
    lines.initialized(start.elapsed());
    video.decode(&mut |frame| detector.take(frame, &mut lines))?;
    detector.detections.finish().map_err(|source| Error::io(DETECTIONS, source))
}

/// Everything that frames go through.
struct Detector<'a> {
    folder: &'a Folder,
    names: Names,
    network: Network,
    letterbox: Letterbox,
    picture: Picture,
    file: Vec<u8>,
    detections: Detections<BufWriter<File>>,
    frames: u64,
}

impl<'a> Detector<'a> {
    fn load(folder: &'a Folder, err: &mut dyn Write) -> Result<Self, Error> {
        let config = config(folder)?;
        let table = config.layers().to_string(); // in one piece: stderr has no buffer
        let _ = err.write_all(table.as_bytes()); // for reading only, like the lines
        let names = Names::parse(&folder.text(NAMES, LONGEST_LIST)?, config.classes())?;
        let mut weights = folder.open(WEIGHTS)?;
        check_length(&mut weights, config.weights_len())?;
        let detections = Detections::new(BufWriter::new(folder.create(DETECTIONS)?));
        let input = config.input();
        let letterbox = Letterbox::new(input.width, input.height).map_err(|_| Error::Memory { file: CONFIG })?;
        let network = Network::load(config, &mut weights).map_err(|source| Error::Network { file: WEIGHTS, source })?;
        let picture = Picture::default();
        Ok(Detector { folder, names, network, letterbox, picture, file: vec![], detections, frames: 0 })
    }

    fn take(&mut self, frame: &Frame<'_>, lines: &mut Lines<'_>) -> Result<(), Error> {
        let size = (frame.width, frame.height);
        self.picture.take(frame).map_err(|_| Error::Memory { file: VIDEO })?;
        let image = self.letterbox.image(&self.picture);
        let start = Start::now();
        let output = self.network.forward(image).map_err(|source| Error::Network { file: WEIGHTS, source })?;
        let time = start.elapsed();
        let detections =
            output.detections(FrameSize { width: frame.width, height: frame.height }, &Thresholds::default());
        let found = Found::all(&detections, &self.names);
        lines.image(self.frames, time, &found);
        annotate(&mut self.picture, &marks(&found));
        let name = prediction(self.frames);
        encode(&self.picture, &mut self.file).map_err(|source| Error::Picture { file: name.clone(), source })?;
        let written = self.folder.create(&name)?.write_all(&self.file);
        written.map_err(|source| Error::io(&name, source))?;
        self.detections.frame(size, &found).map_err(|source| Error::io(DETECTIONS, source))?;
        self.frames += 1;
        Ok(())
    }
}

/// A network that can find something in pictures.
fn config(folder: &Folder) -> Result<Config, Error> {
    let text = folder.text(CONFIG, darknet::limits::MAX_CFG_BYTES as u64)?;
    let config = Config::parse(&text).map_err(|source| Error::Network { file: CONFIG, source })?;
    match (config.input().channels, config.classes()) {
        (3, 0) => Err(Error::NoObjects { file: CONFIG }),
        (3, _) => Ok(config),
        (channels, _) => Err(Error::Channels { file: CONFIG, channels }),
    }
}

/// Refuses what cannot fit before it is read. An old header is four bytes shorter.
fn check_length(weights: &mut File, expected: u64) -> Result<(), Error> {
    // A policy's right to read has the one to seek in it, and not the one to a file's attributes.
    let length = weights.seek(SeekFrom::End(0)).and_then(|length| weights.rewind().map(|()| length));
    let length = length.map_err(|source| Error::io(WEIGHTS, source))?;
    let source = if length > expected {
        darknet::Error::WeightsTooLong { expected }
    } else if length + 4 < expected {
        darknet::Error::WeightsTooShort { length, expected, place: "the weights".to_owned() }
    } else {
        return Ok(());
    };
    Err(Error::Network { file: WEIGHTS, source })
}

/// What is drawn: one mark for a box, with all classes that it may be, or as many as there is room for.
fn marks(found: &[Found<'_>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut boxes = BTreeMap::new();
    for object in found {
        let text = format!("{} {}", object.name, object.percent());
        let place = *boxes.entry(object.bounds.map(f64::to_bits)).or_insert(marks.len());
        match marks.get_mut(place) {
            Some(mark) if mark.text.len() >= LONGEST_LABEL => {} // nobody would see it
            Some(mark) => {
                mark.text.push_str(", ");
                mark.text.push_str(&text);
            }
            None => {
                let [x, y, width, height] = object.bounds.map(|value| value as f32);
                marks.push(Mark { class: object.class, text, corners: [x, y, x + width, y + height] });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_two_classes_is_drawn_once_by_its_surest() {
        let object = |class, name, probability, x| Found { class, name, probability, bounds: [x, 2.0, 3.0, 4.0] };
        let found = [object(1, "cat", 0.9, 1.0), object(0, "bus", 0.8, 5.0), object(2, "dog", 0.25, 1.0)];
        let marks = marks(&found);
        let drawn: Vec<_> = marks.iter().map(|mark| (mark.class, mark.text.as_str(), mark.corners)).collect();
        assert_eq!(drawn, [(1, "cat 90%, dog 25%", [1.0, 2.0, 4.0, 6.0]), (0, "bus 80%", [5.0, 2.0, 8.0, 6.0])]);
    }

    #[test]
    fn a_label_of_thousands_of_classes_is_no_longer_than_a_picture() {
        let found: Vec<_> =
            (0..10_000).map(|class| Found { class, name: "größe", probability: 0.5, bounds: [1.0; 4] }).collect();
        let marks = marks(&found);
        assert_eq!(marks.len(), 1);
        let letters = marks[0].text.chars().count();
        assert!((h264::MAX_SIDE / 7..LONGEST_LABEL + 20).contains(&letters), "{letters}");
    }
}
