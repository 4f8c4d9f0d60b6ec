//! Decodes an H.264 byte stream (Annex B) into pictures.
//!
//! The decoding itself is OpenH264's; this crate splits the stream, refuses what cannot be decoded faithfully, and puts
//! the pictures into their order of display. Nothing is concealed: a stream that is damaged, truncated or of an
//! unsupported kind is an [`Error`], whatever bytes it is made of. Memory is bounded by named limits.

mod annexb;
mod decoder;
mod error;
mod ffi;
mod frame;
mod order;
mod parameters;

pub use annexb::MAX_UNIT_BYTES;
pub use decoder::Decoder;
pub use error::Error;
#[cfg(target_os = "wasi")]
pub use ffi::monotonic_nanoseconds;
pub use frame::{Colour, Frame, Matrix, Plane};
pub use parameters::{MAX_PIXELS, MAX_SIDE};
