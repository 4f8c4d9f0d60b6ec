//! One instance as its callers know it.

mod label;
mod removal;

pub use label::Filter;
pub(crate) use label::Labels;
pub(crate) use removal::Removal;

/// What the i-poc calls its instances, whatever their address is.
pub(crate) const INSTANCE_HOST: &str = "veracruz-nitro-server";
