//! Certificates of instances: asked for, issued, checked.
//!
//! An instance makes a key and a request ([`InstanceKey`]). The authority verifies that the requester has the key
//! ([`VerifiedRequest`]), and, after it judged the evidence, issues a short-lived certificate ([`Authority`]). A client
//! checks that certificate against the authorities and measurements that it trusts itself ([`InstanceExpectation`]) and
//! gets an [`AttestedInstance`].
//!
//! Nothing here reads a clock or judges evidence by rules of its own: the time is a parameter, evidence is the
//! verifier's.

#[cfg(feature = "verifier")]
mod authority;
#[cfg(feature = "verifier")]
mod check;
#[cfg(feature = "verifier")]
mod claims;
mod cmw;
#[cfg(feature = "verifier")]
mod csr;
#[cfg(feature = "verifier")]
mod ecdsa;
mod fields;
#[cfg(feature = "verifier")]
mod issue;
mod name;
mod octets;
pub mod oid;
#[cfg(feature = "attester")]
mod request;
#[cfg(feature = "attester")]
mod self_signed;
#[cfg(feature = "verifier")]
mod strict;
mod subject;

#[cfg(feature = "verifier")]
pub use self::{
    authority::{Authority, AuthorityError},
    check::{
        AttestedInstance, CertificateRefusal, CompatibilityExpectation, InstanceExpectation, InstanceExpectationError,
        MAX_CERTIFICATE_BYTES, MAX_CLOCK_SKEW, MAX_PINNED_AUTHORITIES, PinError, PinnedAuthorities, Unchecked,
        stapled_evidence,
    },
    claims::{AttestationClaims, ClaimsError, MAX_MODULE_ID_BYTES},
    csr::{CsrRefusal, MAX_CSR_BYTES, VerifiedRequest},
    issue::{AttestationResult, IssueError},
};
pub use fields::MAX_LIFETIME;
pub use name::{InstanceName, InstanceNameError};
#[cfg(feature = "attester")]
pub use {
    request::{InstanceKey, KeyError},
    self_signed::SelfAttestation,
};
