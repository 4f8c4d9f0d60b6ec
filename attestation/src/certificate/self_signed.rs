//! A certificate that an instance signs itself, with its evidence stapled in: for deployments without an attestation
//! service.
//!
//! Nobody vouches for it. It says what the instance says; what may be believed is what a verifier finds in the evidence.

use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use time::OffsetDateTime;
use veracruz_policy::Platform;

use super::fields::{MAX_LIFETIME, random_serial, whole_seconds};
use super::name::InstanceName;
use super::request::{InstanceKey, KeyError};
use super::{cmw, oid, subject};
use crate::measure::runtime_hash;
use crate::measurement::Pcr;

/// What a self-signed certificate carries.
#[derive(Clone, Copy, Debug)]
pub struct SelfAttestation<'a> {
    /// The platform that the evidence is of.
    pub platform: Platform,
    /// The measurement of the image: its first 32 bytes are what clients of Veracruz read in the extension 2.5.30.1.
    pub pcr0: &'a Pcr,
    /// The evidence, bound to the key with the role [`Csr`](crate::Role::Csr) and a nonce that the instance drew.
    pub evidence: &'a [u8],
}

impl InstanceKey {
    /// A certificate (DER) of this key, signed with it, valid from `now` for [`MAX_LIFETIME`].
    ///
    /// It looks like an issued one (subject, name, usages, CA=FALSE) but for the claims, which only an authority makes:
    /// its extensions are the runtime hash and the evidence as a conceptual message, see [`oid`](super::oid).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the system has no randomness to give or signing fails.
    pub fn self_signed(&self, content: &SelfAttestation<'_>, now: OffsetDateTime) -> Result<Vec<u8>, KeyError> {
        let name = InstanceName::of_key(&self.spki_der());
        let mut params = CertificateParams::default();
        params.not_before = whole_seconds(now);
        params.not_after = whole_seconds(now + MAX_LIFETIME);
        params.serial_number = Some(random_serial().ok_or(rcgen::Error::RingUnspecified)?);
        params.distinguished_name = subject::issued(content.platform);
        params.subject_alt_names = vec![SanType::DnsName(name.as_str().try_into()?)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.custom_extensions = vec![
            CustomExtension::from_oid_content(oid::RUNTIME_HASH, runtime_hash(content.pcr0).to_vec()),
            CustomExtension::from_oid_content(oid::CONCEPTUAL_MESSAGE, cmw::wrap(content.platform, content.evidence)),
        ];
        Ok(params.self_signed(self.pair())?.der().to_vec())
    }
}
