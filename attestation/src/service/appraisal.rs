//! The service without HTTP: starts sessions, judges what comes back, issues.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;
use veracruz_policy::{Platform, Sha256Digest};

use super::ports::Random;
use super::reference::{Reference, ReferenceMeasurements};
use super::refusal::CertifyError;
use super::session::{Challenge, SESSION_LIFE, SessionError, SessionId, Sessions, StartError, Taken};
use super::trust::Trust;
use crate::binding::{Binding, NO_CHANNEL, POLICY_PCR, Role};
use crate::certificate::{AttestationClaims, AttestationResult, Authority, InstanceName, VerifiedRequest};
use crate::nitro::{self, Expectation, ExpectationError, NoncePolicy, Verified};

/// How old evidence may be: it answers a nonce that lives no longer.
pub const EVIDENCE_MAX_AGE: Duration = SESSION_LIFE;

/// What an instance sends for its certificate.
pub struct Submission {
    /// The platform that the evidence is claimed to be of.
    pub platform: Platform,
    /// The evidence: an attestation document.
    pub token: Vec<u8>,
    /// The certificate request, PKCS#10 in DER.
    pub csr_der: Vec<u8>,
    /// The SHA-256 of the policy's text; the evidence must be bound to it.
    pub policy_hash: Sha256Digest,
}

/// An issued certificate and what it was issued for.
pub struct Issued {
    /// The instance's certificate.
    pub leaf_der: Vec<u8>,
    /// The certificate of the authority that signed it.
    pub authority_der: Vec<u8>,
    /// The name of the reference measurement that the evidence matched.
    pub measurement: String,
    /// The instance that the evidence names.
    pub module_id: String,
}

/// Sessions, trust, reference measurements and the authority, for any number of threads.
pub struct ProxyService {
    sessions: Sessions,
    trust: Trust,
    references: RwLock<Option<Arc<ReferenceMeasurements>>>,
    authority: Authority,
}

impl ProxyService {
    /// A service that refuses all evidence until it [`accept`](Self::accept)s measurements.
    pub fn new(authority: Authority, trust: Trust) -> Self {
        ProxyService { sessions: Sessions::new(), trust, references: RwLock::default(), authority }
    }

    /// From now on these measurements are accepted and no others. Certificates already issued stay as they are.
    pub fn accept(&self, references: ReferenceMeasurements) {
        *self.references.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(references));
    }

    /// Hands out a nonce.
    pub fn start(&self, now: OffsetDateTime, random: &dyn Random) -> Result<Challenge, StartError> {
        self.sessions.start(now, random)
    }

    /// Takes the nonce of a session, once; to be called when evidence arrives, whatever becomes of it.
    pub fn take(&self, id: SessionId, now: OffsetDateTime) -> Result<Taken, SessionError> {
        self.sessions.take(id, now)
    }

    /// Judges the evidence and issues a certificate for the key of the request.
    ///
    /// The evidence must be genuine, of an accepted measurement, made for this nonce, and bound to the request's key and
    /// the policy hash that came with it, with the role `csr`.
    pub fn certify(&self, taken: Taken, submission: &Submission, now: OffsetDateTime) -> Result<Issued, CertifyError> {
        let platform = submission.platform;
        let anchors = self.trust.anchors(platform).ok_or(CertifyError::PlatformNotTrusted(platform))?;
        if now > self.authority.not_after() {
            return Err(CertifyError::AuthorityEnded);
        }
        let references = self.references_of(platform);
        if references.is_empty() {
            return Err(CertifyError::NoReferenceMeasurements(platform));
        }
        let request = VerifiedRequest::check(&submission.csr_der)?;
        let expectation = expectation(&references, &request, submission, &taken)?;
        let verified = nitro::verify(&submission.token, anchors, now, &expectation)?;
        let result = AttestationResult {
            claims: claims(&verified, &submission.policy_hash, now)?,
            instance: InstanceName::of_key(request.spki_der()),
            valid_until: verified.leaf_not_after(),
        };
        let leaf_der = self.authority.issue(&request, &result, Some(&submission.token), now)?;
        Ok(Issued {
            leaf_der,
            authority_der: self.authority.certificate_der().to_vec(),
            measurement: matched_name(&verified, &references),
            module_id: result.claims.module_id,
        })
    }

    /// How many nonces are out.
    pub fn live_sessions(&self, now: OffsetDateTime) -> usize {
        self.sessions.live(now)
    }

    /// The authority's certificate, for clients to pin.
    pub fn authority_pem(&self) -> String {
        self.authority.certificate_pem()
    }

    fn references_of(&self, platform: Platform) -> Vec<Reference> {
        let references = self.references.read().unwrap_or_else(PoisonError::into_inner).clone();
        references.iter().flat_map(|references| references.of_platform(platform)).cloned().collect()
    }
}

impl fmt::Debug for ProxyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyService").field("authority", &self.authority).finish_non_exhaustive()
    }
}

fn expectation(
    references: &[Reference],
    request: &VerifiedRequest,
    submission: &Submission,
    taken: &Taken,
) -> Result<Expectation, ExpectationError> {
    let binding = Binding {
        platform: submission.platform,
        role: Role::Csr,
        spki_der: request.spki_der(),
        policy_hash: &submission.policy_hash,
        nonce: &taken.nonce,
        channel: &NO_CHANNEL,
    };
    let accepted = references.iter().map(|reference| reference.measurements().clone()).collect();
    let expectation = Expectation::new(accepted, NoncePolicy::Exactly(taken.nonce.to_vec()))?;
    Ok(expectation.with_user_data(binding.bind().to_vec()).with_max_age(EVIDENCE_MAX_AGE))
}

fn claims(
    verified: &Verified,
    policy_hash: &Sha256Digest,
    now: OffsetDateTime,
) -> Result<AttestationClaims, CertifyError> {
    let register = |index: u8| verified.pcrs().get(&index).copied();
    let required = |index: u8| register(index).ok_or(CertifyError::RegisterAbsent(index));
    Ok(AttestationClaims {
        platform: verified.platform(),
        pcr0: required(0)?,
        pcr1: required(1)?,
        pcr2: required(2)?,
        // A digest of the account's id and role, which are few enough to be guessed: not for every client's eyes.
        pcr3: None,
        pcr16: register(POLICY_PCR).filter(|pcr| !pcr.is_zero()),
        policy_hash: *policy_hash,
        module_id: verified.module_id().to_owned(),
        evidence_sha384: verified.evidence_sha384(),
        issued_at: now,
    })
}

fn matched_name(verified: &Verified, references: &[Reference]) -> String {
    let matched = references.iter().find(|reference| verified.matched() == Some(reference.measurements()));
    matched.map(|reference| reference.name().to_owned()).unwrap_or_default()
}
