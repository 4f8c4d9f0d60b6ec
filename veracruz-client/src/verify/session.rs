//! Evidence after the handshake, bound to this very connection: the step that releases secrets.
//!
//! It answers a fresh nonce; it is bound to the server's role, so that nobody sends back what a client once made; to the
//! key of the handshake; to the policy; and to 32 bytes that only the two ends of this TLS connection can compute.

use time::OffsetDateTime;
use veracruz_attestation::nitro::{self, Expectation, Genuine, MAX_CLOCK_SKEW, NoncePolicy, Verified};
use veracruz_attestation::{Binding, Measurements, POLICY_PCR, Pcr, Role, measure::runtime_hash};
use veracruz_policy::Platform;

use super::certificate::PeerCertificate;
use super::refusal::Refusal;
use crate::trust::{Code, Demands, OfPlatform};

/// What the client drew and computed for one connection.
pub(crate) struct Challenge {
    pub(crate) nonce: [u8; 32],
    /// The TLS exporter's bytes for [`Role::Server`] and this nonce.
    pub(crate) channel: [u8; 32],
}

impl Demands {
    /// Judges `document`, the peer's answer to the challenge, which it calls evidence of `platform`.
    pub(crate) fn check_session(
        &self,
        peer: &PeerCertificate,
        challenge: &Challenge,
        platform: Platform,
        document: &[u8],
        now: OffsetDateTime,
    ) -> Result<Verified, Refusal> {
        let demand = self.platform_of(peer, platform)?;
        let refused = |refusal| Refusal::Evidence(Box::new(refusal));
        let made = nitro::parse_unverified(document).map_err(refused)?.timestamp();
        // A document that brings no root has a chain of no certificate.
        let anchors = demand.roots_for(document).ok_or_else(|| refused(nitro::Refusal::CabundleCount { count: 0 }))?;
        // Certificates of the platform can be seconds old, and this machine's clock may be a little behind.
        let at = if made - now <= MAX_CLOCK_SKEW { now.max(made) } else { now };
        let mut genuine = nitro::authenticate(document, &anchors, at).map_err(refused)?;
        genuine.refuse_debug().map_err(refused)?;
        genuine.check_fresh(now, self.max_evidence_age).map_err(refused)?;
        genuine.check_nonce(&challenge.nonce).map_err(refused)?;
        let binding = self.binding(demand.platform, peer, challenge);
        genuine.check_user_data(&binding).map_err(|_| Refusal::Binding)?;
        genuine.check_pcr(POLICY_PCR, &self.policy_register).map_err(|_| Refusal::PolicyRegister)?;
        let accepted = demand.registers(&genuine)?;
        let expectation = Expectation::new(accepted, NoncePolicy::Exactly(challenge.nonce.to_vec()));
        let expectation = expectation.map_err(|_| measured_otherwise(&genuine))?.with_max_age(self.max_evidence_age);
        let expectation = expectation.with_user_data(binding.to_vec());
        let other = measured_otherwise(&genuine);
        let verified = genuine.appraise(&expectation, now).map_err(|refusal| match refusal {
            nitro::Refusal::PcrMismatch { .. } | nitro::Refusal::PcrAbsent { .. } => other,
            refusal => refused(refusal),
        })?;
        if peer.module_id().is_some_and(|module_id| module_id != verified.module_id()) {
            return Err(Refusal::OtherInstance);
        }
        Ok(verified)
    }

    fn platform_of(&self, peer: &PeerCertificate, found: Platform) -> Result<&OfPlatform, Refusal> {
        let wanted = peer.platform.unwrap_or(found);
        match self.of(found) {
            Some(demand) if wanted == found => Ok(demand),
            None if !found.is_isolated() && !self.allow_simulated => Err(Refusal::Simulated),
            _ => Err(Refusal::Platform { expected: wanted.to_string(), found: found.to_string() }),
        }
    }

    fn binding(&self, platform: Platform, peer: &PeerCertificate, challenge: &Challenge) -> [u8; 48] {
        let binding = Binding {
            platform,
            role: Role::Server,
            spki_der: peer.instance.spki_der(),
            policy_hash: &self.policy_hash,
            nonce: &challenge.nonce,
            channel: &challenge.channel,
        };
        binding.bind()
    }
}

impl OfPlatform {
    /// The sets of which the evidence must show one.
    fn registers(&self, genuine: &Genuine) -> Result<Vec<Measurements>, Refusal> {
        match &self.code {
            Code::Registers(sets) => Ok(sets.clone()),
            Code::RuntimeHash(hash) => {
                let pcr0 = genuine.pcrs().get(&0).filter(|pcr0| runtime_hash(pcr0) == *hash);
                let whole = pcr0.and_then(|pcr0| Measurements::new([(0, *pcr0)]).ok());
                whole.map(|whole| vec![whole]).ok_or_else(|| measured_otherwise(genuine))
            }
        }
    }
}

fn measured_otherwise(genuine: &Genuine) -> Refusal {
    Refusal::Measurement { pcr0: genuine.pcrs().get(&0).copied().unwrap_or(Pcr::ZERO) }
}
