//! Measurements: what a platform recorded about the code that it started.
//!
//! Only values and their arithmetic live here. Nothing in this file decides whether a measurement is trusted.

mod pcr;
mod set;

pub use pcr::{Pcr, PcrError};
pub use set::{Measurements, MeasurementsError};

/// How many platform configuration registers a Nitro Secure Module has: indices 0 to 31
/// (AWS, `aws-nitro-enclaves-nsm-api/docs/attestation_process.md`).
pub const PCR_COUNT: u8 = 32;
