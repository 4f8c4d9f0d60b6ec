//! Keys of certificates and documents, drawn at random.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PSS_SHA384,
};

/// A key pair that signs certificates and documents.
#[derive(Debug)]
pub enum Key {
    /// An elliptic curve: one key, for both forms of a signature.
    Ecdsa {
        /// Signs certificates (DER).
        asn1: EcdsaKeyPair,
        /// Signs documents (`r || s`).
        fixed: EcdsaKeyPair,
    },
    /// RSA of 2048 bits; signs both with PSS and SHA-384.
    Rsa(RsaKeyPair),
}

impl Key {
    /// A key on P-384, as the format wants it.
    pub fn p384() -> Self {
        ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    /// A key on P-256.
    pub fn p256() -> Self {
        ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    /// An RSA key.
    pub fn rsa() -> Self {
        Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Key::Ecdsa { asn1, .. } => asn1.public_key().as_der().unwrap().as_ref().to_vec(),
            Key::Rsa(key) => key.public_key().as_der().unwrap().as_ref().to_vec(),
        }
    }

    /// A signature as certificates carry it.
    pub fn sign_certificate(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Key::Ecdsa { asn1, .. } => asn1.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Rsa(key) => sign_pss(key, message),
        }
    }

    /// A signature as documents carry it.
    pub fn sign_document(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Key::Ecdsa { fixed, .. } => fixed.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Rsa(key) => sign_pss(key, message),
        }
    }
}

fn ecdsa(asn1: &'static EcdsaSigningAlgorithm, fixed: &'static EcdsaSigningAlgorithm) -> Key {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(asn1, &SystemRandom::new()).unwrap();
    Key::Ecdsa {
        asn1: EcdsaKeyPair::from_pkcs8(asn1, pkcs8.as_ref()).unwrap(),
        fixed: EcdsaKeyPair::from_pkcs8(fixed, pkcs8.as_ref()).unwrap(),
    }
}

fn sign_pss(key: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA384, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}
