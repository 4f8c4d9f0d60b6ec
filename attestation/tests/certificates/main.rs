//! The binding, certificates and offline measurement, through the crate's public door.

mod binding;
