//! Decodes an H.264 byte stream (Annex B) into pictures.
//!
//! The decoding is OpenH264's, with its motion compensation, deblocking, inverse transforms and reading of coefficients
//! rewritten for vector instructions and for exactness (`cpp/`; whose work it is, and under which licence, is in
//! `NOTICE`). This crate splits the stream, refuses what cannot be decoded faithfully, and puts the pictures into their
//! order of display. Nothing is concealed: what is found to be damaged, truncated or of an unsupported kind is an
//! [`Error`]. Not all damage can be found: the stream has no checksums, a bit may flip into another picture, and a
//! stream that ends between two pictures is a shorter stream. Memory is bounded by named limits: 55 MB were seen for
//! 1080p as x264 makes it; the largest pictures with all the references that a stream may keep come to 700 MB, and the
//! slices of one picture that wait for its last to 100 MB.
//!
//! The C++ part reads hostile bytes. In a guest, whatever it does stays inside the instance's memory; a native build, for
//! tests and comparison, has no such wall.

mod annexb;
mod decoder;
mod error;
mod ffi;
mod frame;
mod order;
mod parameters;
mod slices;

pub use annexb::MAX_UNIT_BYTES;
pub use decoder::Decoder;
pub use error::Error;
pub use frame::{Colour, Frame, Matrix, Plane};
pub use parameters::{MAX_PIXELS, MAX_SIDE};
pub use slices::{MAX_PICTURE_BYTES, MAX_SLICES};
