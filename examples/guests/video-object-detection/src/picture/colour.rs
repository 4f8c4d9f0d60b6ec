//! From the video's luma and chroma to red, green and blue, as the matrix and the range of the frame say.
//!
//! Integers with fractions of 1/64, 16 bits wide, in loops without branches: compilers turn them into vectors. A value
//! is at most one step of 255 beside the exact one. Chroma stands for the two by two pixels that share it and is not
//! interpolated: so does OpenCV's conversion, which Darknet reads videos by.

use h264::{Colour, Frame, Matrix, Plane};

use super::Picture;

/// Fractions of a luma or chroma contribution.
const FRACTION: i32 = 6;
/// Fractions of a factor.
const FINE: i32 = 14;

/// Contributions of one row of chroma to the pixels of its two rows.
#[derive(Debug, Default)]
pub(super) struct Chroma {
    red: Vec<i16>,
    green: Vec<i16>,
    blue: Vec<i16>,
}

/// Puts a frame into the picture, which takes the frame's size.
pub(super) fn convert(frame: &Frame<'_>, chroma: &mut Chroma, into: &mut Picture) {
    if frame.width == 0 {
        return;
    }
    let factors = Factors::of(frame.colour);
    let Picture { red, green, blue, width, .. } = into;
    let rows = red.chunks_exact_mut(*width).zip(green.chunks_exact_mut(*width)).zip(blue.chunks_exact_mut(*width));
    for (y, ((red, green), blue)) in rows.enumerate() {
        if y % 2 == 0 {
            chroma.fill(&factors, row(&frame.u, y / 2), row(&frame.v, y / 2), *width);
        }
        let luma = row(&frame.y, y);
        factors.add(luma, &chroma.red, red);
        factors.add(luma, &chroma.green, green);
        factors.add(luma, &chroma.blue, blue);
    }
}

/// A row of a plane from its first sample on.
fn row<'a>(plane: &Plane<'a>, y: usize) -> &'a [u8] {
    plane.data.get(y * plane.stride..).unwrap_or_default()
}

impl Chroma {
    /// For `width` pixels from half as many samples.
    fn fill(&mut self, factors: &Factors, u: &[u8], v: &[u8], width: usize) {
        for contributions in [&mut self.red, &mut self.green, &mut self.blue] {
            contributions.resize(width.next_multiple_of(2), 0);
        }
        let pairs = self.red.chunks_exact_mut(2).zip(self.green.chunks_exact_mut(2)).zip(self.blue.chunks_exact_mut(2));
        for (((red, green), blue), (u, v)) in pairs.zip(u.iter().zip(v)) {
            let (u, v) = (i32::from(*u) - 128, i32::from(*v) - 128);
            red.fill(fraction(v * factors.red_by_v));
            green.fill(fraction(u * factors.green_by_u + v * factors.green_by_v));
            blue.fill(fraction(u * factors.blue_by_u));
        }
    }
}

/// What a step of luma or chroma adds, with [`FRACTION`] and [`FINE`] fractions.
struct Factors {
    luma: i32,
    /// Luma of black, and the half that rounds.
    offset: i32,
    red_by_v: i32,
    green_by_u: i32,
    green_by_v: i32,
    blue_by_u: i32,
}

impl Factors {
    /// ITU-T H.264, E.2.1: the matrix from the weights of red and blue; ranges of 219 and 224 steps, or of 255.
    fn of(colour: Colour) -> Self {
        let (red, blue) = weights(colour.matrix);
        let (black, luma, chroma) = if colour.full_range { (0, 255.0, 255.0) } else { (16, 219.0, 224.0) };
        let green = 1.0 - red - blue;
        let fixed = |factor: f64| (factor * f64::from(1 << (FRACTION + FINE))).round() as i32;
        let luma = fixed(255.0 / luma);
        let by = |factor: f64| fixed(factor * 255.0 / chroma);
        Factors {
            luma,
            offset: (1 << (FRACTION + FINE - 1)) + (1 << (FINE - 1)) - black * luma,
            red_by_v: by(2.0 * (1.0 - red)),
            green_by_u: by(-2.0 * blue * (1.0 - blue) / green),
            green_by_v: by(-2.0 * red * (1.0 - red) / green),
            blue_by_u: by(2.0 * (1.0 - blue)),
        }
    }

    /// One colour of a row.
    fn add(&self, luma: &[u8], contributions: &[i16], into: &mut [u8]) {
        for ((value, luma), contribution) in into.iter_mut().zip(luma).zip(contributions) {
            let luma = (i32::from(*luma) * self.luma + self.offset) >> FINE;
            let sum = (luma as i16).saturating_add(*contribution);
            *value = (sum >> FRACTION).clamp(0, 255) as u8;
        }
    }
}

/// The weights of red and blue in luma.
fn weights(matrix: Matrix) -> (f64, f64) {
    match matrix {
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
        Matrix::Smpte240m => (0.212, 0.087),
        Matrix::Fcc => (0.3, 0.11),
        _ => (0.299, 0.114), // BT.601, also where a stream names none
    }
}

/// A contribution with [`FRACTION`] fractions; the largest is below 17,600, so 16 bits hold it.
fn fraction(value: i32) -> i16 {
    ((value + (1 << (FINE - 1))) >> FINE) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [(Matrix, f64, f64); 3] =
        [(Matrix::Bt601, 0.299, 0.114), (Matrix::Bt709, 0.2126, 0.0722), (Matrix::Bt2020, 0.2627, 0.0593)];

    /// One sample of each plane for a picture of 2×2.
    fn converted(yuv: [u8; 3], matrix: Matrix, full_range: bool) -> [u8; 3] {
        let (y, u, v) = ([yuv[0]; 4], [yuv[1]], [yuv[2]]);
        let plane = |data, stride| Plane { data, stride };
        let frame = Frame {
            width: 2,
            height: 2,
            y: plane(&y, 2),
            u: plane(&u, 1),
            v: plane(&v, 1),
            colour: Colour { matrix, full_range },
        };
        let mut picture = Picture::default();
        picture.take(&frame).unwrap();
        [picture.red[3], picture.green[3], picture.blue[3]]
    }

    #[test]
    fn known_colours_come_out() {
        for (yuv, matrix, full_range, rgb) in [
            ([16, 128, 128], Matrix::Bt601, false, [0, 0, 0]),
            ([235, 128, 128], Matrix::Bt601, false, [255, 255, 255]),
            ([0, 128, 128], Matrix::Bt601, true, [0, 0, 0]),
            ([255, 128, 128], Matrix::Bt709, true, [255, 255, 255]),
            // Red, green and blue of EBU Tech 3320 and of ITU-R BT.709, as 8-bit codes.
            ([81, 90, 240], Matrix::Bt601, false, [254, 0, 0]),
            ([145, 54, 34], Matrix::Bt601, false, [0, 255, 1]),
            ([41, 240, 110], Matrix::Bt601, false, [0, 0, 255]),
            ([63, 102, 240], Matrix::Bt709, false, [255, 1, 0]),
            ([173, 42, 26], Matrix::Bt709, false, [0, 255, 1]),
            ([32, 240, 118], Matrix::Bt709, false, [1, 0, 255]),
        ] {
            let found = converted(yuv, matrix, full_range);
            let near = found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(near, "{yuv:?} by {matrix:?}: {found:?} instead of {rgb:?}");
        }
    }

    #[test]
    fn every_value_is_within_a_step_of_the_exact_one() {
        let steps = || (0..=255).step_by(15);
        for ((matrix, kr, kb), full_range) in
            WEIGHTS.into_iter().flat_map(|weights| [(weights, false), (weights, true)])
        {
            let (black, luma, chroma) = if full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
            for (y, u, v) in steps().flat_map(|y| steps().flat_map(move |u| steps().map(move |v| (y, u, v)))) {
                let l = (f64::from(y) - black) / luma;
                let (cb, cr) = ((f64::from(u) - 128.0) / chroma, (f64::from(v) - 128.0) / chroma);
                let (r, b) = (l + 2.0 * (1.0 - kr) * cr, l + 2.0 * (1.0 - kb) * cb);
                let g = (l - kr * r - kb * b) / (1.0 - kr - kb);
                let found = converted([y, u, v], matrix, full_range);
                for (found, exact) in found.into_iter().zip([r, g, b]) {
                    let exact = (exact * 255.0).clamp(0.0, 255.0);
                    let apart = (f64::from(found) - exact).abs();
                    assert!(apart < 0.52, "{y} {u} {v} by {matrix:?}: {found} instead of {exact}");
                }
            }
        }
    }

    #[test]
    fn rows_have_strides_and_chroma_stands_for_two_by_two() {
        let y = [16, 235, 16, 9, 9, 235, 16, 235, 9, 9, 16, 16, 16];
        let (u, v) = ([128, 240, 7, 128, 128], [128, 110, 7, 128, 128]);
        let plane = |data, stride| Plane { data, stride };
        let frame = Frame {
            width: 3,
            height: 3,
            y: plane(&y[..], 5),
            u: plane(&u[..], 3),
            v: plane(&v[..], 3),
            colour: Colour { matrix: Matrix::Bt601, full_range: false },
        };
        let mut picture = Picture::default();
        picture.take(&frame).unwrap();
        assert_eq!((picture.width, picture.height), (3, 3));
        assert_eq!(picture.red[..2], [0, 255]);
        assert_eq!(picture.red[3..5], [255, 0]);
        assert_eq!((picture.blue[2], picture.blue[5], picture.blue[8]), (226, 255, 0), "blue on the right of two rows");
    }
}
