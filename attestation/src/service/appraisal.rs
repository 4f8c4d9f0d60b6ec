//! The service without HTTP: starts sessions, judges what comes back, issues.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;
use veracruz_policy::{Platform, Sha256Digest};

use super::ports::Random;
use super::reference::{Reference, ReferenceMeasurements};
use super::session::{Challenge, SESSION_LIFE, SessionError, SessionId, Sessions, StartError, Taken};
use crate::binding::{Binding, NO_CHANNEL, POLICY_PCR, Role};
use crate::certificate::{
    AttestationClaims, AttestationResult, Authority, CsrRefusal, InstanceName, InstanceNameError, IssueError,
    VerifiedRequest,
};
use crate::nitro::{self, Anchors, Expectation, ExpectationError, NoncePolicy, Refusal, Verified};

/// How old evidence may be: it answers a nonce that lives no longer.
pub const EVIDENCE_MAX_AGE: Duration = SESSION_LIFE;

/// The roots that evidence may lead to, at most one a platform.
#[derive(Clone, Debug)]
pub struct Trust {
    nitro: Anchors,
    simulated: Option<Anchors>,
}

impl Trust {
    /// AWS's root for Nitro, and no simulated evidence.
    pub fn aws() -> Self {
        Trust {
            nitro: Anchors::aws(),
            simulated: None,
        }
    }

    /// Also certificates for simulated evidence under the root `root_der`, which proves nothing about isolation.
    pub fn insecure_simulated(mut self, root_der: &[u8]) -> Result<Self, nitro::AnchorError> {
        self.simulated = Some(Anchors::insecure(root_der)?);
        Ok(self)
    }

    fn anchors(&self, platform: Platform) -> Option<&Anchors> {
        [Some(&self.nitro), self.simulated.as_ref()]
            .into_iter()
            .flatten()
            .find(|anchors| anchors.platform() == platform)
    }
}

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

/// Why no certificate is issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// The service has no root for the platform.
    #[error("this service trusts no root of the platform {0}; ask its operator for one that does")]
    PlatformNotTrusted(Platform),
    /// The operator vouches for no code on the platform.
    #[error("this service has no reference measurement of the platform {0}; its operator must give it one")]
    NoReferenceMeasurements(Platform),
    /// The certificate request is refused.
    #[error("the certificate request is refused: {0}")]
    Request(#[from] CsrRefusal),
    /// The evidence is refused.
    #[error("the evidence is refused: {0}")]
    Evidence(#[from] Refusal),
    /// The evidence shows no register that a certificate must name.
    #[error("the evidence does not show PCR{0}, which a certificate names; attest with all registers of the image")]
    RegisterAbsent(u8),
    /// The service cannot say what it expects.
    #[error(transparent)]
    Expectation(#[from] ExpectationError),
    /// The instance got no name.
    #[error(transparent)]
    Name(#[from] InstanceNameError),
    /// The authority does not issue.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl CertifyError {
    /// The stable code for the client; `None` when the service itself failed.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            CertifyError::PlatformNotTrusted(_) => Some("platform-not-trusted"),
            CertifyError::NoReferenceMeasurements(_) => Some("no-reference-measurements"),
            CertifyError::Request(refusal) => Some(refusal.code()),
            CertifyError::Evidence(refusal) => Some(refusal.code()),
            CertifyError::RegisterAbsent(_) => Some("pcr-absent"),
            // The evidence is genuine, but not of something that can be certified.
            CertifyError::Issue(error @ (IssueError::Debug | IssueError::Claims | IssueError::Window)) => {
                Some(error.code())
            }
            CertifyError::Expectation(_) | CertifyError::Name(_) | CertifyError::Issue(_) => None,
        }
    }
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
        ProxyService {
            sessions: Sessions::new(),
            trust,
            references: RwLock::default(),
            authority,
        }
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
        let anchors = self
            .trust
            .anchors(platform)
            .ok_or(CertifyError::PlatformNotTrusted(platform))?;
        let references = self.references_of(platform);
        if references.is_empty() {
            return Err(CertifyError::NoReferenceMeasurements(platform));
        }
        let request = VerifiedRequest::check(&submission.csr_der)?;
        let expectation = expectation(&references, &request, submission, &taken)?;
        let verified = nitro::verify(&submission.token, anchors, now, &expectation)?;
        let result = AttestationResult {
            claims: claims(&verified, &submission.policy_hash, now)?,
            instance: instance_name(&request)?,
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
        references
            .iter()
            .flat_map(|references| references.of_platform(platform))
            .cloned()
            .collect()
    }
}

impl fmt::Debug for ProxyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyService")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
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
    let accepted = references
        .iter()
        .map(|reference| reference.measurements().clone())
        .collect();
    let expectation = Expectation::new(accepted, NoncePolicy::Exactly(taken.nonce.to_vec()))?;
    Ok(expectation
        .with_user_data(binding.bind().to_vec())
        .with_max_age(EVIDENCE_MAX_AGE))
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

/// A name that follows from the key alone, so that a renewed certificate has the same. Clients go by the certificate's
/// claims; the top-level name is reserved for private use and resolves nowhere.
fn instance_name(request: &VerifiedRequest) -> Result<InstanceName, InstanceNameError> {
    let digest = Sha256Digest::of(request.spki_der()).to_string();
    format!("{}.instance.veracruz.internal", digest.get(..32).unwrap_or_default()).parse()
}

fn matched_name(verified: &Verified, references: &[Reference]) -> String {
    let matched = references
        .iter()
        .find(|reference| verified.matched() == Some(reference.measurements()));
    matched.map(|reference| reference.name().to_owned()).unwrap_or_default()
}
