//! The proof value of the client's check.

use time::OffsetDateTime;

use crate::certificate::claims::AttestationClaims;
use crate::nitro::Verified;

/// An instance whose certificate showed what was expected. Only the checks of this module make one.
#[derive(Clone, Debug)]
pub struct AttestedInstance {
    pub(super) spki_der: Vec<u8>,
    pub(super) not_after: OffsetDateTime,
    pub(super) runtime_hash: [u8; 32],
    pub(super) claims: Option<AttestationClaims>,
    pub(super) evidence: Option<Verified>,
    pub(super) unchecked: Vec<Unchecked>,
}

impl AttestedInstance {
    /// The DER SubjectPublicKeyInfo of the instance's key. The caller's TLS connection must be with this key.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// When the certificate ends.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// The 32 bytes of the runtime hash.
    pub fn runtime_hash(&self) -> &[u8; 32] {
        &self.runtime_hash
    }

    /// What the authority found in the evidence; `None` in compatibility mode, where it is not read.
    pub fn claims(&self) -> Option<&AttestationClaims> {
        self.claims.as_ref()
    }

    /// The stapled evidence, if it was verified again.
    pub fn evidence(&self) -> Option<&Verified> {
        self.evidence.as_ref()
    }

    /// What was not checked, to be told to whoever relies on this.
    pub fn unchecked(&self) -> &[Unchecked] {
        &self.unchecked
    }
}

/// Something that a check left to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unchecked {
    /// Which platform the instance runs on.
    Platform,
    /// The last third of the measurement, which the runtime hash cuts off.
    FullMeasurement,
    /// Which policy the instance holds; ask it over the connection.
    PolicyHash,
    /// The evidence: the authority is believed that it verified it.
    Evidence,
    /// That the nonce in the evidence was drawn by the authority for this instance's request. The evidence was verified,
    /// but its freshness rests on the authority's word and on its timestamp.
    EvidenceNonce,
}

impl Unchecked {
    /// A sentence for the user.
    pub const fn describe(self) -> &'static str {
        match self {
            Unchecked::Platform => "the platform was not compared: the old certificate form does not name it",
            Unchecked::FullMeasurement => "only the first 32 of the measurement's 48 bytes were compared",
            Unchecked::PolicyHash => {
                "the policy that the instance holds was not compared; ask the instance for its hash"
            }
            Unchecked::Evidence => {
                "the evidence was not verified here; the attestation service is believed that it did"
            }
            Unchecked::EvidenceNonce => {
                "the evidence was verified, but not that its nonce was fresh; the attestation service is believed that"
            }
        }
    }
}
