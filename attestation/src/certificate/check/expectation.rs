//! What a client expects of an instance whose certificate it reads in full.

use time::OffsetDateTime;
use veracruz_policy::{Platform, Sha256Digest};

use super::content::{self, Found};
use super::evidence;
use super::instance::{AttestedInstance, Unchecked};
use super::pins::PinnedAuthorities;
use super::refusal::CertificateRefusal;
use super::shape::Leaf;
use crate::measure::runtime_hash;
use crate::measurement::{Measurements, Pcr};
use crate::nitro::Anchors;

/// A platform, accepted measurements and a policy. It cannot be built without measurements.
#[derive(Clone, Debug)]
pub struct InstanceExpectation {
    pub(super) platform: Platform,
    pub(super) accepted: Accepted,
    pub(super) policy_hash: Sha256Digest,
    pub(super) evidence: Evidence,
}

/// The code that is accepted. Never empty.
#[derive(Clone, Debug)]
pub(super) enum Accepted {
    /// Any one of these sets, every register of it.
    Sets(Vec<Measurements>),
    /// Any one of these beginnings of PCR0, which is all that policies of Veracruz name.
    RuntimeHashes(Vec<[u8; 32]>),
}

impl Accepted {
    /// The sets to compare the evidence with, when `pcr0` is what somebody says that it shows.
    pub(super) fn sets(&self, pcr0: Pcr) -> Result<Vec<Measurements>, CertificateRefusal> {
        match self {
            Accepted::Sets(sets) => Ok(sets.clone()),
            Accepted::RuntimeHashes(hashes) if hashes.contains(&runtime_hash(&pcr0)) => {
                let whole = Measurements::new([(0, pcr0)]).map_err(|_| CertificateRefusal::Debug)?;
                Ok(vec![whole])
            }
            Accepted::RuntimeHashes(_) => Err(CertificateRefusal::Measurement { pcr0 }),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Evidence {
    NotRead,
    IfStapled(Anchors),
    Required(Anchors),
}

impl InstanceExpectation {
    /// Expects the `platform` that the policy names, any one of the `accepted` measurements, and the policy with this
    /// hash. The authority is believed what it says about the evidence.
    ///
    /// # Errors
    ///
    /// [`InstanceExpectationError::NoMeasurements`] when `accepted` is empty.
    pub fn new(
        platform: Platform,
        accepted: Vec<Measurements>,
        policy_hash: Sha256Digest,
    ) -> Result<Self, InstanceExpectationError> {
        if accepted.is_empty() {
            return Err(InstanceExpectationError::NoMeasurements);
        }
        let accepted = Accepted::Sets(accepted);
        Ok(InstanceExpectation { platform, accepted, policy_hash, evidence: Evidence::NotRead })
    }

    /// The same, with the code named as policies of Veracruz name it: by the first 32 bytes of PCR0, any one of
    /// `runtime_hashes`. The last 16 bytes are then compared with nothing but the evidence.
    ///
    /// # Errors
    ///
    /// [`InstanceExpectationError`] when there is none, or one is all zero, which is what debug mode shows.
    pub fn of_runtime_hashes(
        platform: Platform,
        runtime_hashes: Vec<[u8; 32]>,
        policy_hash: Sha256Digest,
    ) -> Result<Self, InstanceExpectationError> {
        refuse_useless(&runtime_hashes)?;
        let accepted = Accepted::RuntimeHashes(runtime_hashes);
        Ok(InstanceExpectation { platform, accepted, policy_hash, evidence: Evidence::NotRead })
    }

    /// Also demands that the evidence is stapled, and verifies it under `anchors` as of the time at which the authority
    /// did. The authority is then not believed but checked, except for the freshness of the nonce, which it drew.
    ///
    /// # Errors
    ///
    /// [`InstanceExpectationError::AnchorsOfOtherPlatform`] when the anchors are of another platform than the expected.
    pub fn requiring_evidence(mut self, anchors: Anchors) -> Result<Self, InstanceExpectationError> {
        self.evidence = Evidence::Required(self.of_this_platform(anchors)?);
        Ok(self)
    }

    /// The same where evidence is stapled; where it is not, the authority is believed.
    ///
    /// # Errors
    ///
    /// As [`requiring_evidence`](Self::requiring_evidence).
    pub fn with_evidence_if_stapled(mut self, anchors: Anchors) -> Result<Self, InstanceExpectationError> {
        self.evidence = Evidence::IfStapled(self.of_this_platform(anchors)?);
        Ok(self)
    }

    fn of_this_platform(&self, anchors: Anchors) -> Result<Anchors, InstanceExpectationError> {
        if anchors.platform() == self.platform {
            Ok(anchors)
        } else {
            Err(InstanceExpectationError::AnchorsOfOtherPlatform { anchors: anchors.platform(), wanted: self.platform })
        }
    }

    /// Checks the certificate `leaf_der` that an instance presented, and the authority's certificate if it came along.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the order of the module's description.
    pub fn check(
        &self,
        leaf_der: &[u8],
        presented_authority: Option<&[u8]>,
        pins: &PinnedAuthorities,
        now: OffsetDateTime,
    ) -> Result<AttestedInstance, CertificateRefusal> {
        let leaf = Leaf::parse(leaf_der)?;
        leaf.check_issued(presented_authority, pins, now)?;
        leaf.check_kind()?;
        let found = content::read(&leaf)?;
        content::compare(&found, self, &leaf)?;
        let verified = match (&self.evidence, found.stapled) {
            (Evidence::NotRead, _) | (Evidence::IfStapled(_), None) => {
                content::compare_measurements(&found.claims, self)?;
                None
            }
            (Evidence::Required(_), None) => return Err(CertificateRefusal::EvidenceMissing),
            (Evidence::Required(anchors) | Evidence::IfStapled(anchors), Some(stapled)) => {
                Some(evidence::verify(stapled, anchors, &found.claims, &leaf, self)?)
            }
        };
        let mut unchecked = vec![if verified.is_some() { Unchecked::EvidenceNonce } else { Unchecked::Evidence }];
        unchecked.extend(self.unchecked_measurement());
        let Found { claims, .. } = found;
        Ok(AttestedInstance {
            spki_der: leaf.spki_der().to_vec(),
            not_after: leaf.not_after(),
            runtime_hash: claims.runtime_hash(),
            claims: Some(claims),
            evidence: verified,
            unchecked,
        })
    }

    pub(super) fn unchecked_measurement(&self) -> Option<Unchecked> {
        matches!(self.accepted, Accepted::RuntimeHashes(_)).then_some(Unchecked::FullMeasurement)
    }
}

/// Refuses hashes that would accept nothing, or an enclave in debug mode.
pub(super) fn refuse_useless(runtime_hashes: &[[u8; 32]]) -> Result<(), InstanceExpectationError> {
    if runtime_hashes.is_empty() {
        return Err(InstanceExpectationError::NoMeasurements);
    }
    if runtime_hashes.contains(&[0; 32]) {
        return Err(InstanceExpectationError::ZeroRuntimeHash);
    }
    Ok(())
}

/// Why there is no such expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceExpectationError {
    /// Nothing to compare: it would accept any code.
    #[error("no measurement is accepted; give at least one set that names the runtime")]
    NoMeasurements,
    /// A runtime hash is all zero.
    #[error(
        "a runtime hash of the policy is all zero, which is what an enclave in debug mode shows; give the measured value"
    )]
    ZeroRuntimeHash,
    /// The anchors are of one platform, the expectation of another.
    #[error("the anchors are of the platform `{anchors}`, but the policy wants `{wanted}`")]
    AnchorsOfOtherPlatform {
        /// The platform of the anchors.
        anchors: Platform,
        /// The platform of the policy.
        wanted: Platform,
    },
}

impl InstanceExpectationError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            InstanceExpectationError::NoMeasurements => "expectation-no-measurements",
            InstanceExpectationError::ZeroRuntimeHash => "expectation-zero-runtime-hash",
            InstanceExpectationError::AnchorsOfOtherPlatform { .. } => "expectation-anchors-platform",
        }
    }
}
