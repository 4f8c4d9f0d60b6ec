//! What the service needs from outside besides the time: randomness, and somebody to tell.

use aws_lc_rs::rand::SystemRandom;
use veracruz_policy::Platform;

/// Unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The source gave no randomness, or gave the same twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness fails: without unpredictable nonces nothing can be started; restart the service")]
pub struct NoRandomness;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        aws_lc_rs::rand::SecureRandom::fill(self, bytes).map_err(|_| NoRandomness)
    }
}

/// Who is told what the service did, to log and count it.
pub trait Journal: Send + Sync {
    /// Called once for each event, while the request waits: must not block.
    fn record(&self, event: &Event<'_>);
}

/// What the service did. No event holds a nonce, a session id or a key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A nonce was handed out.
    SessionStarted,
    /// A certificate was issued.
    CertificateIssued {
        /// The platform that the evidence proved.
        platform: Platform,
        /// The name of the reference measurement that it matched.
        measurement: &'a str,
        /// The instance that the evidence names.
        module_id: &'a str,
    },
    /// A request was refused.
    Refused {
        /// The stable code that the client is sent.
        code: &'static str,
        /// The text that the client is sent.
        detail: &'a str,
    },
    /// The service itself failed; the client is told only that.
    Failed {
        /// The stable code that the client is sent.
        code: &'static str,
        /// What happened, for the operator.
        error: &'a str,
    },
}
