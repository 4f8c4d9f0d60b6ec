//! Boxes with words on a picture, one look for each class.

use super::{Area, Picture, Rgb, label};

/// An object to be shown.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Its class; it chooses the colour.
    pub class: usize,
    /// What is written at its box.
    pub text: String,
    /// Left, top, right and bottom in pixels; what lies outside the picture is not drawn.
    pub corners: [f32; 4],
}

/// Draws the marks; the first one lies on top.
pub fn annotate(picture: &mut Picture, marks: &[Mark]) {
    let line = line_width(picture.height);
    let areas: Vec<_> = marks.iter().map(|mark| area(mark.corners, picture)).collect();
    for (mark, area) in marks.iter().zip(&areas).rev() {
        frame(picture, *area, line, colour(mark.class));
    }
    for (mark, area) in marks.iter().zip(&areas).rev() {
        label::write(picture, &mark.text, *area, colour(mark.class));
    }
}

/// As Darknet: 6 thousandths of the height.
fn line_width(height: usize) -> usize {
    (height * 6 / 1000).max(1)
}

/// The pixels that the box touches, within the picture. At least one pixel where there is one, also for what is no number.
fn area([left, top, right, bottom]: [f32; 4], picture: &Picture) -> Area {
    // A cast of a float saturates, and makes 0 of what is no number.
    let clip = |low: f32, high: f32, size: usize| {
        let low = (low.floor() as usize).min(size.saturating_sub(1));
        (low, (high.ceil() as usize).clamp(low, size).max((low + 1).min(size)))
    };
    let (left, right) = clip(left, right, picture.width);
    let (top, bottom) = clip(top, bottom, picture.height);
    Area { left, top, right, bottom }
}

/// The border of an area; the line lies inside.
fn frame(picture: &mut Picture, area: Area, line: usize, colour: Rgb) {
    let Area { left, top, right, bottom } = area;
    let (upper, lower) = ((top + line).min(bottom), bottom.saturating_sub(line).max(top));
    let (inner, outer) = ((left + line).min(right), right.saturating_sub(line).max(left));
    for side in [
        Area { bottom: upper, ..area },
        Area { top: lower, ..area },
        Area { right: inner, ..area },
        Area { left: outer, ..area },
    ] {
        picture.fill(side, colour);
    }
}

/// Bright, and far from the colours of the classes before: hues a golden section of the circle apart.
fn colour(class: usize) -> Rgb {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let hue = (class as f64 * GOLDEN).fract() * 6.0;
    let rising = (hue.fract() * 255.0) as u8;
    match hue as u8 {
        0 => [255, rising, 0],
        1 => [255 - rising, 255, 0],
        2 => [0, 255, rising],
        3 => [0, 255 - rising, 255],
        4 => [rising, 0, 255],
        _ => [255, 0, 255 - rising],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn black(width: usize, height: usize) -> Picture {
        let mut picture = Picture::default();
        picture.resize(width, height).unwrap();
        picture
    }

    fn mark(class: usize, corners: [f32; 4]) -> Mark {
        Mark { class, text: String::new(), corners }
    }

    #[test]
    fn a_box_is_a_frame_of_its_colour_with_nothing_inside() {
        let mut picture = black(400, 400);
        annotate(&mut picture, &[mark(0, [10.2, 20.7, 99.1, 50.0])]);
        let coloured = |x: usize, y: usize| picture.planes().map(|plane| plane[y * 400 + x]) == colour(0);
        for (x, y) in (0..400).flat_map(|x| (0..400).map(move |y| (x, y))) {
            let inside = (10..100).contains(&x) && (20..50).contains(&y);
            let hollow = (12..98).contains(&x) && (22..48).contains(&y);
            assert_eq!(coloured(x, y), inside && !hollow, "{x} {y}");
        }
    }

    #[test]
    fn boxes_beyond_the_picture_are_cut() {
        let corners = [
            [-1e9, -1e9, 1e9, 1e9],
            [f32::NAN; 4],
            [f32::NEG_INFINITY, 0.0, f32::INFINITY, 5.0],
            [90.0, 90.0, 10.0, 10.0],
            [100.0, 100.0, 100.0, 100.0],
        ];
        for corners in corners {
            let mut picture = black(100, 100);
            annotate(&mut picture, &[Mark { text: "ball 12%".to_owned(), ..mark(3, corners) }]);
            assert!(
                picture.red.len() == 10_000 && picture.planes().concat().iter().any(|value| *value > 0),
                "{corners:?}"
            );
        }
        annotate(&mut black(0, 0), &[mark(0, [0.0; 4])]);
        annotate(&mut black(1, 1), &[mark(0, [0.0, 0.0, 9.0, 9.0])]);
    }

    #[test]
    fn the_first_mark_lies_on_top() {
        let mut picture = black(100, 100);
        annotate(&mut picture, &[mark(1, [0.0, 0.0, 50.0, 50.0]), mark(2, [0.0, 0.0, 50.0, 80.0])]);
        assert_eq!(picture.planes().map(|plane| plane[0]), colour(1));
    }

    #[test]
    fn lines_grow_with_the_picture() {
        assert_eq!([0, 96, 480, 1080, 2160].map(line_width), [1, 1, 2, 6, 12]);
    }

    #[test]
    fn neighbouring_classes_look_different() {
        for class in 0..80 {
            let apart = colour(class).iter().zip(colour(class + 1)).map(|(a, b)| u32::from(a.abs_diff(b))).sum::<u32>();
            assert!(apart > 200, "{class}: {:?} and {:?}", colour(class), colour(class + 1));
        }
    }
}
