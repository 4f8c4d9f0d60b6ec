//! The simulated module keeps the rules of the real one, and is never mistaken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::Duration;
use veracruz_attestation::attester::{
    AttestationRequest, BootMeasurements, INSECURE_ROOT_NAME, Nsm, NsmError, SimulatedError, SimulatedNsm,
    SimulatedRoot,
};
use veracruz_attestation::nitro::{AnchorError, Anchors, Refusal, authenticate, parse_unverified};
use veracruz_attestation::{PCR_COUNT, Pcr};
use veracruz_policy::Platform;
use veracruz_tests::forge::{CertificateSpec, Chain, Extension, Key, basic_constraints, key_usage};

use crate::adversarial::NOW;

fn nsm() -> SimulatedNsm {
    SimulatedNsm::new(BootMeasurements::of_program(b"program"), || NOW).unwrap()
}

fn document(nsm: &SimulatedNsm) -> Vec<u8> {
    nsm.attest(&AttestationRequest::default()).unwrap()
}

#[test]
fn the_platforms_registers_are_locked_and_the_applications_are_not() {
    let nsm = nsm();
    for index in 0..16 {
        assert!(matches!(nsm.extend_pcr(index, b"x"), Err(NsmError::ReadOnlyIndex)), "{index}");
        assert!(matches!(nsm.lock_pcr(index), Err(NsmError::ReadOnlyIndex)), "{index}");
    }
    for index in 16..PCR_COUNT {
        let once = Pcr::ZERO.extend(b"x");
        assert_eq!(nsm.extend_pcr(index, b"x").unwrap(), once, "{index}");
        assert_eq!(nsm.extend_pcr(index, b"y").unwrap(), once.extend(b"y"), "{index}");
    }
    for index in [32, 255] {
        assert!(matches!(nsm.extend_pcr(index, b"x"), Err(NsmError::InvalidIndex)), "{index}");
        assert!(matches!(nsm.lock_pcr(index), Err(NsmError::InvalidIndex)), "{index}");
    }
    assert!(matches!(nsm.lock_pcrs(33), Err(NsmError::InvalidIndex)));
}

#[test]
fn only_locked_registers_are_shown_and_they_no_longer_change() {
    let nsm = nsm();
    let sixteen = nsm.extend_pcr(16, b"policy").unwrap();
    assert_eq!(parse_unverified(&document(&nsm)).unwrap().pcrs().len(), 16);
    assert_eq!(nsm.describe().unwrap().locked_pcrs, (0..16).collect());

    nsm.lock_pcr(16).unwrap();
    assert!(matches!(nsm.extend_pcr(16, b"other"), Err(NsmError::ReadOnlyIndex)));
    assert_eq!(parse_unverified(&document(&nsm)).unwrap().pcrs()[&16], sixteen);

    nsm.lock_pcrs(32).unwrap();
    nsm.lock_pcrs(32).unwrap();
    let shown = parse_unverified(&document(&nsm)).unwrap();
    assert_eq!(shown.pcrs().len(), 32);
    assert_eq!(shown.pcrs()[&16], sixteen);
    assert!(matches!(nsm.extend_pcr(31, b"x"), Err(NsmError::ReadOnlyIndex)));
}

#[test]
fn requests_are_bounded_as_the_device_bounds_them() {
    let of = |user_data: usize, nonce: usize, public_key: usize| AttestationRequest {
        user_data: Some(vec![1; user_data]),
        nonce: Some(vec![1; nonce]),
        public_key: Some(vec![1; public_key]),
    };
    let nsm = nsm();
    assert!(nsm.attest(&of(512, 512, 1024)).is_ok());
    for request in [of(513, 0, 0), of(0, 513, 0), of(0, 0, 1025)] {
        assert!(matches!(nsm.attest(&request), Err(NsmError::InputTooLarge)));
    }
    assert!(matches!(nsm.extend_pcr(16, &[0; 4096]), Err(NsmError::InputTooLarge)));
}

#[test]
fn the_module_describes_itself_as_the_device_does_and_gives_random_bytes() {
    let nsm = nsm();
    let description = nsm.describe().unwrap();
    assert_eq!((description.max_pcrs, description.digest.as_str()), (32, "SHA384"));
    assert_eq!(description.module_id, nsm.module_id());
    assert_eq!(nsm.module_id().len(), "i-0123456789abcdef0-enc0123456789abcdef".len() + 1);
    assert_eq!(nsm.random().unwrap().len(), 256);
    assert_ne!(nsm.random().unwrap(), nsm.random().unwrap());
}

#[test]
fn absent_fields_are_null_and_the_payload_map_is_indefinite_unless_asked_otherwise() {
    let (indefinite, definite) = (nsm(), nsm().with_definite_map());
    for (nsm, head, tail) in [(&indefinite, 0xbf, [0xf6, 0xff]), (&definite, 0xa9, [b'e', 0xf6])] {
        let document = document(nsm);
        let start = document.windows(10).position(|window| window == b"\x69module_id").unwrap();
        assert_eq!(document[start - 1], head);
        let end = document.len() - 98;
        assert_eq!(document[end - 2..end], tail);
        assert!(parse_unverified(&document).unwrap().nonce().is_none());
    }
}

#[test]
fn debug_mode_shows_no_measurement() {
    let nsm = nsm().in_debug_mode();
    let anchors = Anchors::insecure(nsm.root().root_der()).unwrap();
    let mut genuine = authenticate(&document(&nsm), &anchors, NOW).unwrap();
    assert_eq!(genuine.refuse_debug(), Err(Refusal::Debug));
    assert!((0..=2).all(|index| genuine.pcrs()[&index].is_zero()) && !genuine.pcrs()[&4].is_zero());
    genuine.check_instance().unwrap();
}

#[test]
fn the_chain_has_the_shape_and_the_lifetimes_of_the_real_one() {
    let nsm = nsm();
    let explanation = parse_unverified(&document(&nsm)).unwrap().explain();
    let certificates = &explanation.certificates;
    assert_eq!(certificates.len(), 5);
    assert!(certificates[0].subject.as_ref().unwrap().contains(INSECURE_ROOT_NAME));
    assert!(certificates.iter().all(|certificate| certificate.subject.as_ref().unwrap().contains("INSECURE")));
    assert_eq!(certificates[4].not_before.as_deref(), Some("2026-11-22T11:59:57Z"));
    assert_eq!(certificates[4].not_after.as_deref(), Some("2026-11-22T15:00:00Z"));
}

/// Leaves are used again for a while, and made anew when that is over or the clock was set back.
#[test]
fn evidence_stays_valid_for_as_long_as_the_instance_runs() {
    let minutes = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&minutes);
    let now = move || NOW + Duration::minutes(clock.load(Ordering::SeqCst));
    let nsm = SimulatedNsm::new(BootMeasurements::of_program(b"program"), now.clone()).unwrap();
    let anchors = Anchors::insecure(nsm.root().root_der()).unwrap();
    let mut leaves = Vec::new();
    for at in [0, 29, 31, 60 * 24 * 365, 5] {
        minutes.store(at, Ordering::SeqCst);
        let genuine = authenticate(&document(&nsm), &anchors, now()).unwrap();
        leaves.push(genuine.leaf_not_after());
    }
    assert_eq!(leaves[0], leaves[1], "the same leaf is used again");
    assert!(leaves[1] < leaves[2] && leaves[2] < leaves[3] && leaves[4] < leaves[3]);
}

#[test]
fn every_instance_has_a_root_and_an_id_of_its_own() {
    let (one, other) = (nsm(), nsm());
    assert_ne!(one.root().fingerprint(), other.root().fingerprint());
    assert_ne!(one.module_id(), other.module_id());
    let anchors = Anchors::insecure(other.root().root_der()).unwrap();
    let refusal = authenticate(&document(&one), &anchors, NOW).unwrap_err();
    assert_eq!(refusal, Refusal::Root { platform: Platform::Simulated });
}

#[test]
fn simulated_evidence_is_refused_by_the_anchors_of_aws() {
    let refusal = authenticate(&document(&nsm()), &Anchors::aws(), NOW).unwrap_err();
    assert_eq!(refusal, Refusal::Root { platform: Platform::Nitro });
}

#[test]
fn debug_output_shows_no_key() {
    let root = SimulatedRoot::generate(NOW).unwrap();
    let shown = format!("{root:?}");
    assert_eq!(shown, format!("SimulatedRoot(INSECURE, {})", root.fingerprint()));
    assert_eq!(format!("{:?}", nsm()).split(',').next(), Some("SimulatedNsm(INSECURE"));
}

#[test]
fn a_text_that_is_no_exported_root_is_refused() {
    let export = SimulatedRoot::generate(NOW).unwrap().export();
    let other = SimulatedRoot::generate(NOW).unwrap().export();
    let (certificate, _) = export.split_at(export.find("-----BEGIN PRIVATE").unwrap());
    let (_, key) = other.split_at(other.find("-----BEGIN PRIVATE").unwrap());
    let import = |text: &str| SimulatedRoot::import(text).unwrap_err();
    assert!(matches!(import(""), SimulatedError::Block("CERTIFICATE")));
    assert!(matches!(import(certificate), SimulatedError::Block("PRIVATE KEY")));
    assert!(matches!(import(&format!("{certificate}{key}")), SimulatedError::NotAPair));
    assert!(matches!(import(&" ".repeat(20_000)), SimulatedError::TooLong));

    let own = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let named_otherwise = format!("{}{}", params.self_signed(&own).unwrap().pem(), own.serialize_pem());
    assert!(matches!(import(&named_otherwise), SimulatedError::NotNamedInsecure));
}

#[test]
fn only_a_self_signed_ca_on_p384_can_be_an_insecure_anchor() {
    let nsm = nsm();
    let refused = |der: &[u8]| matches!(Anchors::insecure(der), Err(AnchorError::Certificate(_)));
    assert!(refused(&[]));
    assert!(refused(b"no certificate"));
    let chain = Chain::new(NOW).certificates();
    assert!(refused(&chain[1]), "not self-signed");
    assert!(refused(&chain[4]), "a leaf");
    let (ca, no_ca) = (basic_constraints(true, None), basic_constraints(false, None));
    assert!(!refused(&self_signed(&Key::p384(), ca.clone())));
    assert!(refused(&self_signed(&Key::p256(), ca)), "on P-256");
    assert!(refused(&self_signed(&Key::p384(), no_ca)), "no CA");
    let root = nsm.root().root_der();
    assert!(refused(&[root, &[0]].concat()));
    assert!(refused(&root[..root.len() - 1]));

    let pem = include_str!("../../src/nitro/aws-nitro-root-g1.pem");
    let aws = der_of(pem);
    assert_eq!(Anchors::insecure(&aws), Err(AnchorError::IsAws));
}

fn self_signed(key: &Key, constraints: Extension) -> Vec<u8> {
    let mut spec = CertificateSpec::new("root", "root", NOW, NOW + Duration::DAY);
    spec.extensions = vec![constraints, key_usage(true, true)];
    spec.issue(key, key)
}

fn der_of(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let content: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(content).unwrap()
}
