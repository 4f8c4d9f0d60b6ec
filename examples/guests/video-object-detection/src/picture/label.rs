//! Words on a picture: a line of text on a coloured ground, all of it within the picture.

use super::font::Font;
use super::{Area, Picture, Rgb};

/// Writes `text` above the area, or at its top where there is no room above; moved and cut until it lies in the picture.
pub(super) fn write(picture: &mut Picture, text: &str, around: Area, ground: Rgb) {
    let font = Font::for_height(picture.height);
    let room = picture.width / font.advance();
    let letters: Vec<char> = fitting(text, room);
    let area = place(around, (letters.len() * font.advance(), font.height()), (picture.width, picture.height));
    picture.fill(area, ground);
    let ink = ink_on(ground);
    for (position, letter) in letters.into_iter().enumerate() {
        let left = area.left + position * font.advance();
        font.draw(letter, |x, y, strength| blend(picture, (left + x, area.top + y), ink, strength));
    }
}

/// At most `room` letters; the end is replaced by dots where it does not fit.
fn fitting(text: &str, room: usize) -> Vec<char> {
    let letters: Vec<char> = text.chars().collect();
    match letters.get(..room) {
        Some(start) if start.len() < letters.len() => {
            let kept = start.iter().take(room.saturating_sub(2)).copied();
            kept.chain(['.'; 2]).take(room).collect()
        }
        _ => letters,
    }
}

/// Where words of that size stand.
fn place(around: Area, (width, height): (usize, usize), (picture_width, picture_height): (usize, usize)) -> Area {
    let left = around.left.min(picture_width.saturating_sub(width));
    let top = around.top.checked_sub(height).unwrap_or(around.top);
    let top = top.min(picture_height.saturating_sub(height));
    Area { left, top, right: (left + width).min(picture_width), bottom: (top + height).min(picture_height) }
}

/// Black or white, whichever is easier to read.
fn ink_on([red, green, blue]: Rgb) -> Rgb {
    let luma = (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000;
    if luma > 128 { [0; 3] } else { [255; 3] }
}

/// Mixes a colour into a pixel, if it lies in the picture.
fn blend(picture: &mut Picture, (x, y): (usize, usize), ink: Rgb, strength: u8) {
    let strength = u32::from(strength);
    for (pixels, ink) in picture.span(y, x, x + 1).into_iter().zip(ink) {
        for pixel in pixels {
            let mixed = (u32::from(ink) * strength + u32::from(*pixel) * (255 - strength) + 127) / 255;
            *pixel = mixed as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: usize, top: usize, right: usize, bottom: usize) -> Area {
        Area { left, top, right, bottom }
    }

    #[test]
    fn words_stand_above_the_box_and_move_into_the_picture() {
        for (what, around, expected) in [
            ("above", area(100, 100, 200, 200), area(100, 84, 180, 100)),
            ("no room above", area(100, 10, 200, 200), area(100, 10, 180, 26)),
            ("at the top", area(0, 0, 640, 480), area(0, 0, 80, 16)),
            ("over the right edge", area(600, 100, 640, 200), area(560, 84, 640, 100)),
            ("at the bottom", area(0, 479, 10, 480), area(0, 463, 80, 479)),
        ] {
            assert_eq!(place(around, (80, 16), (640, 480)), expected, "{what}");
        }
        assert_eq!(place(area(3, 3, 9, 9), (80, 16), (20, 10)), area(0, 0, 20, 10), "a picture smaller than the words");
    }

    #[test]
    fn long_words_are_cut_with_dots() {
        for (text, room, expected) in [
            ("ball 93%", 8, "ball 93%"),
            ("ball 93%", 7, "ball .."),
            ("ball 93%", 2, ".."),
            ("ball 93%", 1, "."),
            ("ball 93%", 0, ""),
            ("größe", 5, "größe"),
        ] {
            assert_eq!(fitting(text, room).into_iter().collect::<String>(), expected, "{text} in {room}");
        }
    }

    #[test]
    fn words_are_readable_on_every_ground_and_change_nothing_else() {
        for (ground, ink) in [([255, 255, 0], 0), ([0, 0, 200], 255)] {
            let mut picture = Picture::default();
            picture.resize(200, 100).unwrap();
            write(&mut picture, "I", area(50, 50, 90, 90), ground);
            let width = Font::for_height(100).advance();
            let changed = |x: usize, y: usize| (50..50 + width).contains(&x) && (34..50).contains(&y);
            let pixel = |x: usize, y: usize| picture.planes().map(|plane| plane[y * 200 + x]);
            for (x, y) in (0..200).flat_map(|x| (0..100).map(move |y| (x, y))) {
                assert!(changed(x, y) || pixel(x, y) == [0; 3], "{x} {y} was changed");
            }
            assert_eq!(pixel(50, 34), ground);
            assert!((50..50 + width).any(|x| pixel(x, 42) == [ink; 3]), "the letter is drawn");
        }
    }

    #[test]
    fn a_picture_smaller_than_a_letter_stays_whole() {
        let mut picture = Picture::default();
        picture.resize(3, 3).unwrap();
        write(&mut picture, "ball", area(0, 0, 3, 3), [9; 3]);
        assert_eq!(picture.red.len(), 9);
    }
}
