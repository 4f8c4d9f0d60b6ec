//! A picture in a network's size: scaled to fit, its shape kept, grey beside it, as Darknet's `letterbox_image` does.
//!
//! Darknet scales bilinearly between the corners' pixel centres: pixel `c` of `n` lies at `c * (w - 1) / (n - 1)` of `w`.
//! First along the row, then between two rows, in 32-bit floats; the same is done here in the same order, only row by row.
//! One thing differs: where rounding puts the last row a hair before the picture's last one, Darknet gives a black row.

use std::collections::TryReserveError;

use darknet::FrameSize;

use super::Picture;

/// What is beside the picture.
const GREY: f32 = 0.5;

/// Makes inputs of one size; it keeps what depends on the sizes, and the memory.
#[derive(Debug)]
pub struct Letterbox {
    width: usize,
    height: usize,
    image: Vec<f32>,
    /// Of the frames so far; another size makes another.
    fit: Fit,
    upper: Row,
    lower: Row,
}

/// Where a picture of one size lands.
#[derive(Debug, Default)]
struct Fit {
    from: (usize, usize),
    width: usize,
    height: usize,
    columns: Vec<Place>,
    rows: Vec<Place>,
}

/// Between pixel `first` and the one after it; `share` is that one's part.
#[derive(Debug, Clone, Copy)]
struct Place {
    first: u32,
    share: f32,
}

/// A row of the source, scaled along.
#[derive(Debug, Default)]
struct Row {
    source: Option<u32>,
    values: Vec<f32>,
}

impl Letterbox {
    /// For a network that sees so many pixels.
    ///
    /// # Errors
    /// When there is no memory for its input.
    pub fn new(width: usize, height: usize) -> Result<Self, TryReserveError> {
        let values = width.saturating_mul(height).saturating_mul(3);
        let mut image = Vec::new();
        image.try_reserve_exact(values)?;
        image.resize(values, GREY);
        Ok(Letterbox { width, height, image, fit: Fit::default(), upper: Row::default(), lower: Row::default() })
    }

    /// Planar red, green, blue from 0 to 1.
    pub fn image(&mut self, picture: &Picture) -> &[f32] {
        if self.fit.from != (picture.width, picture.height) {
            self.fit = Fit::new((picture.width, picture.height), (self.width, self.height));
            self.image.fill(GREY);
        }
        let (area, fit) = (self.width * self.height, &self.fit);
        if fit.columns.is_empty() || fit.rows.is_empty() {
            return &self.image;
        }
        let start = (self.height - fit.height) / 2 * self.width + (self.width - fit.width) / 2;
        for (plane, into) in picture.planes().into_iter().zip(self.image.chunks_exact_mut(area)) {
            (self.upper.source, self.lower.source) = (None, None);
            let source = |y: u32| plane.get(y as usize * picture.width..).unwrap_or_default();
            let rows = into.get_mut(start..).unwrap_or_default().chunks_mut(self.width);
            for (place, into) in fit.rows.iter().zip(rows) {
                if self.upper.source != Some(place.first) {
                    std::mem::swap(&mut self.upper, &mut self.lower);
                }
                self.upper.scale(place.first, source, &fit.columns);
                if place.share == 0.0 {
                    copy(&self.upper.values, into);
                } else {
                    self.lower.scale(place.first + 1, source, &fit.columns);
                    mix(&self.upper.values, &self.lower.values, place.share, into);
                }
            }
        }
        &self.image
    }
}

impl Fit {
    fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        let size = |(width, height)| FrameSize { width, height };
        let FrameSize { width, height } = size(from).letterboxed(size(to));
        Fit { from, width, height, columns: places(from.0, width), rows: places(from.1, height) }
    }
}

/// Where each of `to` pixels lies among `from`.
fn places(from: usize, to: usize) -> Vec<Place> {
    let scale = from.saturating_sub(1) as f32 / to.saturating_sub(1).max(1) as f32;
    let place = |at: usize| {
        if at + 1 == to || from == 1 {
            return Place { first: from.saturating_sub(1) as u32, share: 0.0 };
        }
        let exact = at as f32 * scale;
        Place { first: exact as u32, share: exact - exact.trunc() }
    };
    (0..to).map(place).collect()
}

impl Row {
    /// Becomes row `y` of the source, if it is not.
    fn scale<'a>(&mut self, y: u32, source: impl Fn(u32) -> &'a [u8], columns: &[Place]) {
        if self.source == Some(y) {
            return;
        }
        self.source = Some(y);
        self.values.clear();
        let row = source(y);
        let pixel = |x: u32| row.get(x as usize).map_or(0.0, |value| f32::from(*value) * (1.0 / 255.0));
        let value = |place: &Place| (1.0 - place.share) * pixel(place.first) + place.share * pixel(place.first + 1);
        self.values.extend(columns.iter().map(value));
    }
}

fn copy(from: &[f32], into: &mut [f32]) {
    for (into, from) in into.iter_mut().zip(from) {
        *into = *from;
    }
}

fn mix(upper: &[f32], lower: &[f32], share: f32, into: &mut [f32]) {
    for ((into, upper), lower) in into.iter_mut().zip(upper).zip(lower) {
        *into = (1.0 - share) * upper + share * lower;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `letterbox_image` and `resize_image` of Darknet's `image.c`, line by line, but for its black last row.
    fn darknet(picture: &Picture, w: usize, h: usize) -> Vec<f32> {
        let (iw, ih) = (picture.width, picture.height);
        let (new_w, new_h) =
            if (w as f32 / iw as f32) < (h as f32 / ih as f32) { (w, (ih * w) / iw) } else { ((iw * h) / ih, h) };
        let mut boxed = vec![0.5; 3 * w * h];
        for (k, plane) in picture.planes().into_iter().enumerate() {
            let mut part = vec![0.0; new_w * ih];
            let w_scale = (iw - 1) as f32 / (new_w as f32 - 1.0);
            for r in 0..ih {
                for c in 0..new_w {
                    part[r * new_w + c] = if c == new_w - 1 || iw == 1 {
                        f32::from(plane[r * iw + iw - 1]) / 255.0
                    } else {
                        let sx = c as f32 * w_scale;
                        let (ix, dx) = (sx as usize, sx - sx.trunc());
                        let pixel = |x: usize| f32::from(plane[r * iw + x]) / 255.0;
                        (1.0 - dx) * pixel(ix) + dx * pixel(ix + 1)
                    };
                }
            }
            let h_scale = (ih - 1) as f32 / (new_h as f32 - 1.0);
            for r in 0..new_h {
                let sy = if r == new_h - 1 { (ih - 1) as f32 } else { r as f32 * h_scale };
                let (iy, dy) = (sy as usize, sy - sy.trunc());
                for c in 0..new_w {
                    let mut value = (1.0 - dy) * part[iy * new_w + c];
                    if r != new_h - 1 && ih != 1 {
                        value += dy * part[(iy + 1) * new_w + c];
                    }
                    boxed[k * w * h + (r + (h - new_h) / 2) * w + c + (w - new_w) / 2] = value;
                }
            }
        }
        boxed
    }

    fn noise(width: usize, height: usize) -> Picture {
        let mut picture = Picture::default();
        picture.resize(width, height).unwrap();
        let mut state = 1_u32;
        for value in picture.red.iter_mut().chain(&mut picture.green).chain(&mut picture.blue) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (state >> 24) as u8;
        }
        picture
    }

    #[test]
    fn it_is_what_darknet_computes() {
        let sizes = [
            ((640, 480), (416, 416)),
            ((48, 64), (32, 64)),
            ((17, 5), (96, 64)),
            ((5, 17), (96, 64)),
            ((32, 32), (32, 32)),
            ((3, 1), (64, 32)),
        ];
        for (from, (width, height)) in sizes {
            let picture = noise(from.0, from.1);
            let mut letterbox = Letterbox::new(width, height).unwrap();
            let found = letterbox.image(&picture);
            let expected = darknet(&picture, width, height);
            let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-6 && found.len() == expected.len(), "{from:?} in {width}×{height}: {apart}");
        }
    }

    #[test]
    fn grey_is_beside_it_and_stays_when_the_size_changes() {
        let mut letterbox = Letterbox::new(8, 8).unwrap();
        letterbox.image(&noise(4, 8));
        let mut white = noise(8, 4);
        for plane in [&mut white.red, &mut white.green, &mut white.blue] {
            plane.fill(255);
        }
        let image = letterbox.image(&white);
        for (row, values) in image.chunks_exact(8).enumerate() {
            let expected = if (2..6).contains(&(row % 8)) { 1.0 } else { 0.5 };
            assert!(values.iter().all(|value| *value == expected), "row {row}: {values:?}");
        }
    }

    #[test]
    fn pictures_that_are_all_edge_do_not_fail() {
        for (from, to) in
            [((1, 1), (32, 32)), ((1, 1000), (32, 32)), ((1000, 1), (32, 32)), ((0, 0), (32, 32)), ((9, 9), (1, 1))]
        {
            let mut letterbox = Letterbox::new(to.0, to.1).unwrap();
            let image = letterbox.image(&noise(from.0, from.1));
            assert!(
                image.len() == 3 * to.0 * to.1 && image.iter().all(|value| (0.0..=1.0).contains(value)),
                "{from:?}"
            );
        }
    }
}
