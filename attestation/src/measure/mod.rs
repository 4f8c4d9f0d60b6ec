//! Measurements predicted from files, so that a policy can name a runtime before it ever ran.
//!
//! Nothing here opens a file: images are slices (a caller may map them), programs are readers. Nothing here says whether
//! a measurement is trusted.

mod eif;
mod program;

pub use eif::{
    Architecture, Eif, EifError, ImageMeasurements, MAX_SECTIONS, MAX_SIGNATURE_BYTES, Section, SectionKind,
};
pub use program::{ProgramMeasurement, measure_program};
