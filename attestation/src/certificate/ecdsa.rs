//! ECDSA signatures of requests and certificates, on the curves that TLS 1.3 clients of Veracruz accept.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use x509_parser::asn1_rs::BitString;
use x509_parser::der_parser::oid::Oid;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// A public key on P-256 or P-384, uncompressed.
#[derive(Clone, Copy)]
pub(crate) struct EcKey<'a> {
    curve: Curve,
    point: &'a [u8],
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
}

/// The signature or its algorithm is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Neither ECDSA with SHA-256 nor with SHA-384, or with parameters.
    Algorithm,
    /// It does not verify.
    Signature,
}

impl<'a> EcKey<'a> {
    /// The key, or `None` when it is of another kind.
    pub(crate) fn of(spki: &'a SubjectPublicKeyInfo<'_>) -> Option<Self> {
        if spki.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
            return None;
        }
        let named: Oid<'_> = spki.algorithm.parameters.as_ref()?.as_oid().ok()?;
        let (curve, length) = if named == OID_EC_P256 {
            (Curve::P256, 65)
        } else if named == OID_NIST_EC_P384 {
            (Curve::P384, 97)
        } else {
            return None;
        };
        let point = whole_bytes(&spki.subject_public_key)?;
        (point.len() == length && point.first() == Some(&0x04)).then_some(EcKey { curve, point })
    }

    /// Verifies an ASN.1 signature over `message`.
    pub(crate) fn verify(
        self,
        algorithm: &AlgorithmIdentifier<'_>,
        message: &[u8],
        signature: &BitString<'_>,
    ) -> Result<(), Fault> {
        let algorithm = self.algorithm(algorithm).ok_or(Fault::Algorithm)?;
        let signature = whole_bytes(signature).ok_or(Fault::Signature)?;
        UnparsedPublicKey::new(algorithm, self.point)
            .verify(message, signature)
            .map_err(|_| Fault::Signature)
    }

    fn algorithm(self, named: &AlgorithmIdentifier<'_>) -> Option<&'static EcdsaVerificationAlgorithm> {
        // RFC 5758, section 3.2: the parameters are absent.
        if named.parameters.is_some() {
            return None;
        }
        let sha256 = named.algorithm == OID_SIG_ECDSA_WITH_SHA256;
        let sha384 = named.algorithm == OID_SIG_ECDSA_WITH_SHA384;
        match self.curve {
            Curve::P256 if sha256 => Some(&ECDSA_P256_SHA256_ASN1),
            Curve::P256 if sha384 => Some(&ECDSA_P256_SHA384_ASN1),
            Curve::P384 if sha256 => Some(&ECDSA_P384_SHA256_ASN1),
            Curve::P384 if sha384 => Some(&ECDSA_P384_SHA384_ASN1),
            _ => None,
        }
    }
}

/// Keys and signatures have no bits to spare.
fn whole_bytes<'a>(bits: &'a BitString<'_>) -> Option<&'a [u8]> {
    (bits.unused_bits == 0).then_some(bits.data.as_ref())
}
