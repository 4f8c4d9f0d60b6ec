//! Issuing the certificate of an instance whose evidence was judged.
//!
//! The caller has verified the evidence; this module never judges it, but refuses what no verified evidence can hold.

use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType, SubjectPublicKeyInfo,
};
use sha2::{Digest as _, Sha384};
use time::OffsetDateTime;

use super::authority::Authority;
use super::claims::{AttestationClaims, is_module_id};
use super::csr::VerifiedRequest;
use super::fields::{MAX_LIFETIME, random_serial, whole_seconds};
use super::name::InstanceName;
use super::{cmw, octets, oid, subject};

/// The outcome of judging one piece of evidence, ready to be certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationResult {
    /// What the certificate will say.
    pub claims: AttestationClaims,
    /// The name of the instance, the certificate's only subject alternative name.
    pub instance: InstanceName,
    /// The end of the evidence's own certificate; the issued one does not outlive it.
    pub valid_until: OffsetDateTime,
}

impl Authority {
    /// Issues a certificate (DER) for the key of `request`, valid from `now`.
    ///
    /// It lives for [`MAX_LIFETIME`] or until the evidence's or the authority's certificate ends, whichever is first;
    /// has a random serial number of 128 bits, CA=FALSE, key usage digitalSignature, extended key usage serverAuth, the
    /// instance's name, the extensions of [`oid`](super::oid), and the evidence itself when it is given.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the result is not one that may be certified.
    pub fn issue(
        &self,
        request: &VerifiedRequest,
        result: &AttestationResult,
        evidence: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Vec<u8>, IssueError> {
        let claims = &result.claims;
        refuse_uncertifiable(claims, evidence)?;
        let mut params = CertificateParams::default();
        params.not_before = whole_seconds(now);
        params.not_after = whole_seconds((now + MAX_LIFETIME).min(result.valid_until).min(self.not_after()));
        if params.not_after <= params.not_before {
            return Err(IssueError::Window);
        }
        params.serial_number = Some(random_serial().ok_or(IssueError::Randomness)?);
        params.distinguished_name = subject::issued(claims.platform);
        params.subject_alt_names = vec![SanType::DnsName(result.instance.as_str().try_into()?)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.custom_extensions = extensions(claims, evidence);
        let key = SubjectPublicKeyInfo::from_der(request.spki_der())?;
        Ok(params.signed_by(&key, &self.issuer()?)?.der().to_vec())
    }
}

fn refuse_uncertifiable(claims: &AttestationClaims, evidence: Option<&[u8]>) -> Result<(), IssueError> {
    if claims.pcr0.is_zero() || claims.pcr1.is_zero() || claims.pcr2.is_zero() {
        return Err(IssueError::Debug);
    }
    if !is_module_id(&claims.module_id) || claims.issued_at.unix_timestamp() < 0 {
        return Err(IssueError::Claims);
    }
    match evidence {
        Some(evidence) if claims.evidence_sha384 != *Sha384::digest(evidence) => Err(IssueError::Evidence),
        _ => Ok(()),
    }
}

fn extensions(claims: &AttestationClaims, evidence: Option<&[u8]>) -> Vec<CustomExtension> {
    let mut extensions = vec![
        CustomExtension::from_oid_content(oid::RUNTIME_HASH, claims.runtime_hash().to_vec()),
        CustomExtension::from_oid_content(oid::ATTESTATION_CLAIMS, octets::wrap(&claims.encode())),
    ];
    if let Some(evidence) = evidence {
        let message = cmw::wrap(claims.platform, evidence);
        extensions.push(CustomExtension::from_oid_content(oid::CONCEPTUAL_MESSAGE, message));
    }
    extensions
}

/// Why no certificate is issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A register of the image is all zero: an enclave in debug mode.
    #[error("PCR0, PCR1 or PCR2 is all zero, as in debug mode; nothing is certified about such an instance")]
    Debug,
    /// The claims cannot be written.
    #[error("the claims cannot be written: the module's name is not short visible ASCII, or the time is before 1970")]
    Claims,
    /// The claims are about other evidence than the one that is to be stapled.
    #[error("the claims' digest is not that of the evidence that is to be stapled")]
    Evidence,
    /// The evidence's or the authority's certificate has ended.
    #[error("the certificate would end before it starts: the evidence's or the authority's own certificate has ended")]
    Window,
    /// The system has no randomness to give.
    #[error("the system has no randomness to give")]
    Randomness,
    /// The certificate library failed.
    #[error("the certificate could not be made: {0}")]
    Library(#[from] rcgen::Error),
}

impl IssueError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            IssueError::Debug => "issue-debug",
            IssueError::Claims => "issue-claims",
            IssueError::Evidence => "issue-evidence",
            IssueError::Window => "issue-window",
            IssueError::Randomness => "issue-randomness",
            IssueError::Library(_) => "issue-library",
        }
    }
}
