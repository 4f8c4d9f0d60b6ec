//! A forge for Nitro attestation documents: writes right ones, and wrong ones that are signed as if they were right.
//!
//! It shares no code with the attestation crate, so that a mistake there is not repeated here, and it checks nothing.
//! Each document that it writes is wrong in what the caller changed and in nothing else.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made must stop the test that wants it")]

pub mod cbor;
mod certificate;
mod chain;
pub mod der;
mod draft;
mod key;

pub use certificate::{
    BASIC_CONSTRAINTS, CertificateSpec, ECDSA_SHA384, Extension, KEY_USAGE, basic_constraints, key_usage, name,
};
pub use chain::{Chain, Link};
pub use draft::{Draft, ES384, Payload};
pub use key::Key;
