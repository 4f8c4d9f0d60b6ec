//! The client's side: whether a certificate shows the instance that the client wants to talk to.
//!
//! The order: which authority signed it, when it is valid, what kind of certificate it is, then what the authority
//! found in the evidence, then the evidence itself where it is stapled and anchors are given. Whoever passes is an
//! [`AttestedInstance`], which nothing else can make.
//!
//! The caller still has to compare [`AttestedInstance::spki_der`] with the key of its TLS connection, and before secrets
//! go out to ask for evidence that is bound to the connection: a certificate alone can be relayed by whoever has its key.

mod compatibility;
mod content;
mod evidence;
mod expectation;
mod instance;
mod pins;
mod refusal;
mod self_signed;
mod shape;
mod stapled;

pub use compatibility::CompatibilityExpectation;
pub use expectation::{InstanceExpectation, InstanceExpectationError};
pub use instance::{AttestedInstance, Unchecked};
pub use pins::{MAX_PINNED_AUTHORITIES, PinError, PinnedAuthorities};
pub use refusal::CertificateRefusal;
pub use shape::{MAX_CERTIFICATE_BYTES, MAX_CLOCK_SKEW};
pub use stapled::stapled_evidence;
