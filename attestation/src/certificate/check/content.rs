//! What the authority wrote about the instance, and whether it is what the client expects.

use super::expectation::InstanceExpectation;
use super::refusal::CertificateRefusal;
use super::shape::{Leaf, MAX_CLOCK_SKEW};
use crate::certificate::claims::{AttestationClaims, ClaimsError};
use crate::certificate::{octets, oid};

/// The contents of our extensions, consistent among themselves.
pub(super) struct Found<'a> {
    pub(super) claims: AttestationClaims,
    /// The value of the extension with the evidence.
    pub(super) stapled: Option<&'a [u8]>,
}

pub(super) fn read<'a>(leaf: &'a Leaf<'_>) -> Result<Found<'a>, CertificateRefusal> {
    let runtime_hash = runtime_hash(leaf)?;
    let claims = leaf.extension(oid::ATTESTATION_CLAIMS).ok_or(CertificateRefusal::ClaimsMissing)?;
    let claims = octets::unwrap(claims).ok_or(ClaimsError::Encoding("it is no DER OCTET STRING"));
    let claims = claims.and_then(AttestationClaims::decode).map_err(CertificateRefusal::Claims)?;
    if claims.runtime_hash() != runtime_hash {
        return Err(CertificateRefusal::RuntimeHashDiffers);
    }
    Ok(Found { claims, stapled: leaf.extension(oid::CONCEPTUAL_MESSAGE) })
}

pub(super) fn runtime_hash(leaf: &Leaf<'_>) -> Result<[u8; 32], CertificateRefusal> {
    let value = leaf.extension(oid::RUNTIME_HASH).ok_or(CertificateRefusal::RuntimeHashMissing)?;
    value.try_into().map_err(|_| CertificateRefusal::RuntimeHashLength(value.len()))
}

/// Everything but the measurements, which the evidence may know more about than the claims.
pub(super) fn compare(
    found: &Found<'_>,
    expected: &InstanceExpectation,
    leaf: &Leaf<'_>,
) -> Result<(), CertificateRefusal> {
    let claims = &found.claims;
    if claims.platform != expected.platform {
        return Err(CertificateRefusal::Platform { expected: expected.platform, found: claims.platform });
    }
    if claims.pcr0.is_zero() || claims.pcr1.is_zero() || claims.pcr2.is_zero() {
        return Err(CertificateRefusal::Debug);
    }
    if claims.policy_hash != expected.policy_hash {
        return Err(CertificateRefusal::PolicyHash { expected: expected.policy_hash, found: claims.policy_hash });
    }
    // An authority judges and issues in one go. Were more time allowed between the two, it could certify old evidence
    // again and again.
    if (claims.issued_at - leaf.not_before()).abs() > MAX_CLOCK_SKEW {
        return Err(CertificateRefusal::IssuedAt(claims.issued_at));
    }
    Ok(())
}

/// Whether the claims alone show accepted measurements. A register that they do not carry cannot be shown by them.
pub(super) fn compare_measurements(
    claims: &AttestationClaims,
    expected: &InstanceExpectation,
) -> Result<(), CertificateRefusal> {
    let shows = |index, value| claims.pcr(index) == Some(value);
    let accepted = expected.accepted.sets(claims.pcr0)?;
    if accepted.iter().any(|accepted| accepted.iter().all(|(index, value)| shows(index, value))) {
        Ok(())
    } else {
        Err(CertificateRefusal::Measurement { pcr0: claims.pcr0 })
    }
}
