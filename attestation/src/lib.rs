//! Evidence of what runs where: made ([`attester`]), judged ([`nitro`]), and the values that both speak of.
//!
//! Nothing in this crate opens a connection, reads a clock or spawns a task: time and collateral are parameters.

#[cfg(feature = "attester")]
pub mod attester;
mod measurement;
#[cfg(feature = "verifier")]
pub mod nitro;

pub use measurement::{Measurements, MeasurementsError, PCR_COUNT, Pcr, PcrError};
