//! The certificate that an instance presents in the handshake.

use time::OffsetDateTime;
use veracruz_attestation::POLICY_PCR;
use veracruz_attestation::certificate::{
    AttestedInstance, CertificateRefusal, InstanceExpectation, PinnedAuthorities, stapled_evidence,
};
use veracruz_attestation::nitro::{Anchors, parse_unverified};
use veracruz_policy::Platform;

use super::refusal::Refusal;
use crate::trust::{Demands, OfPlatform, Roots};

/// A certificate that shows what was demanded, by what it says.
#[derive(Clone, Debug)]
pub(crate) struct PeerCertificate {
    pub(crate) instance: AttestedInstance,
    /// `None` for an old certificate, which does not say.
    pub(crate) platform: Option<Platform>,
}

impl PeerCertificate {
    /// The enclave, where the certificate names it.
    pub(super) fn module_id(&self) -> Option<&str> {
        let claimed = self.instance.claims().map(|claims| claims.module_id.as_str());
        claimed.or_else(|| self.instance.evidence().map(|evidence| evidence.module_id()))
    }
}

impl Demands {
    /// Judges the certificate `leaf`, and those that came with it.
    pub(crate) fn check_certificate(
        &self,
        leaf: &[u8],
        others: &[&[u8]],
        now: OffsetDateTime,
    ) -> Result<PeerCertificate, Refusal> {
        let authority = match others {
            [] => None,
            [authority] => Some(*authority),
            more => return Err(Refusal::Chain(more.len() + 1)),
        };
        let refusal = match self.check_on_every_platform(leaf, authority, now) {
            Ok(peer) => return self.check_policy_register(peer),
            Err(refusal) => refusal,
        };
        match (&refusal, &self.old_certificates, &self.authorities) {
            (Refusal::Certificate(reason), Some(old), Ok(authorities)) if is_of_old_form(reason) => {
                let instance = old.check(leaf, authority, authorities, now)?;
                Ok(PeerCertificate { instance, platform: None })
            }
            _ => Err(refusal),
        }
    }

    /// The first platform that the certificate is of; where it is of none, why not of the last one.
    fn check_on_every_platform(
        &self,
        leaf: &[u8],
        authority: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<PeerCertificate, Refusal> {
        let mut refused = Refusal::NoCertificate;
        for demand in &self.platforms {
            match demand.check(leaf, authority, &self.authorities, now) {
                Ok(instance) => return Ok(PeerCertificate { instance, platform: Some(demand.platform) }),
                Err(refusal @ (Refusal::Simulated | Refusal::Platform { .. })) => refused = refusal,
                Err(Refusal::Certificate(reason)) if is_of_other_platform(&reason) => {
                    refused = self.of_other_platform(leaf, reason);
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Err(refused)
    }

    /// Self-signed certificates name their platform by the kind of their evidence alone.
    fn of_other_platform(&self, leaf: &[u8], reason: Box<CertificateRefusal>) -> Refusal {
        let is_simulated = matches!(stapled_evidence(leaf, Platform::Simulated), Ok(Some(_)));
        if is_simulated && !self.allow_simulated { Refusal::Simulated } else { Refusal::Certificate(reason) }
    }

    /// Where the certificate shows the register of the policy, it must be this policy's.
    fn check_policy_register(&self, peer: PeerCertificate) -> Result<PeerCertificate, Refusal> {
        let claimed = peer.instance.claims().and_then(|claims| claims.pcr16);
        let shown = peer.instance.evidence().and_then(|evidence| evidence.pcrs().get(&POLICY_PCR).copied());
        if claimed.into_iter().chain(shown).all(|register| register == self.policy_register) {
            Ok(peer)
        } else {
            Err(Refusal::PolicyRegister)
        }
    }
}

fn is_of_other_platform(reason: &CertificateRefusal) -> bool {
    matches!(reason, CertificateRefusal::Platform { .. } | CertificateRefusal::EvidenceType)
}

impl OfPlatform {
    fn check(
        &self,
        leaf: &[u8],
        authority: Option<&[u8]>,
        authorities: &Result<PinnedAuthorities, veracruz_attestation::certificate::PinError>,
        now: OffsetDateTime,
    ) -> Result<AttestedInstance, Refusal> {
        let expectation = self.with_roots(leaf)?;
        let issued = match authorities {
            Ok(authorities) => expectation.check(leaf, authority, authorities, now).map_err(Refusal::from),
            Err(error) => Err(Refusal::Authorities(*error)),
        };
        match issued {
            Err(refusal) if authority.is_none() && may_be_self_signed(&refusal) => {
                match expectation.check_self_signed(leaf, now) {
                    Err(CertificateRefusal::NotSelfSigned) => Err(refusal),
                    checked => checked.map_err(Refusal::from),
                }
            }
            issued => issued,
        }
    }

    /// The expectation with the root under which stapled evidence is verified.
    fn with_roots(&self, leaf: &[u8]) -> Result<InstanceExpectation, Refusal> {
        let expectation = self.expectation.clone();
        let anchors = match &self.roots {
            Roots::Known(anchors) => Some(anchors.clone()),
            // What cannot be read is refused when it is read in earnest.
            Roots::Any => stapled_evidence(leaf, self.platform).ok().flatten().and_then(|document| brought(&document)),
        };
        match anchors.map(|anchors| expectation.clone().with_evidence_if_stapled(anchors)) {
            None => Ok(expectation),
            Some(Ok(with_evidence)) => Ok(with_evidence),
            Some(Err(_)) => Err(Refusal::Platform { expected: self.platform.to_string(), found: String::new() }),
        }
    }

    /// The root for this document of the session.
    pub(super) fn roots_for(&self, document: &[u8]) -> Option<Anchors> {
        match &self.roots {
            Roots::Known(anchors) => Some(anchors.clone()),
            Roots::Any => brought(document),
        }
    }
}

/// The root that the evidence brings along. What is verified under it is simulated and proves nothing but that the
/// parts fit together.
fn brought(document: &[u8]) -> Option<Anchors> {
    Anchors::insecure(parse_unverified(document).ok()?.presented_root()?).ok()
}

fn may_be_self_signed(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Authorities(_) => true,
        Refusal::Certificate(reason) => matches!(**reason, CertificateRefusal::IssuerNotPinned),
        _ => false,
    }
}

/// What a certificate of Veracruz's services is refused for: they name neither platform nor policy, and say that the key
/// of an instance may sign certificates.
fn is_of_old_form(refusal: &CertificateRefusal) -> bool {
    use CertificateRefusal::{ClaimsMissing, ExtendedKeyUsage, KeyUsage};
    matches!(refusal, ClaimsMissing | KeyUsage | ExtendedKeyUsage)
}
