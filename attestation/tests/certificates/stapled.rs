//! Evidence in a certificate is verified again, and what does not fit together is found.

use std::sync::Arc;

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use sha2::{Digest as _, Sha384};
use time::{Duration, OffsetDateTime};
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::{
    AttestationClaims, AttestationResult, AttestedInstance, CertificateRefusal, InstanceExpectation, InstanceKey,
    Unchecked, oid, stapled_evidence,
};
use veracruz_attestation::nitro::{Anchors, parse_unverified};
use veracruz_attestation::{Binding, Measurements, NO_CHANNEL, POLICY_PCR, Pcr, Role, policy_pcr_extension};
use veracruz_policy::{Platform, Sha256Digest};

use super::world::{NOW, World, measurements, octets, policy_hash, result};

const MEDIA_TYPE: &str = "application/vnd.veracruz.simulated-evidence";
const NONCE: [u8; 32] = [7; 32];

#[test]
fn stapled_evidence_is_verified_as_of_the_time_of_issue() {
    let enclave = Enclave::new(NOW);
    let leaf = enclave.issue();
    for (expectation, expected) in [
        (enclave.expectation().requiring_evidence(enclave.anchors()).unwrap(), Unchecked::EvidenceNonce),
        (enclave.expectation().with_evidence_if_stapled(enclave.anchors()).unwrap(), Unchecked::EvidenceNonce),
        (enclave.expectation(), Unchecked::Evidence),
    ] {
        // Long after the evidence itself is too old for a fresh verification.
        let instance = expectation.check(&leaf, None, &enclave.world.pins(), NOW + Duration::minutes(50)).unwrap();
        assert_eq!(instance.unchecked(), [expected]);
        assert_eq!(instance.evidence().is_some(), expected == Unchecked::EvidenceNonce);
        assert_eq!(instance.claims().unwrap().platform, Platform::Simulated);
    }
}

#[test]
fn registers_that_only_the_evidence_shows_are_compared_with_it() {
    let enclave = Enclave::new(NOW);
    let leaf = enclave.issue();
    let instance = Pcr::ZERO.extend(enclave.module_id().split("-enc").next().unwrap().as_bytes());
    let check = |accepted: Measurements| {
        let expectation = InstanceExpectation::new(Platform::Simulated, vec![accepted], policy_hash()).unwrap();
        let expectation = expectation.requiring_evidence(enclave.anchors()).unwrap();
        expectation.check(&leaf, None, &enclave.world.pins(), NOW)
    };
    check(measurements(&[(0, enclave.pcr(0)), (4, instance), (POLICY_PCR, enclave.pcr(16))])).unwrap();
    let refusal = check(measurements(&[(0, enclave.pcr(0)), (4, enclave.pcr(0))])).unwrap_err();
    assert!(matches!(refusal, CertificateRefusal::Evidence(_)), "{refusal}");
}

#[test]
fn evidence_is_demanded_where_it_is_required_and_nowhere_else() {
    let enclave = Enclave::new(NOW);
    let leaf = enclave.world.authority.issue(&enclave.world.request, &enclave.result(), None, NOW).unwrap();
    let check = |expectation: InstanceExpectation| expectation.check(&leaf, None, &enclave.world.pins(), NOW);
    let required = enclave.expectation().requiring_evidence(enclave.anchors()).unwrap();
    assert_eq!(check(required).unwrap_err().code(), "evidence-missing");
    let if_stapled = enclave.expectation().with_evidence_if_stapled(enclave.anchors()).unwrap();
    assert_eq!(check(if_stapled).unwrap().unchecked(), [Unchecked::Evidence]);
}

#[test]
fn anchors_of_one_platform_never_serve_another() {
    let enclave = Enclave::new(NOW);
    let error = enclave.expectation().requiring_evidence(Anchors::aws()).unwrap_err();
    assert_eq!(error.code(), "expectation-anchors-platform");
    let nitro = InstanceExpectation::new(Platform::Nitro, vec![measurements(&[(0, enclave.pcr(0))])], policy_hash());
    assert!(nitro.unwrap().with_evidence_if_stapled(enclave.anchors()).is_err());
}

#[test]
fn each_fault_of_how_evidence_is_stapled_has_its_own_code() {
    let enclave = Enclave::new(NOW);
    let evidence = enclave.evidence.clone();
    let other_root = Enclave::new(NOW).evidence;
    let mut flipped = evidence.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut endorsement = record(MEDIA_TYPE, &evidence);
    *endorsement.last_mut().unwrap() = 2;
    let of_nitro = record("application/aws-nitro-document", &evidence);
    let with_tail = [record(MEDIA_TYPE, &evidence), vec![0]].concat();
    // The code, what is done, what the claims have the digest of, what is in the extension.
    let cases = [
        ("evidence-encoding", "not wrapped", &evidence, record(MEDIA_TYPE, &evidence)),
        ("evidence-encoding", "trailing byte", &evidence, octets(&with_tail)),
        ("evidence-encoding", "endorsement", &evidence, octets(&endorsement)),
        ("evidence-type", "of Nitro", &evidence, octets(&of_nitro)),
        ("evidence-digest", "claims of other evidence", &other_root, octets(&record(MEDIA_TYPE, &evidence))),
        ("evidence-refused", "another root", &other_root, octets(&record(MEDIA_TYPE, &other_root))),
        ("evidence-refused", "a flipped bit", &flipped, octets(&record(MEDIA_TYPE, &flipped))),
    ];
    for (code, what, claimed, message) in cases {
        let refusal = enclave.forge(&enclave.claims_of(claimed), message).expect_err(what);
        assert_eq!(refusal.code(), code, "{what}: {refusal}");
    }
}

#[test]
fn genuine_evidence_that_was_made_for_something_else_is_refused() {
    let enclave = Enclave::new(NOW);
    let spki = enclave.world.key.spki_der();
    let other_spki = InstanceKey::generate().unwrap().spki_der();
    let bound = |role, spki: &[u8], policy: &str, channel| AttestationRequest {
        user_data: Some(bind(role, spki, &Sha256Digest::of(policy.as_bytes()), channel).to_vec()),
        nonce: Some(NONCE.to_vec()),
        public_key: None,
    };
    let right = bound(Role::Csr, &spki, "policy", NO_CHANNEL);
    let cases = [
        (None, "nothing else", right.clone()),
        (Some("evidence-nonce"), "no request", AttestationRequest::default()),
        (Some("evidence-nonce"), "a short nonce", AttestationRequest { nonce: Some(vec![7; 31]), ..right.clone() }),
        (Some("evidence-refused"), "another nonce", AttestationRequest { nonce: Some(vec![8; 32]), ..right.clone() }),
        (Some("evidence-refused"), "no user data", AttestationRequest { user_data: None, ..right }),
        (Some("evidence-refused"), "another role", bound(Role::Server, &spki, "policy", NO_CHANNEL)),
        (Some("evidence-refused"), "another key", bound(Role::Csr, &other_spki, "policy", NO_CHANNEL)),
        (Some("evidence-refused"), "another policy", bound(Role::Csr, &spki, "other", NO_CHANNEL)),
        (Some("evidence-refused"), "a channel", bound(Role::Csr, &spki, "policy", [1; 32])),
    ];
    for (code, what, request) in cases {
        let evidence = enclave.nsm.attest(&request).unwrap();
        let message = octets(&record(MEDIA_TYPE, &evidence));
        let refused = enclave.forge(&enclave.claims_of(&evidence), message).err();
        assert_eq!(refused.map(|refusal| refusal.code()), code, "{what}");
    }
}

#[test]
fn claims_that_say_something_else_than_the_evidence_are_found() {
    let enclave = Enclave::new(NOW);
    let message = || octets(&record("application/vnd.veracruz.simulated-evidence", &enclave.evidence));
    let truth = enclave.result().claims;
    enclave.forge(&truth, message()).unwrap();
    let lies: Vec<(&str, AttestationClaims)> = vec![
        ("PCR1", AttestationClaims { pcr1: Pcr::of_content(b"lie"), ..truth.clone() }),
        ("PCR2", AttestationClaims { pcr2: Pcr::of_content(b"lie"), ..truth.clone() }),
        ("PCR3", AttestationClaims { pcr3: Some(Pcr::of_content(b"lie")), ..truth.clone() }),
        ("PCR16", AttestationClaims { pcr16: Some(Pcr::of_content(b"lie")), ..truth.clone() }),
        ("PCR0", AttestationClaims { pcr0: Pcr::of_content(b"lie"), ..truth.clone() }),
        ("module", AttestationClaims { module_id: "i-0-enc0".to_owned(), ..truth.clone() }),
    ];
    for (what, lie) in lies {
        assert_eq!(enclave.forge(&lie, message()).expect_err(what).code(), "evidence-differs-from-claims", "{what}");
    }
}

#[test]
fn evidence_that_was_old_when_it_was_certified_is_refused() {
    let enclave = Enclave::new(NOW - Duration::minutes(10));
    let leaf = enclave.issue();
    let expectation = enclave.expectation().requiring_evidence(enclave.anchors()).unwrap();
    let refusal = expectation.check(&leaf, None, &enclave.world.pins(), NOW).unwrap_err();
    assert_eq!(refusal.code(), "evidence-refused", "{refusal}");
}

#[test]
fn code_that_is_named_by_its_runtime_hash_is_compared_with_the_evidence_all_the_same() {
    let enclave = Enclave::new(NOW);
    let leaf = enclave.issue();
    let of = |hash: [u8; 32]| {
        InstanceExpectation::of_runtime_hashes(Platform::Simulated, vec![[1; 32], hash], policy_hash()).unwrap()
    };
    let right: [u8; 32] = enclave.pcr(0).as_bytes()[..32].try_into().unwrap();
    for (expectation, unchecked) in [
        (of(right), Unchecked::Evidence),
        (of(right).requiring_evidence(enclave.anchors()).unwrap(), Unchecked::EvidenceNonce),
    ] {
        let instance = expectation.check(&leaf, None, &enclave.world.pins(), NOW).unwrap();
        assert_eq!(instance.unchecked(), [unchecked, Unchecked::FullMeasurement]);
    }
    for expectation in [of([2; 32]), of([2; 32]).requiring_evidence(enclave.anchors()).unwrap()] {
        let refusal = expectation.check(&leaf, None, &enclave.world.pins(), NOW).unwrap_err();
        assert_eq!(refusal.code(), "measurement-mismatch");
    }
    for hashes in [vec![], vec![[1; 32], [0; 32]]] {
        assert!(InstanceExpectation::of_runtime_hashes(Platform::Simulated, hashes, policy_hash()).is_err());
    }
}

#[test]
fn a_self_signed_certificate_stands_by_its_evidence_alone() {
    let enclave = Enclave::new(NOW);
    let right = octets(&record(MEDIA_TYPE, &enclave.evidence));
    let expectation = enclave.expectation().requiring_evidence(enclave.anchors()).unwrap();
    let check = |leaf: &[u8], now| expectation.check_self_signed(leaf, now);
    let instance = check(&enclave.self_signed(Some(right.clone()), NOW), NOW + Duration::minutes(50)).unwrap();
    assert_eq!(instance.unchecked(), [Unchecked::EvidenceNonce]);
    assert_eq!(instance.spki_der(), enclave.world.request.spki_der());
    assert_eq!(instance.evidence().unwrap().module_id(), enclave.module_id());

    let flipped = |position: usize| {
        let mut leaf = enclave.self_signed(Some(right.clone()), NOW);
        let position = leaf.len() - position;
        leaf[position] ^= 1;
        leaf
    };
    let of_nitro = octets(&record("application/aws-nitro-document", &enclave.evidence));
    let of_stranger = octets(&record(MEDIA_TYPE, &Enclave::new(NOW).evidence));
    let later = enclave.self_signed(Some(right.clone()), NOW - Duration::hours(1));
    for (code, what, leaf, now) in [
        ("certificate-not-self-signed", "issued", enclave.issue(), NOW),
        ("certificate-signature", "a flipped bit", flipped(2), NOW),
        ("evidence-missing", "nothing in it", enclave.self_signed(None, NOW), NOW),
        ("evidence-type", "of another platform", enclave.self_signed(Some(of_nitro), NOW), NOW),
        ("evidence-refused", "of another root", enclave.self_signed(Some(of_stranger), NOW), NOW),
        ("evidence-encoding", "not wrapped", enclave.self_signed(Some(enclave.evidence.clone()), NOW), NOW),
        ("certificate-expired", "old", enclave.self_signed(Some(right.clone()), NOW), NOW + Duration::minutes(62)),
        ("certificate-not-yet-valid", "early", enclave.self_signed(Some(right), NOW), NOW - Duration::minutes(2)),
        ("issued-at-mismatch", "evidence of later", later, NOW - Duration::minutes(2)),
    ] {
        assert_eq!(check(&leaf, now).expect_err(what).code(), code, "{what}");
    }
    let lying = enclave.self_signed_with(
        vec![
            (oid::CONCEPTUAL_MESSAGE, octets(&record(MEDIA_TYPE, &enclave.evidence))),
            (oid::RUNTIME_HASH, vec![1; 32]),
        ],
        NOW,
    );
    assert_eq!(check(&lying, NOW).unwrap_err().code(), "runtime-hash-differs-from-claims");
    let believing = enclave.expectation().check_self_signed(&enclave.self_signed(None, NOW), NOW);
    assert_eq!(believing.unwrap_err().code(), "evidence-missing", "without anchors there is nothing to believe");
}

#[test]
fn what_is_stapled_can_be_looked_at() {
    let enclave = Enclave::new(NOW);
    let document = stapled_evidence(&enclave.issue(), Platform::Simulated).unwrap().unwrap();
    assert_eq!(document, enclave.evidence);
    assert_eq!(parse_unverified(&document).unwrap().presented_root(), Some(enclave.nsm.root().root_der()));
    assert!(stapled_evidence(&enclave.issue(), Platform::Nitro).is_err());
    assert_eq!(stapled_evidence(&enclave.world.issue(), Platform::Simulated).unwrap(), None);
}

/// A simulated enclave that asked for a certificate at a time.
struct Enclave {
    world: World,
    nsm: SimulatedNsm,
    evidence: Vec<u8>,
}

impl Enclave {
    fn new(made_at: OffsetDateTime) -> Self {
        let world = World::new();
        let root = Arc::new(SimulatedRoot::generate(made_at).unwrap());
        let boot = BootMeasurements::of_program(b"runtime");
        let nsm = SimulatedNsm::under_root(root, boot, move || made_at).unwrap();
        nsm.extend_pcr(POLICY_PCR, &policy_pcr_extension(b"policy")).unwrap();
        nsm.lock_pcrs(32).unwrap();
        let user_data = bind(Role::Csr, world.request.spki_der(), &policy_hash(), NO_CHANNEL);
        let request =
            AttestationRequest { user_data: Some(user_data.to_vec()), nonce: Some(NONCE.to_vec()), public_key: None };
        let evidence = nsm.attest(&request).unwrap();
        Enclave { world, nsm, evidence }
    }

    /// The enclave's claims, with the digest of this evidence.
    fn claims_of(&self, evidence: &[u8]) -> AttestationClaims {
        AttestationClaims { evidence_sha384: Sha384::digest(evidence).into(), ..self.result().claims }
    }

    fn anchors(&self) -> Anchors {
        Anchors::insecure(self.nsm.root().root_der()).unwrap()
    }

    fn pcr(&self, index: u8) -> Pcr {
        parse_unverified(&self.evidence).unwrap().pcrs()[&index]
    }

    fn module_id(&self) -> &str {
        self.nsm.module_id()
    }

    fn result(&self) -> AttestationResult {
        let claims = AttestationClaims {
            platform: Platform::Simulated,
            pcr0: self.pcr(0),
            pcr1: self.pcr(1),
            pcr2: self.pcr(2),
            pcr3: None,
            pcr16: Some(self.pcr(16)),
            policy_hash: policy_hash(),
            module_id: self.module_id().to_owned(),
            evidence_sha384: Sha384::digest(&self.evidence).into(),
            issued_at: NOW,
        };
        AttestationResult { claims, ..result() }
    }

    fn issue(&self) -> Vec<u8> {
        self.world.authority.issue(&self.world.request, &self.result(), Some(&self.evidence), NOW).unwrap()
    }

    /// A certificate of an hour that the enclave's key signed itself.
    fn self_signed(&self, message: Option<Vec<u8>>, not_before: OffsetDateTime) -> Vec<u8> {
        let extensions = message.map(|message| (oid::CONCEPTUAL_MESSAGE, message));
        self.self_signed_with(extensions.into_iter().collect(), not_before)
    }

    fn self_signed_with(&self, extensions: Vec<(&[u64], Vec<u8>)>, not_before: OffsetDateTime) -> Vec<u8> {
        let key = KeyPair::try_from(self.world.key.private_key_pkcs8().as_slice()).unwrap();
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (not_before, not_before + Duration::HOUR);
        let extension = |(arcs, value)| CustomExtension::from_oid_content(arcs, value);
        params.custom_extensions = extensions.into_iter().map(extension).collect();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn expectation(&self) -> InstanceExpectation {
        let accepted = measurements(&[(0, self.pcr(0))]);
        InstanceExpectation::new(Platform::Simulated, vec![accepted], policy_hash()).unwrap()
    }

    /// A certificate with these claims and this stapled message, before a client that requires evidence.
    fn forge(&self, claims: &AttestationClaims, message: Vec<u8>) -> Result<AttestedInstance, CertificateRefusal> {
        let leaf = self.world.forge(|recipe| {
            recipe.claims(claims);
            recipe.set(oid::CONCEPTUAL_MESSAGE, message);
        });
        let expectation = self.expectation().requiring_evidence(self.anchors()).unwrap();
        expectation.check(&leaf, None, &self.world.pins(), NOW)
    }
}

fn bind(role: Role, spki_der: &[u8], policy_hash: &Sha256Digest, channel: [u8; 32]) -> [u8; 48] {
    Binding { platform: Platform::Simulated, role, spki_der, policy_hash, nonce: &NONCE, channel: &channel }.bind()
}

/// The CBOR record of a conceptual message: type, value, and the bit for evidence.
fn record(media_type: &str, evidence: &[u8]) -> Vec<u8> {
    let text = [&[0x78, media_type.len() as u8], media_type.as_bytes()].concat();
    let length = u16::try_from(evidence.len()).unwrap().to_be_bytes();
    [&[0x83], text.as_slice(), &[0x59], &length, evidence, &[4]].concat()
}
