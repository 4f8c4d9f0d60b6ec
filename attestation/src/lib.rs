//! Evidence of what runs where: made ([`attester`]), judged ([`nitro`]), turned into certificates ([`certificate`]),
//! predicted without running anything ([`measure`]), offered over HTTP ([`service`]), and the values that all of them speak of.
//!
//! Nothing in this crate opens a connection, reads a clock or spawns a task: time and collateral are parameters.

#[cfg(feature = "attester")]
pub mod attester;
mod binding;
mod cbor;
#[cfg(any(feature = "attester", feature = "verifier"))]
pub mod certificate;
#[cfg(any(feature = "attester", feature = "service"))]
mod clock;
pub mod measure;
mod measurement;
#[cfg(feature = "verifier")]
pub mod nitro;
#[cfg(feature = "service")]
pub mod service;

pub use binding::{
    Binding, EXPORTER_LABEL, NO_CHANNEL, POLICY_PCR, Role, expected_policy_pcr, exporter_context, policy_pcr_extension,
};
#[cfg(any(feature = "attester", feature = "service"))]
pub use clock::Clock;
pub use measurement::{Measurements, MeasurementsError, PCR_COUNT, Pcr, PcrError};
