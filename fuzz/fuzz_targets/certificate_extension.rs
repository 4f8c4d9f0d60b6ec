//! Any bytes as what stands in an instance's certificate: the claims by themselves, a whole certificate, and one
//! extension of a certificate that an authority signed, so that the fuzzer gets past the signature.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SubjectPublicKeyInfo,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::attester::SimulatedRoot;
use veracruz_attestation::certificate::{
    AttestationClaims, Authority, CompatibilityExpectation, InstanceExpectation, InstanceKey, PinnedAuthorities, oid,
};
use veracruz_attestation::nitro::Anchors;
use veracruz_attestation::{Measurements, Pcr};
use veracruz_policy::{Platform, Sha256Digest};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else {
        return;
    };
    match choice % 5 {
        0 => {
            if let Ok(claims) = AttestationClaims::decode(bytes) {
                assert_eq!(claims.encode(), bytes, "the claims have one encoding");
            }
        }
        1 => {
            assert!(
                !WORLD.accepts(bytes),
                "nothing but the authority's key makes an acceptable certificate"
            );
        }
        2 => WORLD.compare(oid::RUNTIME_HASH, bytes, bytes == claims().runtime_hash()),
        3 => WORLD.compare(oid::ATTESTATION_CLAIMS, bytes, bytes.ends_with(&claims().encode())),
        // Without a genuine document under the fresh root nothing can be stapled.
        _ => WORLD.compare(oid::CONCEPTUAL_MESSAGE, bytes, false),
    }
});

struct World {
    authority: Authority,
    authority_key: KeyPair,
    spki: SubjectPublicKeyInfo,
    pins: PinnedAuthorities,
    full: InstanceExpectation,
    compatibility: CompatibilityExpectation,
}

impl World {
    fn new() -> Self {
        let authority = Authority::generate(NOW, Duration::DAY).unwrap();
        let claims = claims();
        let measurements = Measurements::new([(0, claims.pcr0)]).unwrap();
        let root = SimulatedRoot::generate(NOW).unwrap();
        let full = InstanceExpectation::new(claims.platform, vec![measurements], claims.policy_hash)
            .and_then(|full| full.with_evidence_if_stapled(Anchors::insecure(root.root_der()).unwrap()));
        let world = World {
            authority_key: KeyPair::from_pem(&authority.key_pem()).unwrap(),
            pins: PinnedAuthorities::from_pem(&authority.certificate_pem()).unwrap(),
            spki: SubjectPublicKeyInfo::from_der(&InstanceKey::generate().unwrap().spki_der()).unwrap(),
            full: full.unwrap(),
            compatibility: CompatibilityExpectation::new(vec![claims.runtime_hash()]).unwrap(),
            authority,
        };
        // Else nothing that is tried could ever be accepted, and the target would look for nothing.
        assert!(world.accepts_in_full(&world.sign(oid::RUNTIME_HASH, &claims.runtime_hash())));
        world
    }

    /// A certificate that is right but for one extension. Only with the right value may it be accepted.
    fn compare(&self, arcs: &[u64], value: &[u8], may_be_accepted: bool) {
        assert!(
            !self.accepts_in_full(&self.sign(arcs, value)) || may_be_accepted,
            "accepted with another value"
        );
    }

    fn sign(&self, arcs: &[u64], value: &[u8]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (NOW, NOW + Duration::HOUR);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let encoded = claims().encode();
        let wrapped = [&[0x04, 0x82], (encoded.len() as u16).to_be_bytes().as_slice(), &encoded].concat();
        let right = [
            (oid::RUNTIME_HASH, claims().runtime_hash().to_vec()),
            (oid::ATTESTATION_CLAIMS, wrapped),
        ];
        for (known, content) in right.into_iter().filter(|(known, _)| *known != arcs) {
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(known, content));
        }
        params
            .custom_extensions
            .push(CustomExtension::from_oid_content(arcs, value.to_vec()));
        let issuer = Issuer::from_ca_cert_der(&self.authority.certificate_der().into(), &self.authority_key).unwrap();
        params.signed_by(&self.spki, &issuer).unwrap().der().to_vec()
    }

    fn accepts_in_full(&self, leaf: &[u8]) -> bool {
        self.full.check(leaf, None, &self.pins, NOW).is_ok()
    }

    fn accepts(&self, leaf: &[u8]) -> bool {
        self.accepts_in_full(leaf) || self.compatibility.check(leaf, None, &self.pins, NOW).is_ok()
    }
}

fn claims() -> AttestationClaims {
    AttestationClaims {
        platform: Platform::Simulated,
        pcr0: Pcr::of_content(b"image"),
        pcr1: Pcr::of_content(b"kernel"),
        pcr2: Pcr::of_content(b"application"),
        pcr3: None,
        pcr16: None,
        policy_hash: Sha256Digest::of(b"policy"),
        module_id: "i-0-enc0".to_owned(),
        evidence_sha384: [7; 48],
        issued_at: NOW,
    }
}
