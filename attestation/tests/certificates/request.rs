//! Requests prove possession of their key, and keys do not leak.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use veracruz_attestation::certificate::{InstanceKey, MAX_CSR_BYTES, VerifiedRequest};
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};

#[test]
fn a_request_of_an_instance_proves_possession_of_its_key() {
    let key = InstanceKey::generate().unwrap();
    let csr = key.request().unwrap();
    assert_eq!(VerifiedRequest::check(&csr).unwrap().spki_der(), key.spki_der());
    let (_, parsed) = X509CertificationRequest::from_der(&csr).unwrap();
    assert_eq!(
        parsed.certification_request_info.subject.to_string(),
        "C=US, ST=Texas, L=Austin, O=Veracruz, OU=Compute Enclave, CN=VeracruzCompute"
    );
}

#[test]
fn keys_on_p384_are_allowed_and_other_kinds_are_not() {
    let csr = |key: &KeyPair| CertificateParams::default().serialize_request(key).unwrap().der().to_vec();
    VerifiedRequest::check(&csr(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap())).unwrap();
    let ed25519 = csr(&KeyPair::generate_for(&PKCS_ED25519).unwrap());
    let rsa = csr(&KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());
    for other in [ed25519, rsa] {
        assert_eq!(VerifiedRequest::check(&other).unwrap_err().code(), "csr-key-type");
    }
}

#[test]
fn each_fault_of_a_request_has_its_own_code() {
    let csr = InstanceKey::generate().unwrap().request().unwrap();
    let mut forged = csr.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut other_subject = csr.clone();
    let place = csr.windows(6).position(|window| window == b"Austin").unwrap();
    other_subject[place] = b'B';
    let cases = [
        ("csr-malformed", Vec::new()),
        ("csr-malformed", b"-----BEGIN CERTIFICATE REQUEST-----".to_vec()),
        ("csr-malformed", csr[..csr.len() - 1].to_vec()),
        ("csr-trailing-bytes", [csr.clone(), vec![0]].concat()),
        ("csr-too-large", [csr.clone(), vec![0; MAX_CSR_BYTES]].concat()),
        ("csr-signature", forged),
        ("csr-signature", other_subject),
    ];
    for (code, bytes) in cases {
        assert_eq!(VerifiedRequest::check(&bytes).unwrap_err().code(), code);
    }
}

#[test]
fn every_single_bit_flip_of_a_request_is_refused() {
    let mut csr = InstanceKey::generate().unwrap().request().unwrap();
    for bit in 0..csr.len() * 8 {
        csr[bit / 8] ^= 1 << (bit % 8);
        assert!(VerifiedRequest::check(&csr).is_err(), "bit {bit} was flipped");
        csr[bit / 8] ^= 1 << (bit % 8);
    }
    VerifiedRequest::check(&csr).unwrap();
}

#[test]
fn a_signature_with_a_bit_to_spare_is_refused() {
    let key = InstanceKey::generate().unwrap();
    // A bit to spare is zero in DER, so it takes a signature that ends in one: every other.
    let mut csr = std::iter::repeat_with(|| key.request().unwrap()).find(|csr| csr.last().unwrap() & 1 == 0).unwrap();
    let (_, parsed) = X509CertificationRequest::from_der(&csr).unwrap();
    let unused_bits = csr.len() - parsed.signature_value.data.len() - 1;
    VerifiedRequest::check(&csr).unwrap();
    assert_eq!(std::mem::replace(&mut csr[unused_bits], 1), 0);
    assert_eq!(VerifiedRequest::check(&csr).unwrap_err().code(), "csr-signature");
}

#[test]
fn debug_output_of_keys_shows_no_part_of_them() {
    let key = InstanceKey::generate().unwrap();
    let secret = key.private_key_pkcs8();
    let shown = format!("{key:?}");
    assert!(shown.contains("spki_sha384"));
    for part in secret.windows(6) {
        assert!(!shown.contains(&hex::encode(part)), "{shown}");
    }
}
