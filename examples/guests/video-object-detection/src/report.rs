//! What is told about a frame: the objects in it, in the form that all reports share.
//!
//! | module | what it writes |
//! |---|---|
//! | [`lines`] | lines for people, as they come |
//! | [`json`] | a file for programs |

pub mod json;
pub mod lines;

use darknet::Detection;

use crate::names::Names;

/// An object in a frame. Printed, drawn and written numbers agree: they come from here.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// Its class.
    pub class: usize,
    /// The class's name.
    pub name: &'a str,
    /// From 0 to 1, to six digits.
    pub probability: f64,
    /// Left, top, width and height in pixels of the frame, to two digits.
    pub bounds: [f64; 4],
}

impl<'a> Found<'a> {
    /// The objects that the network found, the surest first.
    #[must_use]
    pub fn all(detections: &[Detection], names: &'a Names) -> Vec<Self> {
        let one = |detection: &Detection| {
            let bounds = &detection.bounds;
            Found {
                class: detection.class,
                name: names.of(detection.class),
                probability: rounded(detection.probability, 1e6),
                bounds: [bounds.x, bounds.y, bounds.width, bounds.height].map(|value| rounded(value, 100.0)),
            }
        };
        let mut all: Vec<_> = detections.iter().map(one).collect();
        all.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        all
    }

    /// Its probability as people read it.
    #[must_use]
    pub fn percent(&self) -> String {
        format!("{:.0}%", self.probability * 100.0)
    }
}

fn rounded(value: f32, parts: f64) -> f64 {
    (f64::from(value) * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use darknet::Bounds;

    use super::*;

    #[test]
    fn the_surest_comes_first_with_its_name_and_round_numbers() {
        let names = Names::parse("ball\nbox\n", 2).unwrap();
        let bounds = || Bounds { x: 1.0 / 3.0, y: 0.0, width: 10.006, height: 20.0 };
        let detections = [
            Detection { class: 1, probability: 0.123_456_7, bounds: bounds() },
            Detection { class: 0, probability: 0.996, bounds: bounds() },
        ];
        let found = Found::all(&detections, &names);
        assert_eq!(found[0], Found { class: 0, name: "ball", probability: 0.996, bounds: [0.33, 0.0, 10.01, 20.0] });
        assert_eq!((found[1].name, found[1].probability), ("box", 0.123_457));
        assert_eq!([found[0].percent(), found[1].percent()], ["100%", "12%"]);
    }
}
