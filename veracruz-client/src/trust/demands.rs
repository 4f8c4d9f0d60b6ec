//! Trust and policy brought together: what one client demands of an instance, worked out once.
//!
//! It judges the policy, never an instance.

use std::time::Duration;

use veracruz_attestation::certificate::{CompatibilityExpectation, InstanceExpectation, PinError, PinnedAuthorities};
use veracruz_attestation::nitro::Anchors;
use veracruz_attestation::{Measurements, POLICY_PCR, Pcr, expected_policy_pcr};
use veracruz_policy::{FullPolicy, Platform, Sha256Digest};

use super::{Trust, TrustError};

/// What an instance has to show.
#[derive(Debug)]
pub(crate) struct Demands {
    pub(crate) policy_hash: Sha256Digest,
    pub(crate) policy_register: Pcr,
    /// Why there are none is told when an instance comes with a certificate that somebody issued.
    pub(crate) authorities: Result<PinnedAuthorities, PinError>,
    /// At least one.
    pub(crate) platforms: Vec<OfPlatform>,
    pub(crate) allow_simulated: bool,
    pub(crate) max_evidence_age: Duration,
    pub(crate) session_evidence: bool,
    pub(crate) old_certificates: Option<CompatibilityExpectation>,
}

/// What an instance of one platform has to show.
#[derive(Debug)]
pub(crate) struct OfPlatform {
    pub(crate) platform: Platform,
    /// Without evidence: the roots are added when it is known under which they are.
    pub(crate) expectation: InstanceExpectation,
    pub(crate) code: Code,
    pub(crate) roots: Roots,
}

/// The code that is accepted.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// Any one of these sets of whole registers.
    Registers(Vec<Measurements>),
    /// This beginning of PCR0.
    RuntimeHash([u8; 32]),
}

/// The root that evidence must lead to.
#[derive(Clone, Debug)]
pub(crate) enum Roots {
    /// This one.
    Known(Anchors),
    /// Whichever the evidence brings along. Only for the simulated platform, and it proves nothing.
    Any,
}

impl Demands {
    pub(crate) fn new(policy: &FullPolicy, trust: &Trust) -> Result<Self, TrustError> {
        if policy.platforms().any(|platform| !platform.is_isolated()) && !trust.allow_simulated {
            return Err(TrustError::SimulatedPolicy);
        }
        let policy_register = expected_policy_pcr(policy.text().as_bytes());
        let platforms = platforms(policy, trust, &policy_register)?;
        if platforms.is_empty() {
            return Err(TrustError::NoMeasurement);
        }
        let hashes = || policy.platforms().filter_map(|platform| policy.runtime_hash(platform));
        let old_certificates = trust
            .old_certificates
            .then(|| CompatibilityExpectation::new(hashes().map(|hash| *hash.as_bytes()).collect()));
        let authorities = match &trust.authorities {
            Some(authorities) => Ok(authorities.clone()),
            None => PinnedAuthorities::from_pem(&policy.proxy_service_cert.to_pem()),
        };
        Ok(Demands {
            policy_hash: policy.hash(),
            policy_register,
            authorities,
            platforms,
            allow_simulated: trust.allow_simulated,
            max_evidence_age: trust.max_evidence_age,
            session_evidence: !trust.without_session_evidence,
            old_certificates: old_certificates.transpose()?,
        })
    }

    /// Whether evidence of the platform may bring its own root along.
    pub(crate) fn takes_any_root(&self, platform: Platform) -> bool {
        self.of(platform).is_some_and(|demand| matches!(demand.roots, Roots::Any))
    }

    pub(crate) fn of(&self, platform: Platform) -> Option<&OfPlatform> {
        self.platforms.iter().find(|demand| demand.platform == platform)
    }
}

/// One entry for each platform that is both named and allowed.
fn platforms(policy: &FullPolicy, trust: &Trust, register: &Pcr) -> Result<Vec<OfPlatform>, TrustError> {
    let mut demands = Vec::new();
    for platform in [Platform::Nitro, Platform::Simulated] {
        let roots = match (platform, &trust.simulated_root) {
            (Platform::Nitro, _) => Roots::Known(Anchors::aws()),
            _ if !trust.allow_simulated => continue,
            (_, Some(root)) => Roots::Known(root.clone()),
            (_, None) => Roots::Any,
        };
        let Some(code) = code(policy, trust, platform, register)? else { continue };
        let expectation = match &code {
            Code::Registers(sets) => InstanceExpectation::new(platform, sets.clone(), policy.hash())?,
            Code::RuntimeHash(hash) => InstanceExpectation::of_runtime_hashes(platform, vec![*hash], policy.hash())?,
        };
        demands.push(OfPlatform { platform, expectation, code, roots });
    }
    Ok(demands)
}

/// The user's own measurements before the policy's.
fn code(policy: &FullPolicy, trust: &Trust, platform: Platform, register: &Pcr) -> Result<Option<Code>, TrustError> {
    let own = trust.measurements.iter().filter(|(of, _)| *of == platform);
    let own: Vec<Measurements> = own.map(|(_, registers)| registers.clone()).collect();
    if own.iter().any(|registers| registers.get(POLICY_PCR).is_some_and(|value| value != register)) {
        return Err(TrustError::PolicyRegister);
    }
    if !own.is_empty() {
        return Ok(Some(Code::Registers(own)));
    }
    Ok(policy.runtime_hash(platform).map(|hash| Code::RuntimeHash(*hash.as_bytes())))
}
