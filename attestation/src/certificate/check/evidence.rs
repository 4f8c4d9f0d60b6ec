//! The stapled evidence, verified again as of the time at which the authority did.
//!
//! The client does not know the nonce that the authority drew, but the document carries it, so the binding of key,
//! policy and nonce can be recomputed. Left to trust is only that the authority drew this nonce for this request.

use sha2::{Digest as _, Sha384};
use time::OffsetDateTime;
use veracruz_policy::Platform;

use super::expectation::InstanceExpectation;
use super::refusal::CertificateRefusal;
use super::shape::Leaf;
use crate::binding::{Binding, NO_CHANNEL, Role};
use crate::certificate::claims::AttestationClaims;
use crate::certificate::cmw::{self, CmwError};
use crate::measurement::Pcr;
use crate::nitro::{self, Anchors, Expectation, Genuine, NoncePolicy, Refusal, Verified};

pub(super) fn verify(
    stapled: &[u8],
    anchors: &Anchors,
    claims: &AttestationClaims,
    leaf: &Leaf<'_>,
    expected: &InstanceExpectation,
) -> Result<Verified, CertificateRefusal> {
    let document = unwrap(claims.platform, stapled)?;
    if claims.evidence_sha384 != *Sha384::digest(document) {
        return Err(CertificateRefusal::EvidenceDigest);
    }
    let genuine = nitro::authenticate(document, anchors, claims.issued_at).map_err(refused)?;
    let verified = appraise(genuine, claims.pcr0, leaf, expected, claims.issued_at)?;
    if agree(claims, &verified) { Ok(verified) } else { Err(CertificateRefusal::EvidenceDiffers) }
}

/// Compares genuine evidence for the certificate's key with everything that is expected, as of the time `at`.
pub(super) fn appraise(
    genuine: Genuine,
    pcr0: Pcr,
    leaf: &Leaf<'_>,
    expected: &InstanceExpectation,
    at: OffsetDateTime,
) -> Result<Verified, CertificateRefusal> {
    let binding = recompute(&genuine, expected, leaf).ok_or(CertificateRefusal::EvidenceNonce)?;
    let expectation = Expectation::new(expected.accepted.sets(pcr0)?, NoncePolicy::DangerouslyUnchecked)
        .map_err(|_| CertificateRefusal::Measurement { pcr0 })?
        .with_user_data(binding.to_vec());
    genuine.appraise(&expectation, at).map_err(refused)
}

pub(super) fn refused(refusal: Refusal) -> CertificateRefusal {
    CertificateRefusal::Evidence(Box::new(refusal))
}

/// The evidence in the value of the extension.
pub(super) fn unwrap(platform: Platform, stapled: &[u8]) -> Result<&[u8], CertificateRefusal> {
    cmw::unwrap(platform, stapled).map_err(|error| match error {
        CmwError::Encoding => CertificateRefusal::EvidenceEncoding,
        CmwError::MediaType => CertificateRefusal::EvidenceType,
    })
}

/// The binding for the nonce in the document; `None` when that is not 32 bytes. Platform and policy hash are those that
/// are expected: what the certificate says of them was compared before.
fn recompute(genuine: &Genuine, expected: &InstanceExpectation, leaf: &Leaf<'_>) -> Option<[u8; 48]> {
    let nonce: &[u8; 32] = genuine.nonce()?.try_into().ok()?;
    let binding = Binding {
        platform: expected.platform,
        role: Role::Csr,
        spki_der: leaf.spki_der(),
        policy_hash: &expected.policy_hash,
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
