//! An authority, an instance and a client that fit together, and a forger that can break one thing at a time.

use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SubjectPublicKeyInfo,
};
use sha2::{Digest as _, Sha384};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::{
    AttestationClaims, AttestationResult, Authority, InstanceExpectation, InstanceKey, PinnedAuthorities,
    VerifiedRequest, oid,
};
use veracruz_attestation::{Measurements, Pcr};
use veracruz_policy::{Platform, Sha256Digest};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);
pub(crate) const EVIDENCE: &[u8] = b"not read in these tests";

pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) key: InstanceKey,
    pub(crate) request: VerifiedRequest,
}

impl World {
    pub(crate) fn new() -> Self {
        let authority = Authority::generate(NOW - Duration::days(1), Duration::days(365)).unwrap();
        let key = InstanceKey::generate().unwrap();
        let request = VerifiedRequest::check(&key.request().unwrap()).unwrap();
        World {
            authority,
            key,
            request,
        }
    }

    pub(crate) fn issue(&self) -> Vec<u8> {
        self.authority.issue(&self.request, &result(), None, NOW).unwrap()
    }

    pub(crate) fn pins(&self) -> PinnedAuthorities {
        PinnedAuthorities::from_pem(&self.authority.certificate_pem()).unwrap()
    }

    /// A certificate like the authority's, after `change`, signed with the authority's own key.
    pub(crate) fn forge(&self, change: impl FnOnce(&mut Recipe)) -> Vec<u8> {
        let key = KeyPair::from_pem(&self.authority.key_pem()).unwrap();
        self.forge_signed_by(&key, change)
    }

    /// The same, in the authority's name, signed with another key.
    pub(crate) fn forge_signed_by(&self, key: &KeyPair, change: impl FnOnce(&mut Recipe)) -> Vec<u8> {
        let mut recipe = Recipe::new();
        change(&mut recipe);
        let issuer = Issuer::from_ca_cert_der(&self.authority.certificate_der().into(), key).unwrap();
        let spki = SubjectPublicKeyInfo::from_der(self.request.spki_der()).unwrap();
        recipe.params.signed_by(&spki, &issuer).unwrap().der().to_vec()
    }
}

/// What a forged certificate is made of.
pub(crate) struct Recipe {
    pub(crate) params: CertificateParams,
}

impl Recipe {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.not_before = NOW;
        params.not_after = NOW + Duration::HOUR;
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = vec![SanType::DnsName("instance-1".try_into().unwrap())];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let mut recipe = Recipe { params };
        recipe.claims(&claims());
        recipe
    }

    /// Replaces claims and runtime hash.
    pub(crate) fn claims(&mut self, claims: &AttestationClaims) {
        self.set(oid::RUNTIME_HASH, claims.runtime_hash().to_vec());
        self.set(oid::ATTESTATION_CLAIMS, octets(&claims.encode()));
    }

    /// Changes what stands in the claims.
    pub(crate) fn alter_claims(&mut self, change: impl FnOnce(&mut AttestationClaims)) {
        let mut altered = claims();
        change(&mut altered);
        self.claims(&altered);
    }

    pub(crate) fn set(&mut self, arcs: &[u64], value: Vec<u8>) {
        self.remove(arcs);
        self.add(arcs, value);
    }

    pub(crate) fn remove(&mut self, arcs: &[u64]) {
        self.params
            .custom_extensions
            .retain(|known| !known.oid_components().eq(arcs.iter().copied()));
    }

    pub(crate) fn add(&mut self, arcs: &[u64], value: Vec<u8>) {
        self.params
            .custom_extensions
            .push(CustomExtension::from_oid_content(arcs, value));
    }

    pub(crate) fn add_critical(&mut self, arcs: &[u64], value: Vec<u8>) {
        let mut extension = CustomExtension::from_oid_content(arcs, value);
        extension.set_criticality(true);
        self.params.custom_extensions.push(extension);
    }
}

pub(crate) fn claims() -> AttestationClaims {
    AttestationClaims {
        platform: Platform::Nitro,
        pcr0: Pcr::of_content(b"image"),
        pcr1: Pcr::of_content(b"kernel"),
        pcr2: Pcr::of_content(b"application"),
        pcr3: None,
        pcr16: Some(veracruz_attestation::expected_policy_pcr(b"policy")),
        policy_hash: policy_hash(),
        module_id: "i-0123456789abcdef0-enc0123456789abcdef0".to_owned(),
        evidence_sha384: Sha384::digest(EVIDENCE).into(),
        issued_at: NOW,
    }
}

pub(crate) fn result() -> AttestationResult {
    AttestationResult {
        claims: claims(),
        instance: "instance-1".parse().unwrap(),
        valid_until: NOW + Duration::hours(3),
    }
}

pub(crate) fn policy_hash() -> Sha256Digest {
    Sha256Digest::of(b"policy")
}

pub(crate) fn measurements(values: &[(u8, Pcr)]) -> Measurements {
    Measurements::new(values.iter().copied()).unwrap()
}

pub(crate) fn expectation() -> InstanceExpectation {
    let other = measurements(&[(0, Pcr::of_content(b"another image"))]);
    let this = measurements(&[(0, claims().pcr0), (2, claims().pcr2)]);
    InstanceExpectation::new(Platform::Nitro, vec![other, this], policy_hash()).unwrap()
}

/// A DER OCTET STRING of less than 64 KiB.
pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16;
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..=0x7f => vec![4, low],
        0x80..=0xff => vec![4, 0x81, low],
        _ => vec![4, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}
