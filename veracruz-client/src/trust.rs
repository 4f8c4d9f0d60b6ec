//! What the relying party trusts: which authorities, which roots, which code, and whether the simulated platform will do.
//!
//! A [`Trust`] is a value that the user makes; nothing that an instance or a service sends ever changes it. Every option
//! that lowers the guard has `dangerous` or `simulated` in its name, and none is on by default.

mod demands;
mod file;

use std::time::Duration;

use veracruz_attestation::Measurements;
use veracruz_attestation::certificate::{InstanceExpectationError, PinnedAuthorities};
use veracruz_attestation::nitro::{AnchorError, Anchors, DEFAULT_MAX_AGE};
use veracruz_policy::Platform;

pub(crate) use demands::{Code, Demands, OfPlatform, Roots};
pub use file::{MAX_FILE_BYTES, TrustFileError, TrustProblem};

/// The least and the most that [`Trust::max_evidence_age`] takes: clocks differ by seconds, and a nonce is fresh for
/// minutes, not for days.
pub const EVIDENCE_AGE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60 * 60);

/// Whom and what a client trusts.
///
/// [`Trust::default`] trusts what the policy says: instances whose certificate the policy's `proxy_service_cert` issued,
/// or that signed it themselves with evidence in it; that run code that the policy's `runtime_manager_hash_…` name; on a
/// platform that keeps the machine's owner out; and that prove all that for the very connection.
#[derive(Clone, Debug)]
pub struct Trust {
    authorities: Option<PinnedAuthorities>,
    measurements: Vec<(Platform, Measurements)>,
    allow_simulated: bool,
    simulated_root: Option<Anchors>,
    max_evidence_age: Duration,
    without_session_evidence: bool,
    old_certificates: bool,
}

impl Default for Trust {
    fn default() -> Self {
        Trust {
            authorities: None,
            measurements: Vec::new(),
            allow_simulated: false,
            simulated_root: None,
            max_evidence_age: DEFAULT_MAX_AGE,
            without_session_evidence: false,
            old_certificates: false,
        }
    }
}

impl Trust {
    /// Pins these attestation authorities in place of the policy's `proxy_service_cert`.
    #[must_use]
    pub fn authorities(mut self, authorities: PinnedAuthorities) -> Self {
        self.authorities = Some(authorities);
        self
    }

    /// Accepts code of `platform` that shows these registers. The first call for a platform replaces what the policy
    /// names for it, which is the first 32 bytes of PCR0 only; each further one adds an alternative.
    ///
    /// Registers 3 and 4 (role and id of the parent instance) pin the account and machine; without one of them the right
    /// code under the right policy passes in anybody's account.
    #[must_use]
    pub fn measurement(mut self, platform: Platform, registers: Measurements) -> Self {
        self.measurements.push((platform, registers));
        self
    }

    /// Accepts instances of the simulated platform, which protect nobody from the machine's owner. Unless
    /// [`simulated_root`](Self::simulated_root) says which root is meant, any root will do that the evidence itself brings
    /// along: anybody can make such evidence.
    #[must_use]
    pub fn allow_simulated(mut self) -> Self {
        self.allow_simulated = true;
        self
    }

    /// Demands this root of simulated evidence (DER). It has an effect together with
    /// [`allow_simulated`](Self::allow_simulated) only.
    ///
    /// # Errors
    ///
    /// [`AnchorError`] when the bytes are no root, or are AWS's own.
    pub fn simulated_root(mut self, root_der: &[u8]) -> Result<Self, AnchorError> {
        self.simulated_root = Some(Anchors::insecure(root_der)?);
        Ok(self)
    }

    /// How old evidence of the session may be, by its own timestamp; five minutes by default. The value is brought into
    /// [`EVIDENCE_AGE`].
    #[must_use]
    pub fn max_evidence_age(mut self, age: Duration) -> Self {
        self.max_evidence_age = age.clamp(*EVIDENCE_AGE.start(), *EVIDENCE_AGE.end());
        self
    }

    /// Does not ask for evidence that is bound to the session, for servers of Veracruz, which have none. Whoever holds
    /// the instance's key, or the authority's, can then stand between client and instance.
    #[must_use]
    pub fn dangerous_without_session_evidence(mut self) -> Self {
        self.without_session_evidence = true;
        self
    }

    /// Accepts certificates of Veracruz's own attestation service, which name neither the platform nor the policy and
    /// cut a third of the measurement off.
    #[must_use]
    pub fn dangerous_old_certificates(mut self) -> Self {
        self.old_certificates = true;
        self
    }

    /// Whether simulated instances are accepted.
    pub fn allows_simulated(&self) -> bool {
        self.allow_simulated
    }
}

/// Why a policy cannot be trusted as it is, before anybody is connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The policy accepts the simulated platform, and the user did not say that this will do.
    #[error(
        "the policy accepts the simulated platform (`runtime_manager_hash_linux`), which protects nobody from the \
         machine's owner; have that removed from the policy, or allow it by name (allow_simulated) for development"
    )]
    SimulatedPolicy,
    /// Nothing says which code is meant.
    #[error(
        "neither the policy nor the trust settings name the code of the runtime for any platform; give \
         `runtime_manager_hash_nitro` in the policy or a measurement in the trust file"
    )]
    NoMeasurement,
    /// A measurement of the user's contradicts the policy.
    #[error(
        "a trusted measurement names register 16 with another value than this policy's; leave register 16 out, it is \
         always compared"
    )]
    PolicyRegister,
    /// The policy's hashes cannot be used.
    #[error("the accepted code cannot be used: {0}")]
    Expectation(#[from] InstanceExpectationError),
}

impl TrustError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            TrustError::SimulatedPolicy => "simulated-policy",
            TrustError::NoMeasurement => "no-measurement",
            TrustError::PolicyRegister => "measurement-policy-register",
            TrustError::Expectation(error) => error.code(),
        }
    }
}
