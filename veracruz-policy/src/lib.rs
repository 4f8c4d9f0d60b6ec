//! Policies of confidential computing functions.

mod digest;
mod platform;

pub use digest::{DigestError, Sha256Digest};
pub use platform::{Platform, UnknownPlatform};
