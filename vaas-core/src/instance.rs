//! One instance as its callers know it.

mod label;
mod removal;

pub use label::Filter;
pub(crate) use label::Labels;
pub(crate) use removal::Removal;
