//! Certificates of people and of attestation services.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};
use veracruz_policy::{Authorities, Certificate, CertificateError, KeyKind, PemError, Rule};

use crate::fixtures::{assert_breaks, full, parse_full, pem, self_signed, with};

#[test]
fn all_kinds_of_key_that_sessions_take_are_read() {
    let generated = [
        (&PKCS_ECDSA_P256_SHA256, KeyKind::P256),
        (&PKCS_ECDSA_P384_SHA384, KeyKind::P384),
        (&PKCS_ED25519, KeyKind::Ed25519),
        (&PKCS_RSA_SHA256, KeyKind::Rsa { bits: 2048 }),
    ];
    for (algorithm, kind) in generated {
        let pem = self_signed("someone", &KeyPair::generate_for(algorithm).unwrap());
        assert_eq!(Certificate::from_pem(&pem).unwrap().key(), kind);
    }
}

#[test]
fn other_keys_are_refused_each_by_its_rule() {
    for (pem, rule) in [
        (include_str!("../data/rsa-1024.pem"), Rule::KeySize),
        (include_str!("../data/rsa-2047.pem"), Rule::KeySize),
        (include_str!("../data/p521.pem"), Rule::UnsupportedKey),
        (include_str!("../data/secp256k1.pem"), Rule::UnsupportedKey),
        (include_str!("../data/ed448.pem"), Rule::UnsupportedKey),
    ] {
        let bent = with(full(), "/identities/0/certificate", pem.into());
        assert_breaks(parse_full(&bent), "/identities/0/certificate", rule);
    }
}

#[test]
fn every_layout_of_the_same_certificate_is_the_same_and_prints_in_one_form() {
    let in_lines = pem("layout");
    let read = Certificate::from_pem(&in_lines).unwrap();
    let body: String = in_lines.lines().filter(|line| !line.starts_with("-----")).collect();
    let one_line = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----");
    for layout in [
        one_line.clone(),
        format!("{one_line}\n"),
        in_lines.replace('\n', "\r\n"),
        format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----"),
        format!("subject=/CN=layout\n{in_lines}\nand so on"),
    ] {
        let again = Certificate::from_pem(&layout).unwrap();
        assert_eq!(again, read, "{layout}");
        assert_eq!(again.to_pem(), one_line);
    }
    assert!(read.to_pem().ends_with("-----END CERTIFICATE-----"));
}

#[test]
fn what_is_not_exactly_one_certificate_is_refused() {
    let good = pem("good");
    let key = KeyPair::generate().unwrap().serialize_pem();
    let cut = good.replace("-----END CERTIFICATE-----", "");
    let bent = good.replacen("MII", "AAA", 1);
    let long = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", "A".repeat(70_000));
    for (text, error) in [
        (String::new(), PemError::Empty.into()),
        ("XXXX".to_owned(), PemError::Empty.into()),
        (cut, PemError::Unfinished(1).into()),
        (format!("{good}{good}"), PemError::TooMany(1).into()),
        (bent, CertificateError::NotX509),
        ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----".to_owned(), PemError::Base64(1).into()),
        (long, PemError::TooLong(1).into()),
        (key.clone(), PemError::PrivateKey.into()),
        (format!("{good}{key}"), PemError::PrivateKey.into()),
    ] {
        assert_eq!(Certificate::from_pem(&text), Err(error), "{text:.60}");
    }
    let mut der = Certificate::from_pem(&good).unwrap().der().to_vec();
    der.push(0);
    assert_eq!(Certificate::from_der(der), Err(CertificateError::Trailing(1)));
}

#[test]
fn a_key_that_was_pasted_by_mistake_is_never_repeated() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let body: String = key.lines().nth(1).unwrap().chars().take(20).collect();
    for place in [
        "/identities/0/certificate",
        "/proxy_service_cert",
        "/veracruz_server_url",
        "/ciphersuite",
        "/execution_strategy",
    ] {
        let error = parse_full(&with(full(), place, key.clone().into())).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&body), "{place}: {error}");
    }
}

#[test]
fn an_attestation_service_may_have_several_certificates() {
    let two = format!("{}{}\n", pem("old"), pem("new"));
    let authorities = Authorities::from_pem(&two).unwrap();
    assert_eq!(authorities.certificates().len(), 2);
    assert_eq!(Authorities::from_pem(&authorities.to_pem()).unwrap(), authorities);
    assert!(authorities.to_pem().ends_with("-----END CERTIFICATE-----"));
    assert!(Authorities::from_pem("").is_err());
    assert!(Authorities::from_pem(&pem("many").repeat(9)).is_err());
}
