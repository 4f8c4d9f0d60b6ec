//! The way to a certificate.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use veracruz_attestation::certificate::{InstanceExpectation, PinnedAuthorities};
use veracruz_attestation::nitro::Anchors;
use veracruz_attestation::service::SESSION_LIFE;
use veracruz_policy::Platform;

use crate::world::{RUNTIME, World, references};

/// Cuts `DER(leaf) || DER(CA)` where old hosts cut it: after the first DER element.
fn split(body: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!(body[..2], [0x30, 0x82], "a DER sequence with a length of two bytes");
    body.split_at(4 + usize::from(u16::from_be_bytes([body[2], body[3]])))
}

#[test]
fn a_start_is_answered_with_a_challenge() {
    let world = World::new();
    let answer = world.request("POST", "/proxy/v1/Start");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers["content-type"], "application/vnd.veraison.challenge-response-session+json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let challenge = answer.json();
    let expiry = OffsetDateTime::parse(challenge["expiry"].as_str().unwrap(), &Rfc3339).unwrap();
    assert_eq!(expiry, world.clock.now() + SESSION_LIFE);
    assert_eq!(challenge["status"], "waiting");
    assert_eq!(challenge["accept"], serde_json::json!(["multipart/form-data"]));
}

#[test]
fn accepted_evidence_gets_the_leaf_and_the_authority() {
    let world = World::new();
    let started = world.start();
    let answer = world.submit(&started.id, &world.evidence(&started.nonce));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let (leaf, authority) = split(&answer.body);
    let (rest, parsed) = x509_parser::parse_x509_certificate(leaf).unwrap();
    assert!(rest.is_empty());
    assert_eq!(parsed.public_key().raw, world.key.spki_der());
    let validity = parsed.validity();
    let life = validity.not_after.to_datetime() - validity.not_before.to_datetime();
    assert!(life.is_positive() && life <= time::Duration::HOUR, "{life}");

    let pem = world.request("GET", "/proxy/v1/ca");
    assert_eq!(pem.headers["content-type"], "application/pem-certificate-chain");
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem.body).unwrap();
    assert_eq!(pem.contents, authority);
    assert_eq!(world.journal.words(), ["started", "issued simulated runtime"]);
}

#[test]
fn the_client_that_checks_everything_itself_takes_the_certificate() {
    let world = World::new();
    let started = world.start();
    let answer = world.submit(&started.id, &world.evidence(&started.nonce));
    let (leaf, authority) = split(&answer.body);
    let pem = String::from_utf8(world.request("GET", "/proxy/v1/ca").body).unwrap();
    let accepted = references("runtime", RUNTIME).iter().map(|entry| entry.measurements().clone()).collect();
    let expectation = InstanceExpectation::new(Platform::Simulated, accepted, world.policy)
        .unwrap()
        .requiring_evidence(Anchors::insecure(world.root.root_der()).unwrap())
        .unwrap();
    let pins = PinnedAuthorities::from_pem(&pem).unwrap();
    let instance = expectation.check(leaf, Some(authority), &pins, world.clock.now()).unwrap();
    assert_eq!(instance.spki_der(), world.key.spki_der());
    assert_eq!(instance.claims().unwrap().module_id, world.nsm.module_id());
}

#[test]
fn an_instance_renews_with_the_same_key_and_keeps_its_name() {
    let world = World::new();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let started = world.start();
        let answer = world.submit(&started.id, &world.evidence(&started.nonce));
        let (leaf, _) = split(&answer.body);
        let (_, parsed) = x509_parser::parse_x509_certificate(leaf).unwrap();
        let names = parsed.subject_alternative_name().unwrap().unwrap().value.general_names.clone();
        seen.push((format!("{names:?}"), parsed.raw_serial().to_vec()));
    }
    assert_eq!(seen[0].0, seen[1].0);
    assert_ne!(seen[0].1, seen[1].1);
}

#[test]
fn new_reference_measurements_hold_from_the_next_request_on() {
    let world = World::new();
    world.service.accept(references("another", b"another binary"));
    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    world.service.accept(references("runtime again", RUNTIME));
    assert_eq!(world.submit(&started.id, &evidence).status, 200);
    assert_eq!(world.journal.words()[1], "issued simulated runtime again");
}
