//! What clients of Veracruz check: the runtime hash in the extension that they know, and nothing else of ours.

use time::OffsetDateTime;

use super::content;
use super::expectation::{InstanceExpectationError, refuse_useless};
use super::instance::{AttestedInstance, Unchecked};
use super::pins::PinnedAuthorities;
use super::refusal::CertificateRefusal;
use super::shape::Leaf;

/// The runtime hashes of a policy (`runtime_manager_hash_linux`, `runtime_manager_hash_nitro`), 32 bytes each.
///
/// Weaker than [`InstanceExpectation`](super::InstanceExpectation): a third of the measurement is cut off, and platform
/// and policy are not compared. The result says so in [`AttestedInstance::unchecked`].
#[derive(Clone, Debug)]
pub struct CompatibilityExpectation(Vec<[u8; 32]>);

impl CompatibilityExpectation {
    /// Expects any one of the hashes.
    ///
    /// # Errors
    ///
    /// [`InstanceExpectationError`] when there is none, or one is all zero, which is what debug mode shows.
    pub fn new(runtime_hashes: Vec<[u8; 32]>) -> Result<Self, InstanceExpectationError> {
        refuse_useless(&runtime_hashes)?;
        Ok(CompatibilityExpectation(runtime_hashes))
    }

    /// Checks the certificate `leaf_der` that an instance presented, and the authority's certificate if it came along.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn check(
        &self,
        leaf_der: &[u8],
        presented_authority: Option<&[u8]>,
        pins: &PinnedAuthorities,
        now: OffsetDateTime,
    ) -> Result<AttestedInstance, CertificateRefusal> {
        let leaf = Leaf::parse(leaf_der)?;
        leaf.check_issued(presented_authority, pins, now)?;
        leaf.check_not_an_authority()?;
        let runtime_hash = content::runtime_hash(&leaf)?;
        if !self.0.contains(&runtime_hash) {
            return Err(CertificateRefusal::RuntimeHashMismatch);
        }
        Ok(AttestedInstance {
            spki_der: leaf.spki_der().to_vec(),
            not_after: leaf.not_after(),
            runtime_hash,
            claims: None,
            evidence: None,
            unchecked: vec![
                Unchecked::Platform,
                Unchecked::FullMeasurement,
                Unchecked::PolicyHash,
                Unchecked::Evidence,
            ],
        })
    }
}
