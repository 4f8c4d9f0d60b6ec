//! Who gets a session, and with which TLS.

use rustls::CipherSuite;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use veracruz_policy::Ciphersuite;

use crate::client::{Client, config};
use crate::people::Person;
use crate::world::{Setup, policy, with_suite};

const CHACHA20: CipherSuite = CipherSuite::TLS13_CHACHA20_POLY1305_SHA256;

#[tokio::test]
async fn certificates_as_old_users_have_them_open_a_session() {
    for (what, person) in [("P-256", Person::ordinary()), ("RSA", Person::rsa()), ("version 1", Person::version_1())] {
        let world = Setup::of(policy(&[&person], |builder| builder)).start().await.unwrap();
        let mut client = world.connect(&person).await;
        client.send_bytes(&[0; 8]).await;
        let mut prefix = [0; 8];
        client.stream.read_exact(&mut prefix).await.expect(what);
        assert!(u64::from_be_bytes(prefix) < 1024, "{what}: an empty request is answered");
        world.stop().await;
    }
}

#[tokio::test]
async fn everybody_else_is_refused_in_the_handshake() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let (expired, early) = (Person::expired(), Person::not_yet_valid());
    let world = Setup::of(policy(&[&alice, &bob, &expired, &early], |builder| builder)).start().await.unwrap();
    for (what, person, alert) in [
        ("no certificate", None, "CertificateRequired"),
        ("a stranger's", Some(Person::ordinary()), "UnknownCA"),
        ("the same name and key, another certificate", Some(alice.reissued()), "UnknownCA"),
        ("an expired one", Some(expired), "CertificateExpired"),
        ("one that is not valid yet", Some(early), "CertificateExpired"),
        ("another participant's key", Some(alice.with_key_of(&bob)), "DecryptError"),
    ] {
        let config = config(CHACHA20, person.as_ref());
        let mut client = Client::handshake(world.pipe().await, config).await.unwrap();
        let error = client.read_error().await.to_string();
        assert!(error.contains(alert), "{what}: {error}");
    }
    world.stop().await;
}

#[tokio::test]
async fn only_the_ciphersuite_of_the_policy_is_spoken() {
    let alice = Person::ordinary();
    let suites = [
        (Ciphersuite::Chacha20Poly1305Sha256, CHACHA20),
        (Ciphersuite::Aes128GcmSha256, CipherSuite::TLS13_AES_128_GCM_SHA256),
        (Ciphersuite::Aes256GcmSha384, CipherSuite::TLS13_AES_256_GCM_SHA384),
    ];
    for (of_policy, right) in suites {
        let world = Setup::of(with_suite(&alice, of_policy)).start().await.unwrap();
        for (_, offered) in suites {
            let outcome = Client::handshake(world.pipe().await, config(offered, Some(&alice))).await;
            assert_eq!(outcome.is_ok(), offered == right, "{offered:?} before {of_policy:?}");
        }
        world.stop().await;
    }
}

#[tokio::test]
async fn a_policy_with_a_ciphersuite_that_nobody_offers_does_not_start() {
    let alice = Person::ordinary();
    let error = Setup::of(with_suite(&alice, Ciphersuite::Aes128CcmSha256)).start().await.err().unwrap();
    assert_eq!(error.code(), "ciphersuite-not-offered");
    assert!(error.to_string().contains("TLS1_3_AES_128_CCM_SHA256"), "{error}");
}

/// A ClientHello of TLS 1.2 (RFC 5246, section 7.4.1.2), written by hand: no library here speaks it.
#[tokio::test]
async fn tls_1_2_is_refused_by_an_alert() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let body = [
        &[0x03, 0x03][..],                // TLS 1.2
        &[7; 32],                         // random
        &[0],                             // no session
        &[0, 2, 0xc0, 0x2b],              // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        &[1, 0],                          // no compression
        &[0, 8, 0, 13, 0, 4, 0, 2, 4, 3], // signature_algorithms: ecdsa_secp256r1_sha256
    ]
    .concat();
    let handshake = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    let record = [&[0x16, 3, 1, 0, handshake.len() as u8][..], &handshake].concat();
    let mut pipe = world.pipe().await;
    pipe.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    pipe.read_to_end(&mut answer).await.unwrap();
    assert_eq!((answer[0], &answer[5..]), (0x15, &[2, 70][..]), "a fatal alert protocol_version");
    world.stop().await;
}

#[tokio::test]
async fn no_ticket_is_sent_and_nothing_can_be_resumed() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let config = config(CHACHA20, Some(&alice));
    for _ in 0..2 {
        let mut client = Client::handshake(world.pipe().await, config.clone()).await.unwrap();
        client.send_bytes(&[0; 8]).await;
        client.stream.read_exact(&mut [0; 8]).await.unwrap();
        let kind = client.stream.get_ref().1.handshake_kind();
        assert_eq!(kind, Some(rustls::HandshakeKind::Full));
        assert_eq!(client.stream.get_ref().1.tls13_tickets_received(), 0);
    }
    world.stop().await;
}
