//! Measurements predicted from files, so that a policy can name a runtime before it ever ran.
//!
//! Nothing here opens a file: images are slices (a caller may map them), programs are readers. Nothing here says whether
//! a measurement is trusted.

mod eif;
mod program;

use crate::measurement::Pcr;

pub use eif::{
    Architecture, Eif, EifError, ImageMeasurements, MAX_SECTIONS, MAX_SIGNATURE_BYTES, Section, SectionKind,
};
pub use program::{ProgramMeasurement, measure_program};

/// What clients of Veracruz compare in place of PCR0: its first 32 bytes. Their policies hold it as
/// `runtime_manager_hash_nitro` or `runtime_manager_hash_linux`, certificates in the extension 2.5.30.1.
pub fn runtime_hash(pcr0: &Pcr) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.iter_mut().zip(pcr0.as_bytes()).for_each(|(to, from)| *to = *from);
    hash
}
