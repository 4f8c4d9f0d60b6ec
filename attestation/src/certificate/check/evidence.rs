//! The stapled evidence, verified again as of the time at which the authority did.
//!
//! The client does not know the nonce that the authority drew, but the document carries it, so the binding of key,
//! policy and nonce can be recomputed. Left to trust is only that the authority drew this nonce for this request.

use sha2::{Digest as _, Sha384};

use super::expectation::InstanceExpectation;
use super::refusal::CertificateRefusal;
use super::shape::Leaf;
use crate::binding::{Binding, NO_CHANNEL, Role};
use crate::certificate::claims::AttestationClaims;
use crate::certificate::cmw::{self, CmwError};
use crate::nitro::{self, Anchors, Expectation, Genuine, NoncePolicy, Verified};

pub(super) fn verify(
    stapled: &[u8],
    anchors: &Anchors,
    claims: &AttestationClaims,
    leaf: &Leaf<'_>,
    expected: &InstanceExpectation,
) -> Result<Verified, CertificateRefusal> {
    let document = cmw::unwrap(claims.platform, stapled).map_err(|error| match error {
        CmwError::Encoding => CertificateRefusal::EvidenceEncoding,
        CmwError::MediaType => CertificateRefusal::EvidenceType,
    })?;
    if claims.evidence_sha384 != *Sha384::digest(document) {
        return Err(CertificateRefusal::EvidenceDigest);
    }
    let refused = |refusal| CertificateRefusal::Evidence(Box::new(refusal));
    let genuine = nitro::authenticate(document, anchors, claims.issued_at).map_err(refused)?;
    let binding = recompute(&genuine, claims, leaf).ok_or(CertificateRefusal::EvidenceNonce)?;
    let expectation = Expectation::new(expected.accepted.clone(), NoncePolicy::DangerouslyUnchecked)
        .map_err(|_| CertificateRefusal::Measurement { pcr0: claims.pcr0 })?
        .with_user_data(binding.to_vec());
    let verified = genuine.appraise(&expectation, claims.issued_at).map_err(refused)?;
    if agree(claims, &verified) {
        Ok(verified)
    } else {
        Err(CertificateRefusal::EvidenceDiffers)
    }
}

/// The binding for the nonce in the document; `None` when that is not 32 bytes.
fn recompute(genuine: &Genuine, claims: &AttestationClaims, leaf: &Leaf<'_>) -> Option<[u8; 48]> {
    let nonce: &[u8; 32] = genuine.nonce()?.try_into().ok()?;
    let binding = Binding {
        platform: claims.platform,
        role: Role::Csr,
        spki_der: leaf.spki_der(),
        policy_hash: &claims.policy_hash,
        nonce,
        channel: &NO_CHANNEL,
    };
    Some(binding.bind())
}

/// Whether the authority wrote down what the evidence shows.
fn agree(claims: &AttestationClaims, verified: &Verified) -> bool {
    let registers = [0, 1, 2, 3, 16].into_iter();
    claims.module_id == verified.module_id()
        && registers
            .filter_map(|index| Some((index, claims.pcr(index)?)))
            .all(|(index, claimed)| verified.pcrs().get(&index) == Some(claimed))
}
