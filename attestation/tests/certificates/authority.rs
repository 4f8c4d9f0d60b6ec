//! The authority is one, and issues what clients accept and nothing that lives too long.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384};
use time::Duration;
use veracruz_attestation::Pcr;
use veracruz_attestation::certificate::{AttestationResult, Authority, InstanceName, PinnedAuthorities, oid};
use veracruz_policy::Platform;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::world::{EVIDENCE, NOW, World, claims, expectation, result};

#[test]
fn an_issued_certificate_has_the_documented_contents() {
    let world = World::new();
    let leaf = world
        .authority
        .issue(&world.request, &result(), Some(EVIDENCE), NOW)
        .unwrap();
    let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
    assert!(parsed.raw_serial().len() <= 17 && parsed.raw_serial().len() >= 12);
    assert!(parsed.raw_serial()[0] < 0x80, "a serial number is positive");
    assert!(!parsed.basic_constraints().unwrap().unwrap().value.ca);
    assert_eq!(parsed.key_usage().unwrap().unwrap().value.flags, 1);
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.server_auth && !usage.client_auth && !usage.any);
    let names = &parsed.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert!(matches!(names.as_slice(), [GeneralName::DNSName("instance-1")]));
    assert_eq!(
        parsed.subject().to_string(),
        "C=US, ST=Texas, L=Austin, O=Veracruz, OU=Compute Enclave, CN=VeracruzCompute"
    );
    assert_eq!(parsed.public_key().raw, world.key.spki_der());

    let extension = |arcs: &[u64]| {
        let found = parsed
            .extensions()
            .iter()
            .find(|e| e.oid.iter().unwrap().eq(arcs.iter().copied()))
            .unwrap();
        assert!(!found.critical);
        found.value
    };
    assert_eq!(
        extension(oid::RUNTIME_HASH),
        &claims().pcr0.as_bytes()[..32],
        "raw, in no inner DER"
    );
    assert!(
        leaf.windows(7)
            .any(|window| window == [0x06, 0x03, 0x55, 0x1e, 0x01, 0x04, 0x20])
    );
    assert!(extension(oid::ATTESTATION_CLAIMS).ends_with(&claims().encode()));
    let message = extension(oid::CONCEPTUAL_MESSAGE);
    assert_eq!(
        &message[..3],
        &[0x04, (message.len() - 2) as u8, 0x83],
        "an octet string with a record of three"
    );
    assert!(message.ends_with(&[EVIDENCE, &[4]].concat()));
    assert!(
        message
            .windows(30)
            .any(|window| window == b"application/aws-nitro-document" as &[u8])
    );
}

#[test]
fn serial_numbers_do_not_repeat() {
    let world = World::new();
    let serial = || {
        let leaf = world.issue();
        let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
        parsed.raw_serial().to_vec()
    };
    assert_ne!(serial(), serial());
}

#[test]
fn a_certificate_lives_for_an_hour_or_as_long_as_what_it_rests_on() {
    let world = World::new();
    let short = Authority::generate(NOW, Duration::minutes(20)).unwrap();
    let cases = [
        (&world.authority, Duration::hours(3), Some(Duration::HOUR)),
        (&world.authority, Duration::minutes(59), Some(Duration::minutes(59))),
        (&short, Duration::hours(3), Some(Duration::minutes(20))),
        (&world.authority, Duration::ZERO, None),
        (&world.authority, Duration::minutes(-1), None),
    ];
    for (authority, left, expected) in cases {
        let result = AttestationResult {
            valid_until: NOW + left,
            ..result()
        };
        let issued = authority.issue(&world.request, &result, None, NOW);
        match expected {
            Some(lifetime) => {
                let leaf = issued.unwrap();
                let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
                assert_eq!(parsed.validity().not_before.to_datetime(), NOW);
                assert_eq!(parsed.validity().not_after.to_datetime(), NOW + lifetime);
            }
            None => assert_eq!(issued.unwrap_err().code(), "issue-window"),
        }
    }
}

#[test]
fn what_no_verified_evidence_can_show_is_not_certified() {
    let world = World::new();
    let altered = |change: &dyn Fn(&mut AttestationResult)| {
        let mut altered = result();
        change(&mut altered);
        world
            .authority
            .issue(&world.request, &altered, Some(EVIDENCE), NOW)
            .unwrap_err()
            .code()
    };
    assert_eq!(altered(&|r| r.claims.pcr0 = Pcr::ZERO), "issue-debug");
    assert_eq!(altered(&|r| r.claims.module_id = String::new()), "issue-claims");
    assert_eq!(altered(&|r| r.claims.module_id = "a\nb".to_owned()), "issue-claims");
    assert_eq!(altered(&|r| r.claims.evidence_sha384[0] ^= 1), "issue-evidence");
}

#[test]
fn a_certificate_without_isolation_says_so_in_its_subject() {
    let world = World::new();
    let mut simulated = result();
    simulated.claims.platform = Platform::Simulated;
    let leaf = world.authority.issue(&world.request, &simulated, None, NOW).unwrap();
    let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
    assert!(
        parsed.subject().to_string().contains("INSECURE"),
        "{}",
        parsed.subject()
    );
}

#[test]
fn an_authority_comes_back_from_its_files() {
    let world = World::new();
    let again = Authority::from_pem(&world.authority.certificate_pem(), &world.authority.key_pem(), NOW).unwrap();
    assert_eq!(again.certificate_der(), world.authority.certificate_der());
    let leaf = again.issue(&world.request, &result(), None, NOW).unwrap();
    expectation().check(&leaf, None, &world.pins(), NOW).unwrap();
}

#[test]
fn two_authorities_have_different_names() {
    let subject = |world: &World| {
        let (_, parsed) = X509Certificate::from_der(world.authority.certificate_der()).unwrap();
        parsed.subject().to_string()
    };
    assert_ne!(subject(&World::new()), subject(&World::new()));
}

#[test]
fn an_authority_on_p384_issues_what_clients_accept() {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let pem = ca(&key, |_| {});
    let authority = Authority::from_pem(&pem, &key.serialize_pem(), NOW).unwrap();
    let world = World::new();
    let leaf = authority.issue(&world.request, &result(), None, NOW).unwrap();
    expectation()
        .check(&leaf, None, &PinnedAuthorities::from_pem(&pem).unwrap(), NOW)
        .unwrap();
}

#[test]
fn files_that_make_no_authority_are_refused_with_the_reason() {
    let key = KeyPair::generate().unwrap();
    let key_pem = key.serialize_pem();
    let good = ca(&key, |_| {});
    let no_ca = ca(&key, |params| params.is_ca = IsCa::ExplicitNoCa);
    let cannot_sign = ca(&key, |params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature]
    });
    let not_yet = ca(&key, |params| params.not_before = NOW + Duration::SECOND);
    let ended = ca(&key, |params| params.not_after = NOW - Duration::SECOND);
    let other_key = KeyPair::generate().unwrap().serialize_pem();
    let cases = [
        ("authority-pem", "no PEM", key_pem.as_str()),
        ("authority-key", &good, "no PEM"),
        ("authority-key", &good, &good),
        ("authority-mismatch", &good, &other_key),
        ("authority-not-a-ca", &no_ca, &key_pem),
        ("authority-not-a-ca", &cannot_sign, &key_pem),
        ("authority-window", &not_yet, &key_pem),
        ("authority-window", &ended, &key_pem),
    ];
    for (code, certificate, key) in cases {
        let error = Authority::from_pem(certificate, key, NOW).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.to_string().contains("PRIVATE"), "{error}");
    }
    let two = [good.as_str(), &good].join("\n");
    assert_eq!(
        Authority::from_pem(&two, &key_pem, NOW).unwrap_err().code(),
        "authority-pem"
    );
    Authority::from_pem(&good, &key_pem, NOW).unwrap();
}

#[test]
fn debug_output_of_an_authority_shows_no_key() {
    let world = World::new();
    let shown = format!("{:?}", world.authority);
    let pem = world.authority.key_pem();
    let body = pem.lines().nth(1).unwrap();
    assert!(shown.contains("certificate_sha256") && !shown.contains(body), "{shown}");
}

#[test]
fn names_of_instances_are_dns_names() {
    for good in ["a", "i-0123-enc4567", "instance.example.org", &"a".repeat(63)] {
        assert_eq!(good.parse::<InstanceName>().unwrap().to_string(), good);
    }
    for bad in [
        "",
        ".",
        "a..b",
        "-a",
        "a-",
        "Upper",
        "a_b",
        "a b",
        "*.example.org",
        "ä",
        &"a".repeat(64),
    ] {
        assert!(bad.parse::<InstanceName>().is_err(), "{bad}");
    }
}

fn ca(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut params = CertificateParams::default();
    params.not_before = NOW - Duration::DAY;
    params.not_after = NOW + Duration::DAY;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "i-poc CA");
    change(&mut params);
    params.self_signed(key).unwrap().pem()
}
