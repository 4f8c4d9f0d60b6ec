//! Letters as pixels: Noto Sans Mono, which is part of the program.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Drawn for every character that the font does not have.
const REPLACEMENT: char = '?';

/// What one letter takes, in pixels, and how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Font {
    raster: RasterHeight,
    /// Each pixel of the raster is a square of so many.
    times: usize,
}

impl Font {
    /// The largest that is at most a 27th of the picture's height; 16 pixels at least.
    pub(super) fn for_height(height: usize) -> Self {
        let wanted = height / 27;
        let (raster, times) = match wanted {
            0..24 => (RasterHeight::Size16, 1),
            24..32 => (RasterHeight::Size24, 1),
            _ => (RasterHeight::Size32, wanted / 32),
        };
        Font { raster, times }
    }

    /// Pixels from a line to the next.
    pub(super) fn height(self) -> usize {
        self.raster.val() * self.times
    }

    /// Pixels from a letter to the next.
    pub(super) fn advance(self) -> usize {
        get_raster_width(FontWeight::Bold, self.raster) * self.times
    }

    /// Calls `pixel` with column, row and strength (1 to 255) of all pixels of a letter that are not empty.
    pub(super) fn draw(self, letter: char, mut pixel: impl FnMut(usize, usize, u8)) {
        let raster = |letter| get_raster(letter, FontWeight::Bold, self.raster);
        let Some(raster) = raster(letter).or_else(|| raster(REPLACEMENT)) else { return };
        for (row, strengths) in raster.rows().enumerate() {
            for (column, strength) in strengths.iter().enumerate().filter(|(_, strength)| **strength > 0) {
                for y in 0..self.times {
                    for x in 0..self.times {
                        pixel(column * self.times + x, row * self.times + y, *strength);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(font: Font, letter: char) -> Vec<(usize, usize, u8)> {
        let mut pixels = Vec::new();
        font.draw(letter, |x, y, strength| pixels.push((x, y, strength)));
        pixels
    }

    #[test]
    fn letters_grow_with_the_picture() {
        let heights = [96, 480, 720, 1080, 2160, 4320].map(|height| Font::for_height(height).height());
        assert_eq!(heights, [16, 16, 24, 32, 64, 160]);
    }

    #[test]
    fn a_letter_lies_in_its_cell_and_has_its_own_look() {
        for height in [480, 720, 1080, 2160] {
            let font = Font::for_height(height);
            let inside =
                |pixels: &[(usize, usize, u8)]| pixels.iter().all(|p| p.0 < font.advance() && p.1 < font.height());
            assert!(inside(&pixels(font, 'W')) && inside(&pixels(font, 'g')));
            assert_ne!(pixels(font, 'a'), pixels(font, 'b'));
            assert!(pixels(font, ' ').is_empty());
        }
    }

    #[test]
    fn what_the_font_lacks_is_replaced() {
        let font = Font::for_height(480);
        for letter in ['é', '猫', '\u{202e}'] {
            assert_eq!(pixels(font, letter), pixels(font, '?'));
        }
    }
}
