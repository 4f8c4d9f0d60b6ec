//! The proxy attestation service: evidence in, a short-lived certificate out.
//!
//! An instance starts a session and gets a nonce; it sends evidence bound to that nonce, to its key and to its policy,
//! with a certificate request; the service verifies all of it against reference measurements that the operator vouches
//! for and issues a certificate for at most an hour. An instance that wants a new certificate for the same key starts
//! again.
//!
//! [`ProxyService`] is the service without HTTP, [`http::router`] its routes. Neither reads a clock, a file or a socket:
//! time, randomness and the journal are ports.

mod appraisal;
pub mod http;
mod ports;
mod reference;
mod refusal;
mod session;
mod trust;

pub use aws_lc_rs::rand::SystemRandom;

pub use appraisal::{EVIDENCE_MAX_AGE, Issued, ProxyService, Submission};
pub use ports::{Event, Journal, NoRandomness, Random};
pub use reference::{
    MAX_NAME_CHARS, MAX_REFERENCE_BYTES, MAX_REFERENCES, Reference, ReferenceError, ReferenceErrors,
    ReferenceMeasurements,
};
pub use refusal::CertifyError;
pub use session::{Challenge, MAX_SESSIONS, SESSION_LIFE, SessionError, SessionId, StartError, Taken};
pub use trust::Trust;
