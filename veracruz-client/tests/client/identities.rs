//! Certificates and keys as users have them, and everything that is wrong with them before anybody is connected to.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};
use veracruz_client::Identity;

use crate::server::Server;
use crate::world::{Person, World};

fn one_line(pem: &str) -> String {
    let mut lines = pem.lines();
    let (head, body) =
        (lines.next().unwrap(), lines.clone().filter(|line| !line.starts_with("--")).collect::<String>());
    format!("{head}\n{body}\n{}", lines.last().unwrap())
}

#[test]
fn keys_of_every_kind_and_spelling_are_read() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519, &PKCS_RSA_SHA256] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
        let key = key.serialize_pem();
        Identity::from_pem(&certificate, &key).unwrap();
        Identity::from_pem(&one_line(&certificate), &one_line(&key)).unwrap();
        Identity::from_pem(&format!("text before\n{certificate}\n"), &format!("{key}\n\n")).unwrap();
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_code_and_without_the_key() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let two = format!("{}{}", alice.certificate_pem, bob.certificate_pem);
    let cut = alice.key_pem.replace("-----END PRIVATE KEY-----", "");
    let damaged = alice.key_pem.replacen("MIG", "!!!", 1);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----".to_owned();
    let old_encrypted =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----";
    let nonsense = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".to_owned();
    let both = format!("{}{}", alice.key_pem, bob.key_pem);
    let long = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "A".repeat(20_000));
    for (code, certificate, key) in [
        ("identity-certificate", "nothing", alice.key_pem.clone()),
        ("identity-certificate", &alice.key_pem, alice.key_pem.clone()),
        ("identity-several-certificates", &two, alice.key_pem.clone()),
        ("identity-key-mismatch", &alice.certificate_pem, bob.key_pem.clone()),
        ("key-absent", &alice.certificate_pem, alice.certificate_pem.clone()),
        ("key-several", &alice.certificate_pem, both),
        ("key-encrypted", &alice.certificate_pem, encrypted),
        ("key-encrypted", &alice.certificate_pem, old_encrypted.to_owned()),
        ("key-unfinished", &alice.certificate_pem, cut),
        ("key-base64", &alice.certificate_pem, damaged),
        ("key-unsupported", &alice.certificate_pem, nonsense),
        ("key-too-long", &alice.certificate_pem, long),
    ] {
        let error = Identity::from_pem(certificate, &key).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let body: String = key.lines().filter(|line| !line.starts_with("--")).collect();
        let said = format!("{error} {error:?}");
        assert!(!body.get(..16).is_some_and(|start| said.contains(start)), "{said}");
    }
}

#[test]
fn nothing_shows_the_key() {
    let alice = Person::new("alice");
    let shown = format!("{:?}", alice.identity());
    assert!(shown.contains("Certificate(P-256"), "{shown}");
    assert!(shown.len() < 150, "{shown}");
}

#[tokio::test]
async fn somebody_whom_the_policy_does_not_name_need_not_connect() {
    let world = World::new();
    let server = world.server();
    let stranger = veracruz_client::Client::builder(world.policy.clone(), Person::new("eve").identity());
    let error = stranger.trust(world.trust()).connector(server.clone()).build().unwrap_err();
    assert_eq!(error.code(), "identity-not-in-policy");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_instance_that_refuses_the_certificate_is_understood() {
    let world = World::new();
    let server = Server::with(world.instance().issued(&world), |behaviour| behaviour.refuses_clients = true);
    let error = world.client(&server).build().unwrap().connect().await.unwrap_err();
    assert_eq!(error.code(), "identity-refused", "{error:?}");
}
