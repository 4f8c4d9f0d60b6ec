//! An instance without an authority: it signed its certificate itself and put evidence for its key into it.
//!
//! Nobody vouches for the dates of such a certificate, so it never shows that the evidence is fresh: the evidence is
//! judged as of its own time. Whoever relies on it asks for evidence bound to the connection as well.

use time::OffsetDateTime;

use super::evidence;
use super::expectation::{Evidence, InstanceExpectation};
use super::instance::{AttestedInstance, Unchecked};
use super::refusal::CertificateRefusal;
use super::shape::{Leaf, MAX_CLOCK_SKEW};
use crate::certificate::oid;
use crate::measure::runtime_hash;
use crate::measurement::Pcr;
use crate::nitro;

impl InstanceExpectation {
    /// Checks the self-signed certificate `leaf_der` that an instance presented: its own signature, its window, and the
    /// evidence in its extension, bound to its key with the role `csr` and a nonce that the instance drew itself.
    ///
    /// # Errors
    ///
    /// The first check that fails; [`CertificateRefusal::NotSelfSigned`] when somebody else issued the certificate,
    /// [`CertificateRefusal::EvidenceMissing`] also when this expectation has no anchors to verify evidence under.
    pub fn check_self_signed(
        &self,
        leaf_der: &[u8],
        now: OffsetDateTime,
    ) -> Result<AttestedInstance, CertificateRefusal> {
        let leaf = Leaf::parse(leaf_der)?;
        leaf.check_self_signed(now)?;
        leaf.check_not_an_authority()?;
        let (Evidence::Required(anchors) | Evidence::IfStapled(anchors)) = &self.evidence else {
            return Err(CertificateRefusal::EvidenceMissing);
        };
        let stapled = leaf.extension(oid::CONCEPTUAL_MESSAGE).ok_or(CertificateRefusal::EvidenceMissing)?;
        let document = evidence::unwrap(self.platform, stapled)?;
        let made = nitro::parse_unverified(document).map_err(evidence::refused)?.timestamp();
        let mut genuine = nitro::authenticate(document, anchors, made).map_err(evidence::refused)?;
        genuine.refuse_debug().map_err(evidence::refused)?;
        if made - now > MAX_CLOCK_SKEW {
            return Err(CertificateRefusal::IssuedAt(made));
        }
        let pcr0 = genuine.pcrs().get(&0).copied().unwrap_or(Pcr::ZERO);
        // It may be absent, but not say something else: old clients read it in place of the evidence.
        if leaf.extension(oid::RUNTIME_HASH).is_some_and(|claimed| claimed != runtime_hash(&pcr0)) {
            return Err(CertificateRefusal::RuntimeHashDiffers);
        }
        let verified = evidence::appraise(genuine, pcr0, &leaf, self, made)?;
        let mut unchecked = vec![Unchecked::EvidenceNonce];
        unchecked.extend(self.unchecked_measurement());
        Ok(AttestedInstance {
            spki_der: leaf.spki_der().to_vec(),
            not_after: leaf.not_after(),
            runtime_hash: runtime_hash(&pcr0),
            claims: None,
            evidence: Some(verified),
            unchecked,
        })
    }
}
