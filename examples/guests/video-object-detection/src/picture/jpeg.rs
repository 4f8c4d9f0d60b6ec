//! A picture as a JPEG file.

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use super::Picture;

/// Of 100: artefacts cannot be seen, and a frame of 1080p takes half a megabyte.
const QUALITY: u8 = 90;

/// Pixels that are converted at once: an array, so that compilers make vectors of it.
const AT_ONCE: usize = 16;

/// Replaces what is in `into` by the file.
///
/// # Errors
/// When the picture has no pixels, or more than 65,535 in a row or column.
pub fn encode(picture: &Picture, into: &mut Vec<u8>) -> Result<(), EncodingError> {
    into.clear();
    let size = |pixels: usize| u16::try_from(pixels).unwrap_or_default(); // which the encoder refuses
    let planes = Planes { picture, width: size(picture.width), height: size(picture.height) };
    let mut encoder = Encoder::new(into, QUALITY);
    // The video's own: more would keep nothing.
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode_image(planes)
}

struct Planes<'a> {
    picture: &'a Picture,
    width: u16,
    height: u16,
}

impl ImageBuffer for Planes<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, [luma, blueness, redness, _]: &mut [Vec<u8>; 4]) {
        let start = usize::from(y) * self.picture.width;
        let [red, green, blue] = self.picture.planes().map(|plane| plane.get(start..).unwrap_or_default());
        let [red, green, blue] = [red, green, blue].map(|row| row.get(..self.picture.width).unwrap_or_default());
        let chunks = red.chunks(AT_ONCE).zip(green.chunks(AT_ONCE)).zip(blue.chunks(AT_ONCE));
        for ((red, green), blue) in chunks {
            let mut converted = [[0; AT_ONCE]; 3];
            let [y, cb, cr] = &mut converted;
            for (at, ((r, g), b)) in red.iter().zip(green).zip(blue).enumerate() {
                (y[at], cb[at], cr[at]) = rgb_to_ycbcr(*r, *g, *b);
            }
            luma.extend_from_slice(&y[..red.len()]);
            blueness.extend_from_slice(&cb[..red.len()]);
            redness.extend_from_slice(&cr[..red.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_sees_the_same_picture() {
        for (width, height) in [(640, 480), (17, 33), (1, 1)] {
            let mut picture = Picture::default();
            picture.resize(width, height).unwrap();
            for y in 0..height {
                let [red, green, blue] = picture.span(y, 0, width);
                red.fill(200);
                green.fill((y * 255 / height) as u8);
                blue.fill(40);
            }
            let mut file = vec![1, 2, 3];
            encode(&picture, &mut file).unwrap();
            let mut decoder = jpeg_decoder::Decoder::new(&file[..]);
            let pixels = decoder.decode().unwrap();
            let info = decoder.info().unwrap();
            assert_eq!((usize::from(info.width), usize::from(info.height)), (width, height));
            for (at, pixel) in pixels.chunks_exact(3).enumerate() {
                let exact = picture.planes().map(|plane| plane[at]);
                let apart = pixel.iter().zip(exact).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(apart <= 6, "{width}×{height}, pixel {at}: {pixel:?} instead of {exact:?}");
            }
        }
    }

    #[test]
    fn what_no_file_can_hold_is_an_error() {
        for (width, height) in [(0, 0), (65_536, 1)] {
            let mut picture = Picture::default();
            picture.resize(width, height).unwrap();
            assert!(encode(&picture, &mut Vec::new()).is_err(), "{width}×{height}");
        }
    }
}
