//! Each thing that can be wrong with an instance's certificate is found, under its own code.

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::{
    AttestedInstance, Authority, CertificateRefusal, CompatibilityExpectation, InstanceExpectation,
    MAX_CERTIFICATE_BYTES, PinnedAuthorities, Unchecked, oid,
};
use veracruz_attestation::{POLICY_PCR, Pcr};
use veracruz_policy::{Platform, Sha256Digest};

use super::world::{NOW, Recipe, World, claims, expectation, measurements, octets, policy_hash, result};

#[test]
fn what_the_authority_issues_is_accepted_and_says_what_was_not_checked() {
    let world = World::new();
    let leaf = world.issue();
    for presented in [None, Some(world.authority.certificate_der())] {
        let instance = expectation().check(&leaf, presented, &world.pins(), NOW).unwrap();
        assert_eq!(instance.spki_der(), world.key.spki_der());
        assert_eq!(instance.not_after(), NOW + Duration::HOUR);
        assert_eq!(instance.claims(), Some(&claims()));
        assert_eq!(instance.runtime_hash()[..], claims().pcr0.as_bytes()[..32]);
        assert!(instance.evidence().is_none());
        assert_eq!(instance.unchecked(), [Unchecked::Evidence]);
    }
}

#[test]
fn the_forger_without_a_change_makes_an_acceptable_certificate() {
    let world = World::new();
    check(&world, &world.forge(|_| {}), NOW).unwrap();
}

type Change = fn(&mut Recipe);

#[test]
fn each_fault_of_the_kind_of_certificate_has_its_own_code() {
    each_is_refused(&[
        ("certificate-too-large", "padding", |r| r.add(&[1, 2, 3], vec![0; MAX_CERTIFICATE_BYTES])),
        ("certificate-duplicate-extension", "two runtime hashes", |r| r.add(oid::RUNTIME_HASH, vec![7; 32])),
        ("certificate-duplicate-extension", "two unknown ones", |r| {
            r.add(&[1, 2, 3], vec![5, 0]);
            r.add(&[1, 2, 3], vec![5, 0]);
        }),
        ("certificate-critical-extension", "unknown", |r| r.add_critical(&[1, 2, 3], vec![5, 0])),
        ("certificate-not-yet-valid", "starts later", |r| r.params.not_before = NOW + Duration::minutes(2)),
        ("certificate-expired", "ended", |r| r.params.not_after = NOW - Duration::minutes(2)),
        ("certificate-is-ca", "CA", |r| r.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        ("certificate-key-usage", "none", |r| r.params.key_usages.clear()),
        ("certificate-key-usage", "other", |r| r.params.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
        ("certificate-key-usage", "may sign", |r| r.params.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        ("certificate-extended-key-usage", "none", |r| r.params.extended_key_usages.clear()),
        ("certificate-extended-key-usage", "a client's", |r| {
            r.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
    ]);
}

#[test]
fn each_fault_of_what_the_certificate_says_has_its_own_code() {
    each_is_refused(&[
        ("runtime-hash-missing", "removed", |r| r.remove(oid::RUNTIME_HASH)),
        ("runtime-hash-length", "short", |r| r.set(oid::RUNTIME_HASH, vec![1; 31])),
        ("runtime-hash-length", "long", |r| r.set(oid::RUNTIME_HASH, vec![1; 33])),
        ("runtime-hash-length", "wrapped", |r| r.set(oid::RUNTIME_HASH, octets(&claims().runtime_hash()))),
        ("runtime-hash-differs-from-claims", "another", |r| r.set(oid::RUNTIME_HASH, vec![1; 32])),
        ("claims-missing", "removed", |r| r.remove(oid::ATTESTATION_CLAIMS)),
        ("claims-malformed", "not wrapped", |r| r.set(oid::ATTESTATION_CLAIMS, claims().encode())),
        ("claims-malformed", "trailing byte", |r| {
            r.set(oid::ATTESTATION_CLAIMS, octets(&[claims().encode(), vec![0]].concat()));
        }),
        ("claims-version", "version 2", |r| {
            let mut encoded = claims().encode();
            encoded[3] = 2;
            r.set(oid::ATTESTATION_CLAIMS, octets(&encoded));
        }),
        ("platform-mismatch", "simulated", |r| r.alter_claims(|c| c.platform = Platform::Simulated)),
        ("debug-mode", "PCR0", |r| r.alter_claims(|c| c.pcr0 = Pcr::ZERO)),
        ("debug-mode", "PCR1", |r| r.alter_claims(|c| c.pcr1 = Pcr::ZERO)),
        ("debug-mode", "PCR2", |r| r.alter_claims(|c| c.pcr2 = Pcr::ZERO)),
        ("policy-hash-mismatch", "other", |r| r.alter_claims(|c| c.policy_hash = Sha256Digest::of(b"other"))),
        ("issued-at-mismatch", "earlier", |r| r.alter_claims(|c| c.issued_at = NOW - Duration::minutes(2))),
        ("issued-at-mismatch", "later", |r| r.alter_claims(|c| c.issued_at = NOW + Duration::minutes(2))),
        ("measurement-mismatch", "PCR0", |r| r.alter_claims(|c| c.pcr0 = Pcr::of_content(b"evil"))),
        ("measurement-mismatch", "PCR2", |r| r.alter_claims(|c| c.pcr2 = Pcr::of_content(b"evil"))),
    ]);
}

fn each_is_refused(faults: &[(&str, &str, Change)]) {
    let world = World::new();
    for (code, what, change) in faults {
        let refusal = check(&world, &world.forge(change), NOW).expect_err(what);
        assert_eq!(refusal.code(), *code, "{what}: {refusal}");
        assert!(!refusal.to_string().is_empty());
    }
}

#[test]
fn a_measurement_that_the_claims_do_not_carry_is_not_shown() {
    let world = World::new();
    let leaf = world.issue();
    let pcr0 = (0, claims().pcr0);
    let check = |accepted| {
        let expectation = InstanceExpectation::new(Platform::Nitro, vec![accepted], policy_hash()).unwrap();
        expectation.check(&leaf, None, &world.pins(), NOW).map_err(|refusal| refusal.code())
    };
    check(measurements(&[pcr0, (POLICY_PCR, claims().pcr16.unwrap())])).unwrap();
    for unshown in [3, 4, 8, 17] {
        let accepted = measurements(&[pcr0, (unshown, Pcr::of_content(b"any"))]);
        assert_eq!(check(accepted).unwrap_err(), "measurement-mismatch", "PCR{unshown}");
    }
}

#[test]
fn an_expectation_without_measurements_cannot_be_built() {
    let error = InstanceExpectation::new(Platform::Nitro, Vec::new(), policy_hash()).unwrap_err();
    assert_eq!(error.code(), "expectation-no-measurements");
    let error = CompatibilityExpectation::new(Vec::new()).unwrap_err();
    assert_eq!(error.code(), "expectation-no-measurements");
    let error = CompatibilityExpectation::new(vec![[1; 32], [0; 32]]).unwrap_err();
    assert_eq!(error.code(), "expectation-zero-runtime-hash");
}

#[test]
fn only_the_pinned_authority_counts_whatever_its_name() {
    let world = World::new();
    let other = World::new();
    let leaf = world.issue();
    let code = |result: Result<AttestedInstance, CertificateRefusal>| result.unwrap_err().code();

    let presented = expectation().check(&leaf, Some(other.authority.certificate_der()), &world.pins(), NOW);
    assert_eq!(code(presented), "authority-not-pinned");
    let unknown_issuer = expectation().check(&leaf, None, &other.pins(), NOW);
    assert_eq!(code(unknown_issuer), "issuer-not-pinned");
    let same_name = world.forge_signed_by(&KeyPair::generate().unwrap(), |_| {});
    assert_eq!(code(check(&world, &same_name, NOW)), "certificate-signature");
    let ed25519 = world.forge_signed_by(&KeyPair::generate_for(&PKCS_ED25519).unwrap(), |_| {});
    assert_eq!(code(check(&world, &ed25519, NOW)), "certificate-signature-algorithm");

    let both = [world.authority.certificate_pem(), other.authority.certificate_pem()].join("\n");
    let both = PinnedAuthorities::from_pem(&both).unwrap();
    expectation().check(&leaf, None, &both, NOW).unwrap();
    let wrong_one = expectation().check(&leaf, Some(other.authority.certificate_der()), &both, NOW);
    assert_eq!(code(wrong_one), "issuer-not-pinned");
}

#[test]
fn an_authority_that_renewed_its_certificate_is_found_among_the_pins() {
    let world = World::new();
    let key = KeyPair::generate().unwrap();
    let ca = |start: Duration, end: Duration| {
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (NOW + start, NOW + end);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.self_signed(&key).unwrap().pem()
    };
    let ended = ca(Duration::days(-2), Duration::days(-1));
    let renewed = ca(Duration::days(-1), Duration::days(1));
    let authority = Authority::from_pem(&renewed, &key.serialize_pem(), NOW).unwrap();
    let leaf = authority.issue(&world.request, &result(), None, NOW).unwrap();
    let check = |pins: &str| expectation().check(&leaf, None, &PinnedAuthorities::from_pem(pins).unwrap(), NOW);
    check(&[ended.as_str(), &renewed].concat()).unwrap();
    assert_eq!(check(&ended).unwrap_err().code(), "authority-expired");
}

#[test]
fn validity_ends_with_the_certificates_and_forgives_a_minute_of_clock_skew() {
    let world = World::new();
    let leaf = world.issue();
    let cases = [
        (-61, Some("certificate-not-yet-valid")),
        (-60, None),
        (0, None),
        (3600, None),
        (3660, None),
        (3661, Some("certificate-expired")),
    ];
    for (seconds, code) in cases {
        let result = check(&world, &leaf, NOW + Duration::seconds(seconds));
        assert_eq!(result.err().map(|refusal| refusal.code()), code, "{seconds} s");
    }
    let long = world.forge(|recipe| {
        recipe.params.not_before = NOW - Duration::days(2);
        recipe.params.not_after = NOW + Duration::days(3650);
    });
    let early = check(&world, &long, NOW - Duration::days(1) - Duration::minutes(2));
    assert_eq!(early.unwrap_err().code(), "authority-not-yet-valid");
    assert_eq!(check(&world, &long, NOW + Duration::days(365)).unwrap_err().code(), "authority-expired");
}

#[test]
fn every_single_bit_flip_and_every_truncation_is_refused() {
    let world = World::new();
    let pins = world.pins();
    let expectation = expectation();
    let mut leaf = world.issue();
    for length in 0..leaf.len() {
        assert_eq!(expectation.check(&leaf[..length], None, &pins, NOW).unwrap_err().code(), "certificate-malformed");
    }
    assert!(expectation.check(&[leaf.as_slice(), &[0]].concat(), None, &pins, NOW).is_err());
    for bit in 0..leaf.len() * 8 {
        leaf[bit / 8] ^= 1 << (bit % 8);
        assert!(expectation.check(&leaf, None, &pins, NOW).is_err(), "bit {bit} was flipped");
        leaf[bit / 8] ^= 1 << (bit % 8);
    }
    expectation.check(&leaf, None, &pins, NOW).unwrap();
}

#[test]
fn compatibility_mode_reads_the_runtime_hash_alone() {
    let world = World::new();
    let mode = CompatibilityExpectation::new(vec![[9; 32], claims().runtime_hash()]).unwrap();
    let old_form = world.forge(|recipe| {
        recipe.remove(oid::ATTESTATION_CLAIMS);
        // Veracruz's own service: no extended key usage, and keyCertSign beside CA=FALSE.
        recipe.params.extended_key_usages.clear();
        recipe.params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    });
    for leaf in [&old_form, &world.issue()] {
        let instance = mode.check(leaf, None, &world.pins(), NOW).unwrap();
        assert_eq!(instance.runtime_hash(), &claims().runtime_hash());
        assert!(instance.claims().is_none());
        assert!(instance.unchecked().contains(&Unchecked::PolicyHash));
        assert!(instance.unchecked().contains(&Unchecked::FullMeasurement));
    }
    assert_eq!(check(&world, &old_form, NOW).unwrap_err().code(), "certificate-key-usage");

    let refused = |change: Change| mode.check(&world.forge(change), None, &world.pins(), NOW).unwrap_err().code();
    assert_eq!(refused(|r| r.set(oid::RUNTIME_HASH, vec![8; 32])), "runtime-hash-mismatch");
    assert_eq!(refused(|r| r.set(oid::RUNTIME_HASH, vec![9; 33])), "runtime-hash-length");
    assert_eq!(refused(|r| r.remove(oid::RUNTIME_HASH)), "runtime-hash-missing");
    assert_eq!(refused(|r| r.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)), "certificate-is-ca");
    assert_eq!(refused(|r| r.params.not_after = NOW - Duration::minutes(2)), "certificate-expired");
    let other = World::new();
    assert_eq!(mode.check(&old_form, None, &other.pins(), NOW).unwrap_err().code(), "issuer-not-pinned");
}

#[test]
fn pins_are_authorities_on_curves_that_are_verified() {
    let world = World::new();
    let leaf_pem = pem(&world.issue());
    let good = world.authority.certificate_pem();
    let code = |text: &str| PinnedAuthorities::from_pem(text).unwrap_err().code();
    assert_eq!(code(""), "authorities-pem");
    assert_eq!(code(&good.replace("END", "FIN")), "authorities-pem");
    assert_eq!(code(&good.replace("MII", "M!I")), "authorities-pem");
    assert_eq!(code(&format!("{good}\n").repeat(9)), "authorities-pem");
    assert_eq!(code(&pem(b"no certificate")), "authorities-malformed");
    assert_eq!(code(&pem(&[world.authority.certificate_der(), &[0]].concat())), "authorities-malformed");
    assert_eq!(code(&[good.as_str(), &leaf_pem].join("\n")), "authorities-not-a-ca");
    let ed25519 = Authority::from_pem(&good, &KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem(), NOW);
    assert_eq!(ed25519.unwrap_err().code(), "authority-key");

    let one_line: String = good.lines().collect::<Vec<_>>().join("");
    assert_eq!(PinnedAuthorities::from_pem(&one_line), PinnedAuthorities::from_pem(&good));
    assert_eq!(PinnedAuthorities::from_pem(&good.replace('\n', "\r\n")), PinnedAuthorities::from_pem(&good));
}

fn check(world: &World, leaf: &[u8], now: OffsetDateTime) -> Result<AttestedInstance, CertificateRefusal> {
    expectation().check(leaf, None, &world.pins(), now)
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----")
}
