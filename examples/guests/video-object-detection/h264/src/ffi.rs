//! The door to the C++ decoder, `cpp/h264.cpp`: the only unsafe code of this crate.
//!
//! Nothing but complete units and whole pictures crosses it, and no pointer leaves it.

#![expect(unsafe_code, reason = "OpenH264 is C++")]

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use crate::{Error, Plane};

const REFERENCE_LOST: c_int = 0x02;
const NO_PARAMETER_SETS: c_int = 0x10;
const REFERENCE_LIST: c_int = 0x40;
const OUT_OF_MEMORY: c_int = 0x4000;

/// As `H264Picture` in `cpp/h264.h`.
#[repr(C)]
struct RawPicture {
    planes: [*const u8; 3],
    strides: [i32; 3],
    width: i32,
    height: i32,
    order: i32,
    sequence: u32,
    parameter_set: u32,
}

/// As `H264Decoder` in `cpp/h264.h`, which only C++ sees the inside of.
#[repr(C)]
struct RawDecoder {
    _opaque: [u8; 0],
}

// SAFETY: as `cpp/h264.h` declares them.
unsafe extern "C" {
    fn h264_open() -> *mut RawDecoder;
    fn h264_close(decoder: *mut RawDecoder);
    fn h264_decode(decoder: *mut RawDecoder, unit: *const u8, length: c_int, picture: *mut RawPicture) -> c_int;
}

/// OpenH264's decoder.
#[derive(Debug)]
pub(crate) struct Core(NonNull<RawDecoder>);

/// A picture that lies in the decoder's memory, cropped.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) planes: [Plane<'a>; 3],
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) order: i32,
    pub(crate) sequence: u32,
    pub(crate) parameter_set: u32,
}

/// Why there is no picture, in words for [`Error::Damaged`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Memory,
    Data(&'static str),
}

impl Core {
    pub(crate) fn new() -> Result<Self, Error> {
        // SAFETY: it takes nothing; it gives a decoder or null.
        let decoder = unsafe { h264_open() };
        NonNull::new(decoder).map(Self).ok_or(Error::OutOfMemory)
    }

    /// Takes a unit with its start code, or `None` at the end of the stream. Gives the picture that is now complete.
    pub(crate) fn decode(&mut self, unit: Option<&[u8]>) -> Result<Option<Picture<'_>>, Failure> {
        let length = c_int::try_from(unit.map_or(0, <[u8]>::len)).map_err(|_| Failure::Memory)?;
        let mut raw = RawPicture {
            planes: [ptr::null(); 3],
            strides: [0; 3],
            width: 0,
            height: 0,
            order: 0,
            sequence: 0,
            parameter_set: 0,
        };
        // SAFETY: the decoder is open until it is dropped, and this borrows it alone; `unit` is `length` readable
        // bytes, or null; `raw` is writable and of the type that the header declares.
        let state = unsafe { h264_decode(self.0.as_ptr(), unit.map_or(ptr::null(), <[u8]>::as_ptr), length, &mut raw) };
        match failure(state) {
            Some(failure) => Err(failure),
            None if raw.planes[0].is_null() => Ok(None),
            None => Ok(Some(self.picture(&raw))),
        }
    }

    /// Borrows the decoder, so that the planes live until it is called again.
    fn picture(&mut self, raw: &RawPicture) -> Picture<'_> {
        let size = |side: i32| usize::try_from(side).unwrap_or(0);
        let (width, height) = (size(raw.width), size(raw.height));
        let plane = |index: usize, width: usize, height: usize| {
            let stride = size(raw.strides[index]);
            let length = if width == 0 || height == 0 { 0 } else { stride * (height - 1) + width };
            // SAFETY: OpenH264 gives planes of `height` rows, `stride` bytes apart, of which the last has `width` bytes
            // at least; they stay as they are until it is called again, which the borrow excludes.
            let data = unsafe { std::slice::from_raw_parts(raw.planes[index], length) };
            Plane { data, stride }
        };
        Picture {
            planes: [plane(0, width, height), plane(1, width / 2, height / 2), plane(2, width / 2, height / 2)],
            width,
            height,
            order: raw.order,
            sequence: raw.sequence,
            parameter_set: raw.parameter_set,
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // SAFETY: it was open, and nobody can use it any more.
        unsafe { h264_close(self.0.as_ptr()) }
    }
}

/// The bits of OpenH264's `DECODING_STATE`.
fn failure(state: c_int) -> Option<Failure> {
    let words = match state {
        0 => return None,
        state if state & OUT_OF_MEMORY != 0 => return Some(Failure::Memory),
        state if state & NO_PARAMETER_SETS != 0 => "parameter sets are missing or wrong",
        state if state & (REFERENCE_LOST | REFERENCE_LIST) != 0 => "a picture that it refers to is missing",
        _ => "its data does not decode",
    };
    Some(Failure::Data(words))
}
