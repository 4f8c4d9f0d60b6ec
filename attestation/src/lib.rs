//! Evidence: made, measured, judged, and turned into certificates.

mod binding;
mod cbor;
mod measurement;

pub use binding::{
    Binding, EXPORTER_LABEL, NO_CHANNEL, POLICY_PCR, Role, expected_policy_pcr, exporter_context, policy_pcr_extension,
};
pub use measurement::Pcr;
