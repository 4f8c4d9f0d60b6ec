//! Everything that gets no certificate.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use veracruz_attestation::certificate::InstanceKey;
use veracruz_attestation::service::Trust;
use veracruz_attestation::service::http::MAX_FORM_BYTES;
use veracruz_attestation::{Binding, NO_CHANNEL, Role};
use veracruz_policy::{Platform, Sha256Digest};

use crate::world::{Evidence, RUNTIME, TestClock, World, a_root, form, references, references_on, simulated};

/// Starts a session, lets `change` spoil the evidence, and gives the answer's status and code.
fn refused(world: &World, change: impl FnOnce(&mut Evidence)) -> (u16, String) {
    let started = world.start();
    let mut evidence = world.evidence(&started.nonce);
    change(&mut evidence);
    world.submit(&started.id, &evidence).problem()
}

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_nonce_is_good_for_one_request_whatever_its_outcome() {
    let world = World::new();
    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    let spoilt = Evidence { token: vec![0], ..evidence.clone() };
    assert_eq!(world.submit(&started.id, &spoilt).status, 403);
    assert_eq!(world.submit(&started.id, &evidence).problem(), code(410, "session-used"));

    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    assert_eq!(world.submit(&started.id, &evidence).status, 200);
    assert_eq!(world.submit(&started.id, &evidence).problem(), code(410, "session-used"));
}

#[test]
fn an_expired_session_is_gone_and_an_unknown_one_was_never_there() {
    let world = World::new();
    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.submit(&started.id, &evidence).problem(), code(410, "session-expired"));
    for id in ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "no-uuid", "%00"] {
        assert_eq!(world.submit(id, &evidence).problem(), code(404, "session-unknown"), "{id}");
    }
}

#[test]
fn of_many_requests_for_one_nonce_exactly_one_wins() {
    let world = World::new();
    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let submit = || world.submit(&started.id, &evidence).status.as_u16();
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(submit)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 15, "{statuses:?}");
}

#[test]
fn evidence_for_another_nonce_is_refused() {
    let world = World::new();
    let (first, second) = (world.start(), world.start());
    let evidence = world.evidence(&first.nonce);
    assert_eq!(world.submit(&second.id, &evidence).problem(), code(403, "nonce-mismatch"));
}

#[test]
fn a_request_for_another_key_is_refused() {
    let world = World::new();
    let other = InstanceKey::generate().unwrap();
    let swapped = refused(&world, |evidence| evidence.csr = other.request().unwrap());
    assert_eq!(swapped, code(403, "user-data-mismatch"));
}

#[test]
fn a_request_without_proof_of_possession_is_refused() {
    let world = World::new();
    let spoilt = refused(&world, |evidence| *evidence.csr.last_mut().unwrap() ^= 1);
    assert_eq!(spoilt, code(403, "csr-signature"));
    assert_eq!(refused(&world, |evidence| evidence.csr.truncate(20)), code(403, "csr-malformed"));
}

#[test]
fn evidence_bound_to_another_policy_is_refused() {
    let world = World::new();
    let other = Sha256Digest::of(b"another policy").to_string();
    assert_eq!(refused(&world, |evidence| evidence.policy_hash = other), code(403, "user-data-mismatch"));
}

#[test]
fn evidence_for_another_role_channel_or_platform_is_refused() {
    let world = World::new();
    let spki_der = world.key.spki_der();
    for (role, channel, platform) in [
        (Role::Server, NO_CHANNEL, Platform::Simulated),
        (Role::Client, NO_CHANNEL, Platform::Simulated),
        (Role::Csr, [1; 32], Platform::Simulated),
        (Role::Csr, NO_CHANNEL, Platform::Nitro),
    ] {
        let started = world.start();
        let binding = Binding {
            platform,
            role,
            spki_der: &spki_der,
            policy_hash: &world.policy,
            nonce: &started.nonce,
            channel: &channel,
        };
        let evidence = world.evidence_bound(&world.nsm, &world.key, &binding);
        assert_eq!(world.submit(&started.id, &evidence).problem(), code(403, "user-data-mismatch"), "{role:?}");
    }
}

#[test]
fn evidence_of_code_that_nobody_vouches_for_is_refused() {
    let world = World::new();
    world.service.accept(references("another", b"another binary"));
    assert_eq!(refused(&world, |_| {}), code(403, "pcr-mismatch"));
}

#[test]
fn evidence_under_another_root_is_refused() {
    let world = World::new();
    let stranger = simulated(&a_root(&world.clock), &world.clock, RUNTIME);
    let started = world.start();
    let evidence = world.evidence_of(&stranger, &world.key, &started.nonce);
    assert_eq!(world.submit(&started.id, &evidence).problem(), code(403, "root"));
}

#[test]
fn simulated_evidence_never_passes_as_nitro() {
    let world = World::new();
    world.service.accept(references_on("nitro", "runtime", RUNTIME));
    let started = world.start();
    let evidence = world.evidence(&started.nonce);
    let answer = world.submit_parts(&format!("/proxy/v1/Nitro/{}", started.id), &evidence.parts());
    assert_eq!(answer.problem(), code(403, "root"));
    // Nor does a measurement of one platform stand in for the other's.
    assert_eq!(refused(&world, |_| {}), code(403, "no-reference-measurements"));
}

#[test]
fn without_a_simulated_root_there_is_no_simulated_evidence() {
    let world = World::with_trust(|_| Trust::aws());
    world.service.accept(references("runtime", RUNTIME));
    assert_eq!(refused(&world, |_| {}), code(403, "platform-not-trusted"));
}

#[test]
fn without_reference_measurements_nothing_is_accepted() {
    let world = World::with_trust(|root| Trust::aws().insecure_simulated(root).unwrap());
    assert_eq!(refused(&world, |_| {}), code(403, "no-reference-measurements"));
}

#[test]
fn evidence_has_to_be_fresh_even_for_a_live_nonce() {
    let world = World::new();
    for (behind, expected) in [(60, None), (61, Some("stale"))] {
        let past = TestClock::at(world.clock.now() - Duration::from_secs(behind));
        let late = simulated(&world.root, &past, RUNTIME);
        let started = world.start();
        let answer = world.submit(&started.id, &world.evidence_of(&late, &world.key, &started.nonce));
        match expected {
            None => assert_eq!(answer.status, 200, "{behind} seconds"),
            Some(expected) => assert_eq!(answer.problem(), code(403, expected), "{behind} seconds"),
        }
    }
}

#[test]
fn evidence_of_debug_mode_is_refused() {
    let world = World::new();
    let debug = simulated(&world.root, &world.clock, RUNTIME).in_debug_mode();
    let started = world.start();
    let evidence = world.evidence_of(&debug, &world.key, &started.nonce);
    assert_eq!(world.submit(&started.id, &evidence).problem(), code(403, "debug"));
}

#[test]
fn an_authority_that_has_ended_is_the_services_own_failure() {
    let world = World::new();
    world.clock.advance(Duration::from_secs(366 * 24 * 60 * 60));
    assert_eq!(refused(&world, |_| {}), code(500, "internal"));
    let words = world.journal.words();
    assert!(words[1].starts_with("failed the authority's own certificate has ended"), "{words:?}");
}

#[test]
fn forms_that_are_no_evidence_are_refused_with_the_reason() {
    let world = World::new();
    let good = world.evidence(&[0; 32]).parts();
    let without = |name: &str| good.iter().filter(|part| part.0 != name).cloned().collect::<Vec<_>>();
    let with = |name: &'static str, value: &[u8]| {
        let mut parts = without(name);
        parts.push((name, value.to_vec()));
        parts
    };
    let mut twice = good.clone();
    twice.push(good[0].clone());
    for (case, parts, expected) in [
        ("empty", vec![], "missing-field"),
        ("no token", without("token"), "missing-field"),
        ("no csr", without("csr"), "missing-field"),
        ("no policy hash", without("policy_hash"), "missing-field"),
        ("token twice", twice, "duplicate-field"),
        ("another part", with("extra", b"1"), "unknown-field"),
        ("token no base64", with("token", b"*"), "malformed-field"),
        ("token in the URL alphabet", with("token", b"_-8="), "malformed-field"),
        ("token no text", with("token", &[0xff]), "malformed-field"),
        ("csr no base64", with("csr", b"a"), "malformed-field"),
        ("short hash", with("policy_hash", b"ab"), "malformed-field"),
        ("hash no hex", with("policy_hash", &[b'x'; 64]), "malformed-field"),
    ] {
        let path = format!("/proxy/v1/Simulated/{}", world.start().id);
        assert_eq!(world.submit_parts(&path, &parts).problem(), code(400, expected), "{case}");
    }
}

#[test]
fn bodies_that_are_no_form_are_refused() {
    let world = World::new();
    for (case, content_type, body) in [
        ("no type", None, "a"),
        ("JSON", Some("application/json"), "{}"),
        ("no boundary", Some("multipart/form-data"), "--limit--"),
        ("other boundary", Some("multipart/form-data; boundary=other"), "--limit--\r\n"),
        (
            "cut off",
            Some("multipart/form-data; boundary=limit"),
            "--limit\r\ncontent-disposition: form-data; name=\"token\"",
        ),
        ("no name", Some("multipart/form-data; boundary=limit"), "--limit\r\nx: y\r\n\r\n--limit--\r\n"),
    ] {
        let mut request = Request::post(format!("/proxy/v1/Simulated/{}", world.start().id));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = world.send(request.body(Body::from(body)).unwrap());
        let (status, code) = answer.problem();
        assert!(
            status == 400 && ["malformed-form", "unknown-field"].contains(&code.as_str()),
            "{case}: {status} {code}"
        );
    }
}

#[test]
fn a_form_over_the_limit_is_too_large() {
    let world = World::new();
    let path = format!("/proxy/v1/Simulated/{}", world.start().id);
    let answer = world.submit_parts(&path, &[("token", vec![b'a'; MAX_FORM_BYTES])]);
    assert_eq!(answer.problem(), code(413, "form-too-large"));
}

#[test]
fn the_body_of_an_unknown_session_is_not_read() {
    let world = World::new();
    let path = "/proxy/v1/Simulated/7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let answer = world.send(form(path, &[("token", vec![b'a'; MAX_FORM_BYTES])]));
    assert_eq!(answer.problem(), code(404, "session-unknown"));
}

#[test]
fn other_platforms_paths_and_methods_have_problems_of_their_own() {
    let world = World::new();
    let id = world.start().id;
    for (method, path, expected) in [
        ("POST", format!("/proxy/v1/PSA/{id}"), code(501, "platform-not-implemented")),
        ("POST", format!("/proxy/v1/SEV/{id}"), code(501, "platform-not-implemented")),
        ("POST", format!("/proxy/v1/nitro/{id}"), code(404, "no-such-resource")),
        ("POST", "/Start".to_owned(), code(404, "no-such-resource")),
        ("GET", "/proxy/v1/Start".to_owned(), code(405, "method-not-allowed")),
        ("DELETE", format!("/proxy/v1/Nitro/{id}"), code(405, "method-not-allowed")),
    ] {
        assert_eq!(world.request(method, &path).problem(), expected, "{method} {path}");
    }
}

#[test]
fn after_a_restart_old_sessions_are_unknown() {
    let (before, after) = (World::new(), World::new());
    let started = before.start();
    let evidence = before.evidence(&started.nonce);
    assert_eq!(after.submit(&started.id, &evidence).problem(), code(404, "session-unknown"));
}
