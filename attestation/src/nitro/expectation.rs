//! What a relying party expects of evidence. It cannot be built without measurements and a word on the nonce.

use std::time::Duration;

use super::document::MAX_OPTIONAL_FIELD_BYTES;
use crate::measurement::Measurements;

/// How old evidence may be if nobody says otherwise: time enough for a slow network, too little for a stock of evidence.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// How far the attester's clock may be ahead of the verifier's.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Measurements, nonce, and the rest that a document is compared with.
#[derive(Clone, Debug)]
pub struct Expectation {
    pub(crate) accepted: Vec<Measurements>,
    pub(crate) nonce: NoncePolicy,
    pub(crate) user_data: Option<Vec<u8>>,
    pub(crate) max_age: Duration,
    pub(crate) allow_debug: bool,
}

/// What the nonce of a document must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoncePolicy {
    /// These bytes: the ones that this verifier drew for this one request. 1 to 1024 bytes; 32 random ones are usual.
    Exactly(Vec<u8>),
    /// Anything. Somebody else's or an old document passes within its age; only for evidence whose freshness is proven
    /// elsewhere, as in archives.
    DangerouslyUnchecked,
}

impl Expectation {
    /// Expects any one of `accepted`, and the nonce that the policy says; at most five minutes old, not in debug mode.
    ///
    /// # Errors
    ///
    /// [`ExpectationError`] when `accepted` is empty or the nonce is empty or too long to be in a document.
    pub fn new(accepted: Vec<Measurements>, nonce: NoncePolicy) -> Result<Self, ExpectationError> {
        if accepted.is_empty() {
            return Err(ExpectationError::NoMeasurements);
        }
        if let NoncePolicy::Exactly(bytes) = &nonce
            && !(1..=MAX_OPTIONAL_FIELD_BYTES).contains(&bytes.len())
        {
            return Err(ExpectationError::NonceLength(bytes.len()));
        }
        Ok(Expectation {
            accepted,
            nonce,
            user_data: None,
            max_age: DEFAULT_MAX_AGE,
            allow_debug: false,
        })
    }

    /// Also expects exactly this user data, as a rule the recomputed binding.
    #[must_use]
    pub fn with_user_data(mut self, user_data: Vec<u8>) -> Self {
        self.user_data = Some(user_data);
        self
    }

    /// Expects evidence of at most this age instead of [`DEFAULT_MAX_AGE`].
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Accepts enclaves in debug mode too. The host reads such an enclave's memory and console, and its PCR0, PCR1 and
    /// PCR2 are zero, so these three are then not compared: any code passes. Never outside development.
    #[must_use]
    pub fn dangerous_allow_debug(mut self) -> Self {
        self.allow_debug = true;
        self
    }
}

/// Why values are no expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectationError {
    /// No accepted measurements: nothing would match, and nobody means that.
    #[error("no accepted measurements are given; give at least one set")]
    NoMeasurements,
    /// A nonce that no document can carry.
    #[error("a nonce has 1 to {max} bytes, this one has {0}; draw 32 random bytes", max = MAX_OPTIONAL_FIELD_BYTES)]
    NonceLength(usize),
}
