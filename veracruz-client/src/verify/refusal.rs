//! Why an instance is refused, by what it showed.

use veracruz_attestation::certificate::{CertificateRefusal, PinError};
use veracruz_attestation::{Pcr, nitro};
use veracruz_policy::{Platform, Sha256Digest};

/// What an instance showed in place of what was demanded.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It presented no certificate.
    #[error("the instance presented no certificate")]
    NoCertificate,
    /// It presented more certificates than its own and its authority's.
    #[error("the instance presented {0} certificates; its own and its authority's are two at most")]
    Chain(usize),
    /// It came with a certificate that was issued, and there are no authorities to compare with.
    #[error("the instance's certificate was issued by somebody, but no attestation authority can be trusted: {0}")]
    Authorities(PinError),
    /// Its certificate is not what was demanded.
    #[error("{0}")]
    Certificate(Box<CertificateRefusal>),
    /// It is simulated, and that was not allowed.
    #[error("the instance is simulated: it protects nobody from the machine's owner")]
    Simulated,
    /// The evidence of the session says another platform than the certificate, or one that is not accepted.
    #[error(
        "the instance offers evidence of {found:?} for the session where its certificate or the policy says {expected}"
    )]
    Platform {
        /// What was demanded.
        expected: String,
        /// What came, bounded.
        found: String,
    },
    /// It has no evidence for the session.
    #[error("the instance gives no evidence for this session: {0}")]
    NoEvidence(String),
    /// The evidence of the session is refused.
    #[error("the evidence for this session is refused: {0}")]
    Evidence(Box<nitro::Refusal>),
    /// The evidence of the session is genuine and of something else.
    #[error(
        "the evidence for this session was made for something else: another connection (somebody stands in between), \
         another key, another policy, or the other side of a connection"
    )]
    Binding,
    /// The code is none of those that are accepted.
    #[error("the instance runs other code (PCR0 {pcr0}) than the policy or the trust settings accept")]
    Measurement {
        /// The measurement of what runs.
        pcr0: Pcr,
    },
    /// The register of the policy does not show this policy.
    #[error(
        "the instance did not start with this policy: register 16 is not what this policy's text gives; the host may \
         have exchanged the policy"
    )]
    PolicyRegister,
    /// Certificate and session are of different enclaves.
    #[error("the evidence for this session is of another enclave than the certificate")]
    OtherInstance,
    /// It says of itself that it holds another policy.
    #[error("the instance holds the policy {found}, expected is {expected}")]
    PolicyHash {
        /// The client's.
        expected: Sha256Digest,
        /// The instance's.
        found: Sha256Digest,
    },
}

impl Refusal {
    /// A stable name of the reason. Refused evidence has the name that the verifier gives, such as `nonce-mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NoCertificate => "no-certificate",
            Refusal::Chain(_) => "certificate-chain",
            Refusal::Authorities(error) => error.code(),
            Refusal::Certificate(refusal) => match refusal.as_ref() {
                CertificateRefusal::Evidence(evidence) => evidence.code(),
                other => other.code(),
            },
            Refusal::Simulated => "simulated-instance",
            Refusal::Platform { .. } => "session-platform",
            Refusal::NoEvidence(_) => "session-evidence-missing",
            Refusal::Evidence(refusal) => refusal.code(),
            Refusal::Binding => "session-binding",
            Refusal::Measurement { .. } => "measurement-not-accepted",
            Refusal::PolicyRegister => "policy-register",
            Refusal::OtherInstance => "session-other-instance",
            Refusal::PolicyHash { .. } => "policy-hash-differs",
        }
    }

    /// What to do now.
    pub fn next_step(&self) -> &'static str {
        match self {
            Refusal::Certificate(refusal) => of_certificate(refusal),
            Refusal::Simulated => {
                "for development, allow it by name (--allow-simulated, allow_simulated); otherwise \
                                   do not use this instance"
            }
            Refusal::NoEvidence(_) => {
                "ask the operator for a runtime of this project; for a server of Veracruz there is \
                                       dangerous_without_session_evidence"
            }
            Refusal::Authorities(_) => "name the attestation service's certificate in the trust settings (authorities)",
            Refusal::Evidence(refusal) => of_evidence(refusal),
            Refusal::Measurement { .. } | Refusal::Platform { .. } => {
                "compare the measurement with that of the runtime you expect; do not send anything until it is explained"
            }
            Refusal::PolicyHash { .. } | Refusal::PolicyRegister => {
                "get the policy of this instance from who created it, and audit it before you use it"
            }
            Refusal::Binding | Refusal::OtherInstance | Refusal::NoCertificate | Refusal::Chain(_) => {
                "do not use this connection; tell the operator, for somebody may be standing in between"
            }
        }
    }
}

fn of_certificate(refusal: &CertificateRefusal) -> &'static str {
    match refusal {
        CertificateRefusal::Expired(_) | CertificateRefusal::NotYetValid(_) => {
            "check this machine's clock; if it is right, the instance has to renew its certificate"
        }
        CertificateRefusal::IssuerNotPinned | CertificateRefusal::AuthorityNotPinned => {
            "compare the address with the policy's; if it is right, the policy names another attestation service"
        }
        CertificateRefusal::ClaimsMissing => {
            "ask the operator for this project's attestation service; for Veracruz's own there is \
             dangerous_old_certificates"
        }
        CertificateRefusal::Evidence(refusal) => of_evidence(refusal),
        _ => "do not use this instance; ask its operator what runs there",
    }
}

fn of_evidence(refusal: &nitro::Refusal) -> &'static str {
    match refusal {
        nitro::Refusal::Stale { .. } | nitro::Refusal::FromTheFuture { .. } => {
            "check this machine's clock; if it is right, do not use this instance"
        }
        nitro::Refusal::Debug => "ask for an instance that is not in debug mode: its host reads everything in this one",
        nitro::Refusal::Root { .. } => {
            "do not use this instance; if it is a simulated one of your own, name its root \
                                        in the trust settings (simulated_root)"
        }
        _ => "do not use this instance; ask its operator what runs there",
    }
}

impl From<CertificateRefusal> for Refusal {
    fn from(refusal: CertificateRefusal) -> Self {
        match refusal {
            CertificateRefusal::Platform { found: Platform::Simulated, .. } => Refusal::Simulated,
            other => Refusal::Certificate(Box::new(other)),
        }
    }
}
