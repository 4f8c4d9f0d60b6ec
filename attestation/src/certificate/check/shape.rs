//! What kind of certificate it is, who signed it, and when it is valid.

use time::{Duration, OffsetDateTime};
use x509_cert::Certificate;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::X509Version;

use super::pins::PinnedAuthorities;
use super::refusal::CertificateRefusal;
use crate::certificate::ecdsa::{EcKey, Fault};
use crate::certificate::oid;
use crate::certificate::strict::is_der;

/// The size of an instance's certificate, in bytes: evidence has at most 16 KiB and a little, the rest about 1 KiB.
pub const MAX_CERTIFICATE_BYTES: usize = 24 * 1024;

/// How far the authority's clock and the client's may be apart.
pub const MAX_CLOCK_SKEW: Duration = Duration::seconds(60);

/// Extensions that may be critical, because they are understood here or by the TLS library: subject alternative name,
/// basic constraints, key usage, extended key usage, authority and subject key identifier, and ours.
const UNDERSTOOD: &[&[u64]] = &[
    &[2, 5, 29, 17],
    &[2, 5, 29, 19],
    &[2, 5, 29, 15],
    &[2, 5, 29, 37],
    &[2, 5, 29, 35],
    &[2, 5, 29, 14],
    oid::RUNTIME_HASH,
    oid::ATTESTATION_CLAIMS,
    oid::CONCEPTUAL_MESSAGE,
];

/// A certificate in which no extension stands twice.
pub(super) struct Leaf<'a>(X509Certificate<'a>);

impl<'a> Leaf<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, CertificateRefusal> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateRefusal::TooLarge(der.len()));
        }
        let (trailing, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateRefusal::Malformed)?;
        if !trailing.is_empty() || certificate.version() != X509Version::V3 || !is_der::<Certificate>(der) {
            return Err(CertificateRefusal::Malformed);
        }
        let extensions = certificate.extensions();
        for (position, extension) in extensions.iter().enumerate() {
            if extensions.iter().take(position).any(|earlier| earlier.oid == extension.oid) {
                return Err(CertificateRefusal::DuplicateExtension(named(extension)));
            }
            if extension.critical && !UNDERSTOOD.iter().any(|arcs| is(extension, arcs)) {
                return Err(CertificateRefusal::CriticalExtension(named(extension)));
            }
        }
        Ok(Leaf(certificate))
    }

    /// Signed by one of the pinned authorities, the presented one if there is one, and both valid now.
    pub(super) fn check_issued(
        &self,
        presented: Option<&[u8]>,
        pins: &PinnedAuthorities,
        now: OffsetDateTime,
    ) -> Result<(), CertificateRefusal> {
        if presented.is_some_and(|presented| pins.iter().all(|pinned| pinned != presented)) {
            return Err(CertificateRefusal::AuthorityNotPinned);
        }
        let mut refusal = CertificateRefusal::IssuerNotPinned;
        for der in pins.iter().filter(|pinned| presented.is_none_or(|presented| presented == *pinned)) {
            let Ok((_, authority)) = X509Certificate::from_der(der) else {
                continue;
            };
            if authority.subject().as_raw() != self.0.issuer().as_raw() {
                continue;
            }
            // The next one may be the same authority with a renewed certificate.
            match self.check_signature(&authority).and_then(|()| self.check_windows(&authority, now)) {
                Ok(()) => return Ok(()),
                Err(fault) => refusal = fault,
            }
        }
        Err(refusal)
    }

    fn check_signature(&self, authority: &X509Certificate<'_>) -> Result<(), CertificateRefusal> {
        let key = EcKey::of(authority.public_key()).ok_or(CertificateRefusal::SignatureAlgorithm)?;
        if self.0.signature_algorithm != self.0.tbs_certificate.signature {
            return Err(CertificateRefusal::SignatureAlgorithm);
        }
        key.verify(&self.0.signature_algorithm, self.0.tbs_certificate.as_ref(), &self.0.signature_value).map_err(
            |fault| match fault {
                Fault::Algorithm => CertificateRefusal::SignatureAlgorithm,
                Fault::Signature => CertificateRefusal::Signature,
            },
        )
    }

    /// Signed by its own key in its own name, and valid now.
    pub(super) fn check_self_signed(&self, now: OffsetDateTime) -> Result<(), CertificateRefusal> {
        if self.0.subject().as_raw() != self.0.issuer().as_raw() {
            return Err(CertificateRefusal::NotSelfSigned);
        }
        self.check_signature(&self.0)?;
        self.check_own_window(now)
    }

    fn check_windows(&self, authority: &X509Certificate<'_>, now: OffsetDateTime) -> Result<(), CertificateRefusal> {
        let window = authority.validity();
        if now < window.not_before.to_datetime() - MAX_CLOCK_SKEW {
            return Err(CertificateRefusal::AuthorityNotYetValid(window.not_before.to_datetime()));
        }
        if now > window.not_after.to_datetime() {
            return Err(CertificateRefusal::AuthorityExpired(window.not_after.to_datetime()));
        }
        self.check_own_window(now)
    }

    fn check_own_window(&self, now: OffsetDateTime) -> Result<(), CertificateRefusal> {
        if now < self.not_before() - MAX_CLOCK_SKEW {
            return Err(CertificateRefusal::NotYetValid(self.not_before()));
        }
        if now > self.not_after() + MAX_CLOCK_SKEW {
            return Err(CertificateRefusal::Expired(self.not_after()));
        }
        Ok(())
    }

    /// A certificate of a TLS server and nothing else, as the authority of this crate issues them.
    pub(super) fn check_kind(&self) -> Result<(), CertificateRefusal> {
        self.check_not_an_authority()?;
        match self.0.key_usage() {
            Ok(Some(usage)) if usage.value.digital_signature() && !usage.value.key_cert_sign() => {}
            _ => return Err(CertificateRefusal::KeyUsage),
        }
        match self.0.extended_key_usage() {
            Ok(Some(usage)) if usage.value.server_auth => Ok(()),
            _ => Err(CertificateRefusal::ExtendedKeyUsage),
        }
    }

    /// Not CA=TRUE. (Veracruz's own service set keyCertSign beside CA=FALSE, so that alone must not matter to a client
    /// of the old form.)
    pub(super) fn check_not_an_authority(&self) -> Result<(), CertificateRefusal> {
        match self.0.basic_constraints() {
            Ok(constraints) if constraints.as_ref().is_none_or(|constraints| !constraints.value.ca) => Ok(()),
            _ => Err(CertificateRefusal::IsAuthority),
        }
    }

    /// The value of an extension.
    pub(super) fn extension(&self, arcs: &[u64]) -> Option<&[u8]> {
        self.0.extensions().iter().find(|extension| is(extension, arcs)).map(|extension| extension.value)
    }

    pub(super) fn spki_der(&self) -> &[u8] {
        self.0.public_key().raw
    }

    pub(super) fn not_before(&self) -> OffsetDateTime {
        self.0.validity().not_before.to_datetime()
    }

    pub(super) fn not_after(&self) -> OffsetDateTime {
        self.0.validity().not_after.to_datetime()
    }
}

fn is(extension: &X509Extension<'_>, arcs: &[u64]) -> bool {
    extension.oid.iter().is_some_and(|found| found.eq(arcs.iter().copied()))
}

/// An identifier for an error text, however long a foreign one is.
fn named(extension: &X509Extension<'_>) -> String {
    extension.oid.to_id_string().chars().take(64).collect()
}
