//! What the default client accepts, what it refuses, and how little it says before it knows.

use std::sync::Arc;

use time::Duration;
use veracruz_attestation::attester::SimulatedRoot;
use veracruz_attestation::certificate::{Authority, PinnedAuthorities};
use veracruz_attestation::{Measurements, NO_CHANNEL, Pcr, Role};
use veracruz_client::{Client, Error, Trust};
use veracruz_policy::{Platform, Sha256Digest};

use crate::instance::{Instance, OldService, enclave};
use crate::server::{Behaviour, Server, channel, honest};
use crate::world::{NOW, RUNTIME, StoppedClock, World, base};

/// What the client may say to an instance that it does not know yet.
const HARMLESS: [&str; 2] = ["evidence", "request_policy_hash"];

async fn refused(client: &Client) -> Error {
    let error = client.connect().await.unwrap_err();
    assert!(!error.to_string().is_empty());
    error
}

#[tokio::test]
async fn an_honest_instance_is_accepted_by_its_certificate_and_its_evidence() {
    let world = World::new();
    let of_authority = world.instance().issued(&world);
    let without_staple = world.instance().issued_by(&world.authority, false);
    let of_itself = world.instance().self_signed(true);
    for (what, instance) in [("issued", of_authority), ("not stapled", without_staple), ("self-signed", of_itself)] {
        let server = Server::of(instance);
        let session = world.client(&server).build().unwrap().connect().await.expect(what);
        let attested = session.attested();
        assert!(attested.is_simulated(), "{what}");
        assert_eq!(attested.policy_hash(), world.policy.hash());
        assert_eq!(attested.measurement().unwrap().as_bytes()[..32], *Sha256Digest::of(RUNTIME).as_bytes());
        assert_eq!(attested.unchecked().count(), 1, "{what}: only that the policy names 32 of 48 bytes");
        assert_eq!(server.seen(), HARMLESS, "{what}");
    }
}

#[tokio::test]
async fn whole_registers_leave_nothing_open() {
    let world = World::new();
    let server = world.server();
    let pcr0 = veracruz_attestation::attester::BootMeasurements::of_program(RUNTIME).pcr0;
    let other = Measurements::new([(0, Pcr::of_content(b"other"))]).unwrap();
    let right = Measurements::new([(0, pcr0), (1, pcr0)]).unwrap();
    let trust = world.trust().measurement(Platform::Simulated, other.clone());
    let error = refused(&world.client(&server).trust(trust.clone()).build().unwrap()).await;
    assert_eq!(error.code(), "pcr-mismatch");
    let trust = trust.measurement(Platform::Simulated, right);
    let session = world.client(&server).trust(trust).build().unwrap().connect().await.unwrap();
    assert_eq!(session.attested().unchecked().count(), 0);
}

#[tokio::test]
async fn any_root_will_do_only_where_simulated_instances_are_allowed_without_one() {
    let world = World::new();
    for instance in [world.instance().issued(&world), world.instance().self_signed(true)] {
        let server = Server::of(instance);
        let client = world.client(&server).trust(Trust::default().allow_simulated()).build().unwrap();
        let session = client.connect().await.unwrap();
        assert!(session.attested().is_simulated());
        assert!(
            session.attested().unchecked().any(|what| what.contains("root")),
            "it is said that this proves nothing"
        );
    }
    let stranger = Arc::new(SimulatedRoot::generate(NOW).unwrap());
    let server = Server::of(Instance::under(&stranger, RUNTIME, world.policy.text()).issued(&world));
    assert_eq!(refused(&world.client(&server).build().unwrap()).await.code(), "root");
}

/// A case: the code, what is wrong, and the server that is so.
type Case = (&'static str, &'static str, Box<dyn Fn(&World) -> Server>);

fn instance(code: &'static str, what: &'static str, make: impl Fn(&World) -> Instance + 'static) -> Case {
    (code, what, Box::new(move |world| Server::of(make(world))))
}

/// An honest instance whose server does something else.
fn behaviour(code: &'static str, what: &'static str, change: impl Fn(&mut Behaviour) + 'static) -> Case {
    (code, what, Box::new(move |world| Server::with(world.instance().issued(world), |behaviour| change(behaviour))))
}

fn certificates() -> Vec<Case> {
    let other_authority = || Authority::generate(NOW - Duration::days(1), Duration::days(2)).unwrap();
    vec![
        instance("authority-not-pinned", "wrong CA", move |world| world.instance().issued_by(&other_authority(), true)),
        instance("issuer-not-pinned", "wrong CA that does not show itself", move |world| {
            let mut instance = world.instance().issued_by(&other_authority(), true);
            instance.chain.truncate(1);
            instance
        }),
        instance("measurement-mismatch", "other code", |world| {
            Instance::start(world, b"other code", world.policy.text()).issued_by(&world.authority, false)
        }),
        instance("measurement-mismatch", "other code, with its evidence", |world| {
            Instance::start(world, b"other code", world.policy.text()).issued(world)
        }),
        instance("policy-hash-mismatch", "another policy", |world| Instance::start(world, RUNTIME, "{}").issued(world)),
        instance("evidence-missing", "self-signed, nothing in it", |world| world.instance().self_signed(false)),
        instance("root", "self-signed, evidence of a stranger's root", |world| {
            let stranger = Arc::new(SimulatedRoot::generate(NOW).unwrap());
            Instance::under(&stranger, RUNTIME, world.policy.text()).self_signed(true)
        }),
        instance("user-data-mismatch", "self-signed, another policy", |world| {
            Instance::start(world, RUNTIME, "{}").self_signed(true)
        }),
        instance("measurement-mismatch", "self-signed, other code", |world| {
            Instance::start(world, b"other code", world.policy.text()).self_signed(true)
        }),
        instance("debug", "self-signed, in debug mode", |world| {
            let mut instance = world.instance();
            let nsm = enclave(&world.root, RUNTIME, world.policy.text(), NOW).in_debug_mode();
            instance.nsm = Arc::new(nsm);
            instance.self_signed(true)
        }),
        instance("certificate-chain", "three certificates", |world| {
            let mut instance = world.instance().issued(world);
            instance.chain.push(instance.chain[1].clone());
            instance
        }),
        instance("certificate-malformed", "no certificate at all", |world| {
            let mut instance = world.instance().issued(world);
            instance.chain[0].push(0);
            instance
        }),
        behaviour("handshake", "somebody else's certificate without its key", |behaviour| {
            let other = veracruz_attestation::certificate::InstanceKey::generate().unwrap();
            behaviour.key = Some(other.private_key_pkcs8().to_vec());
        }),
    ]
}

fn sessions() -> Vec<Case> {
    vec![
        behaviour("session-evidence-missing", "no evidence", |behaviour| behaviour.evidence = Box::new(|_, _, _| None)),
        behaviour("cbor-truncated", "no document", |behaviour| behaviour.evidence = Box::new(|_, _, _| Some(vec![]))),
        behaviour("session-binding", "reflection: of a client", |behaviour| {
            behaviour.evidence = Box::new(|instance, nonce, tls| {
                Some(instance.evidence(Role::Client, nonce, &channel(tls, Role::Client, nonce)))
            });
        }),
        behaviour("session-binding", "of a certificate request", |behaviour| {
            behaviour.evidence = Box::new(|instance, nonce, _| Some(instance.evidence(Role::Csr, nonce, &NO_CHANNEL)));
        }),
        behaviour("session-binding", "of no connection", |behaviour| {
            behaviour.evidence =
                Box::new(|instance, nonce, _| Some(instance.evidence(Role::Server, nonce, &NO_CHANNEL)));
        }),
        behaviour("nonce-mismatch", "replayed: for an earlier nonce", |behaviour| {
            behaviour.evidence = Box::new(|instance, _, tls| honest(instance, &[3; 32], tls));
        }),
        behaviour("session-binding", "for another policy", |behaviour| {
            behaviour.evidence = Box::new(|instance, nonce, tls| {
                let (spki, channel) = (instance.key.spki_der(), channel(tls, Role::Server, nonce));
                Some(instance.evidence_for(&spki, &Sha256Digest::of(b"{}"), Role::Server, nonce, &channel))
            });
        }),
        behaviour("policy-hash-differs", "another policy by its own word", |behaviour| {
            behaviour.policy_hash = Sha256Digest::of(b"{}");
        }),
        behaviour("session-platform", "evidence called Nitro's", |behaviour| behaviour.platform = Platform::Nitro),
        with_another_enclave("session-binding", "evidence of another instance", |world| world.instance()),
        with_same_key("policy-register", "the right words from under another policy", |world| {
            enclave(&world.root, RUNTIME, "{}", NOW)
        }),
        with_same_key("measurement-not-accepted", "other code with the same key", |world| {
            enclave(&world.root, b"other code", world.policy.text(), NOW)
        }),
        with_same_key("session-other-instance", "another enclave with the same key", |world| {
            enclave(&world.root, RUNTIME, world.policy.text(), NOW)
        }),
        with_same_key("debug", "debug mode", |world| {
            enclave(&world.root, RUNTIME, world.policy.text(), NOW).in_debug_mode()
        }),
        with_same_key("stale", "old evidence", |world| {
            enclave(&world.root, RUNTIME, world.policy.text(), NOW - Duration::minutes(6))
        }),
        with_same_key("certificate-not-yet-valid", "evidence of later", |world| {
            enclave(&world.root, RUNTIME, world.policy.text(), NOW + Duration::minutes(2))
        }),
    ]
}

/// The session's evidence comes from another enclave with a key of its own.
fn with_another_enclave(code: &'static str, what: &'static str, other: impl Fn(&World) -> Instance + 'static) -> Case {
    let make = move |world: &World| {
        let other = other(world);
        Server::with(world.instance().issued(world), |behaviour| {
            behaviour.evidence = Box::new(move |_, nonce, tls| honest(&other, nonce, tls));
        })
    };
    (code, what, Box::new(make))
}

/// The session's evidence comes from another enclave, which was made to bind the instance's key.
fn with_same_key(
    code: &'static str,
    what: &'static str,
    nsm: impl Fn(&World) -> veracruz_attestation::attester::SimulatedNsm + 'static,
) -> Case {
    let make = move |world: &World| {
        let mut other = world.instance();
        other.nsm = Arc::new(nsm(world));
        Server::with(world.instance().issued(world), |behaviour| {
            behaviour.evidence = Box::new(move |instance, nonce, tls| {
                let (spki, channel) = (instance.key.spki_der(), channel(tls, Role::Server, nonce));
                Some(other.evidence_for(&spki, &instance.policy, Role::Server, nonce, &channel))
            });
        })
    };
    (code, what, Box::new(make))
}

#[tokio::test]
async fn each_lie_is_refused_with_its_own_code_and_hears_nothing() {
    let world = World::new();
    for (code, what, make) in certificates().into_iter().chain(sessions()) {
        let server = make(&world);
        let error = refused(&world.client(&server).build().unwrap()).await;
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(!error.next_step().is_empty(), "{what}");
        assert!(!error.is_retryable(), "{what}: the same instance will lie again");
        assert!(
            server.seen().iter().all(|request| HARMLESS.contains(&request.as_str())),
            "{what}: {:?}",
            server.seen()
        );
    }
}

#[tokio::test]
async fn certificates_are_judged_by_the_clients_clock() {
    let world = World::new();
    let server = world.server();
    for (code, now) in [
        ("certificate-expired", NOW + Duration::hours(2)),
        ("certificate-not-yet-valid", NOW - Duration::minutes(5)),
        ("authority-expired", NOW + Duration::days(400)),
        ("authority-not-yet-valid", NOW - Duration::days(30)),
    ] {
        let client = world.client(&server).clock(StoppedClock(now)).build().unwrap();
        assert_eq!(refused(&client).await.code(), code);
    }
}

#[tokio::test]
async fn a_clock_that_is_a_little_behind_does_no_harm() {
    let world = World::new();
    let server = world.server();
    for seconds in [-59, 59] {
        let clock = StoppedClock(NOW + Duration::seconds(seconds));
        world.client(&server).clock(clock).build().unwrap().connect().await.expect("within a minute");
    }
}

#[tokio::test]
async fn simulated_instances_need_a_word_of_the_user() {
    // The policy itself names the simulated platform: no connection is even tried.
    let world = World::new();
    let server = world.server();
    let error = world.client(&server).trust(Trust::default()).build().unwrap_err();
    assert_eq!(error.code(), "simulated-policy");
    // The policy names Nitro, and the instance turns out to be simulated.
    let of_nitro = base(&world.authority)
        .identity(world.alice.certificate(), "/:rwx")
        .unwrap()
        .runtime(Platform::Nitro, Sha256Digest::of(RUNTIME))
        .build()
        .unwrap();
    let start = || Instance::start(&world, RUNTIME, of_nitro.text());
    for instance in [start().issued(&world), start().self_signed(true)] {
        let server = Server::of(instance);
        let client = world.client_of(&of_nitro, &server).trust(Trust::default()).build().unwrap();
        assert_eq!(refused(&client).await.code(), "simulated-instance");
        // Allowing it is not enough: nothing names the code of a simulated instance.
        let client = world.client_of(&of_nitro, &server).build().unwrap();
        let code = refused(&client).await.code().to_owned();
        assert!(["simulated-instance", "evidence-type"].contains(&code.as_str()), "{code}");
    }
}

#[tokio::test]
async fn old_servers_pass_only_by_the_dangerous_options() {
    let world = World::new();
    let server =
        Server::with(world.instance().issued(&world), |behaviour| behaviour.evidence = Box::new(|_, _, _| None));
    let trust = world.trust().dangerous_without_session_evidence();
    let session = world.client(&server).trust(trust).build().unwrap().connect().await.unwrap();
    assert!(session.attested().evidence().is_none());
    assert_eq!(session.attested().unchecked().count(), 2);
    assert_eq!(server.seen(), ["request_policy_hash"]);
}

#[tokio::test]
async fn certificates_of_old_services_pass_only_by_the_dangerous_options() {
    let world = World::new();
    let (service, stranger) = (OldService::new(), OldService::new());
    let of_service = || PinnedAuthorities::from_pem(&service.certificate.pem()).unwrap();
    let right = *Sha256Digest::of(RUNTIME).as_bytes();
    let trust = || world.trust().authorities(of_service()).dangerous_without_session_evidence();
    let connect = async |issuer: &OldService, hash: &[u8; 32], trust: Trust| {
        let instance = world.instance().issued_as_of_old(issuer, hash);
        let server = Server::with(instance, |behaviour| behaviour.evidence = Box::new(|_, _, _| None));
        world.client(&server).trust(trust).build().unwrap().connect().await
    };
    let session = connect(&service, &right, trust().dangerous_old_certificates()).await.unwrap();
    assert_eq!(session.attested().measurement(), None);
    assert_eq!(session.attested().unchecked().count(), 3, "platform, whole measurement, evidence");
    for (code, issuer, hash, trust) in [
        ("certificate-key-usage", &service, right, trust()),
        ("runtime-hash-mismatch", &service, [7; 32], trust().dangerous_old_certificates()),
        ("authority-not-pinned", &stranger, right, trust().dangerous_old_certificates()),
    ] {
        assert_eq!(connect(issuer, &hash, trust).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn trust_and_policy_must_go_together() {
    let world = World::new();
    let server = world.server();
    let none = base(&world.authority).identity(world.alice.certificate(), "/:rwx").unwrap().build().unwrap();
    let error = world.client_of(&none, &server).trust(Trust::default()).build().unwrap_err();
    assert_eq!(error.code(), "no-measurement");
    let pcr = Pcr::of_content(b"x");
    let trust = world.trust().measurement(Platform::Simulated, Measurements::new([(0, pcr), (16, pcr)]).unwrap());
    assert_eq!(world.client(&server).trust(trust).build().unwrap_err().code(), "measurement-policy-register");
}
