//! A decoded picture as the stream wants it shown: cropped, with what its numbers mean as colours.

/// A picture in planar YUV 4:2:0, 8 bits a sample.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Brightness: `height` rows of `width`.
    pub y: Plane<'a>,
    /// Blue minus brightness: half as many rows and columns.
    pub u: Plane<'a>,
    /// Red minus brightness: half as many rows and columns.
    pub v: Plane<'a>,
    /// What the samples mean.
    pub colour: Colour,
}

/// One component of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The rows, from the top; the last one ends with its last sample.
    pub data: &'a [u8],
    /// From the start of a row to the start of the next.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// The rows of `width` samples each, from the top.
    pub fn rows(self, width: usize) -> impl Iterator<Item = &'a [u8]> {
        self.data.chunks(self.stride.max(1)).map(move |row| row.get(..width).unwrap_or(row))
    }
}

/// How samples become red, green and blue (ITU-T H.264, annex E.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour {
    /// The weights of red, green and blue.
    pub matrix: Matrix,
    /// Samples span 0..=255 instead of 16..=235 (brightness) and 16..=240.
    pub full_range: bool,
}

/// The weights of red, green and blue in a sample's brightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Matrix {
    /// ITU-R BT.601. Also what a stream gets that names none, whatever its size: so do ffmpeg's and OpenCV's
    /// conversions, which most networks were trained with.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
    /// SMPTE 240M.
    Smpte240m,
    /// FCC 47 CFR 73.682.
    Fcc,
}
