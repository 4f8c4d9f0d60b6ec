//! Participants: keys and certificates as users of Veracruz have them, and some that must be refused.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use veracruz_policy::Certificate;
use veracruz_tests::forge::{CertificateSpec, Key};

/// A certificate and its key.
pub(crate) struct Person {
    pub(crate) der: Vec<u8>,
    key: KeyPair,
}

impl Person {
    /// P-256, signed by itself, without basicConstraints: what most users have.
    pub(crate) fn ordinary() -> Self {
        Person::of(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), |_| {})
    }

    pub(crate) fn rsa() -> Self {
        Person::of(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(), |_| {})
    }

    pub(crate) fn expired() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        Person::of(key, |params| params.not_after = OffsetDateTime::now_utc() - Duration::MINUTE)
    }

    pub(crate) fn not_yet_valid() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        Person::of(key, |params| params.not_before = OffsetDateTime::now_utc() + Duration::HOUR)
    }

    /// A certificate of version 1, without extensions, whose signature nobody can verify.
    pub(crate) fn version_1() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let now = OffsetDateTime::now_utc();
        let mut spec = CertificateSpec::new("old", "old", now - Duration::DAY, now + Duration::DAY);
        spec.version = None;
        spec.spki = Some(rcgen::PublicKeyData::subject_public_key_info(&key));
        let signer = Key::p384();
        Person { der: spec.issue(&signer, &signer), key }
    }

    /// The same name and key, another certificate.
    pub(crate) fn reissued(&self) -> Self {
        let key = KeyPair::try_from(self.key.serialize_der()).unwrap();
        Person::of(key, |params| params.not_after = OffsetDateTime::now_utc() + Duration::days(9))
    }

    /// This certificate with the key of `other`.
    pub(crate) fn with_key_of(&self, other: &Person) -> Self {
        Person { der: self.der.clone(), key: KeyPair::try_from(other.key.serialize_der()).unwrap() }
    }

    fn of(key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "somebody");
        params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
        params.not_after = OffsetDateTime::now_utc() + Duration::DAY;
        change(&mut params);
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Person { der, key }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_der(self.der.clone()).unwrap()
    }

    /// What the TLS library wants.
    pub(crate) fn credentials(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        (vec![CertificateDer::from(self.der.clone())], key)
    }
}
