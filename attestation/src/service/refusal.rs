//! Why the service issues no certificate, and which of that the client may know.

use veracruz_policy::Platform;

use crate::certificate::{CsrRefusal, InstanceNameError, IssueError};
use crate::nitro::{ExpectationError, Refusal};

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
    /// The authority's certificate has ended.
    #[error("the authority's own certificate has ended: give the service a new authority, and clients its certificate")]
    AuthorityEnded,
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
            CertifyError::AuthorityEnded
            | CertifyError::Expectation(_)
            | CertifyError::Name(_)
            | CertifyError::Issue(_) => None,
        }
    }
}
