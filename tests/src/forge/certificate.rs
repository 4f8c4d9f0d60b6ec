//! X.509 certificates (RFC 5280) from their parts, right or wrong.

use time::OffsetDateTime;

use super::der;
use super::key::Key;

/// `id-ce-basicConstraints` 2.5.29.19, encoded.
pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// `id-ce-keyUsage` 2.5.29.15, encoded.
pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// `ecdsa-with-SHA384` 1.2.840.10045.4.3.3, encoded.
pub const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
/// `id-at-commonName` 2.5.4.3, encoded.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// What a certificate says; every part may be wrong.
#[derive(Clone, Debug)]
pub struct CertificateSpec {
    /// The encoded version: 2 means v3; `None` leaves the field out, which means v1.
    pub version: Option<u8>,
    /// The AlgorithmIdentifier inside the signed part, DER.
    pub inner_algorithm: Vec<u8>,
    /// The AlgorithmIdentifier outside, DER.
    pub outer_algorithm: Vec<u8>,
    /// Issuer, DER; see [`name`].
    pub issuer: Vec<u8>,
    /// Subject, DER.
    pub subject: Vec<u8>,
    /// First moment.
    pub not_before: OffsetDateTime,
    /// Last moment.
    pub not_after: OffsetDateTime,
    /// The extensions in order; none leaves the field out.
    pub extensions: Vec<Extension>,
    /// SubjectPublicKeyInfo instead of the key's own.
    pub spki: Option<Vec<u8>>,
    /// Changes the signature after it was made.
    pub spoil_signature: bool,
}

/// One extension.
#[derive(Clone, Debug)]
pub struct Extension {
    /// The OID's encoded content.
    pub oid: Vec<u8>,
    /// The BOOLEAN as written; `None` leaves it out, which means false.
    pub critical: Option<bool>,
    /// The value, DER.
    pub value: Vec<u8>,
}

impl Extension {
    /// An extension in the right form.
    pub fn new(oid: &[u8], critical: bool, value: Vec<u8>) -> Self {
        Extension { oid: oid.to_vec(), critical: critical.then_some(true), value }
    }
}

/// BasicConstraints, critical.
pub fn basic_constraints(ca: bool, path_length: Option<u8>) -> Extension {
    let ca = if ca { der::boolean(true) } else { Vec::new() };
    let path_length = path_length.map(der::small_integer).unwrap_or_default();
    Extension::new(BASIC_CONSTRAINTS, true, der::sequence(&[ca, path_length]))
}

/// KeyUsage of the named bits, of which only these two matter here; not critical, as in leaves.
pub fn key_usage(digital_signature: bool, key_cert_sign: bool) -> Extension {
    let value = u8::from(digital_signature) << 7 | u8::from(key_cert_sign) << 2;
    Extension::new(KEY_USAGE, false, vec![0x03, 0x02, value.trailing_zeros().min(7) as u8, value])
}

/// A name of one common name, DER, as UTF8String.
pub fn name(common_name: &str) -> Vec<u8> {
    let value = der::item(0x0c, common_name.as_bytes());
    der::sequence(&[der::item(0x31, &der::sequence(&[der::oid(COMMON_NAME), value]))])
}

impl CertificateSpec {
    /// A right certificate without extensions.
    pub fn new(issuer: &str, subject: &str, not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        let algorithm = der::sequence(&[der::oid(ECDSA_SHA384)]);
        CertificateSpec {
            version: Some(2),
            inner_algorithm: algorithm.clone(),
            outer_algorithm: algorithm,
            issuer: name(issuer),
            subject: name(subject),
            not_before,
            not_after,
            extensions: Vec::new(),
            spki: None,
            spoil_signature: false,
        }
    }

    /// Replaces the extension of the same OID, or adds it.
    pub fn set(&mut self, extension: Extension) {
        self.extensions.retain(|other| other.oid != extension.oid);
        self.extensions.push(extension);
    }

    /// Removes an extension.
    pub fn remove(&mut self, oid: &[u8]) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    /// Writes the certificate of `key`, signed by `issuer`.
    pub fn issue(&self, key: &Key, issuer: &Key) -> Vec<u8> {
        let version = self.version.map(|version| der::item(0xa0, &der::small_integer(version)));
        let signed = der::sequence(&[
            version.unwrap_or_default(),
            der::small_integer(7),
            self.inner_algorithm.clone(),
            self.issuer.clone(),
            der::sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            self.subject.clone(),
            self.spki.clone().unwrap_or_else(|| key.spki()),
            self.extensions_item(),
        ]);
        let mut signature = issuer.sign_certificate(&signed);
        if let Some(last) = signature.last_mut().filter(|_| self.spoil_signature) {
            *last ^= 1;
        }
        der::sequence(&[signed, self.outer_algorithm.clone(), der::bits(&signature)])
    }

    fn extensions_item(&self) -> Vec<u8> {
        if self.extensions.is_empty() {
            return Vec::new();
        }
        let written = self.extensions.iter().map(|extension| {
            let critical = extension.critical.map(der::boolean).unwrap_or_default();
            der::sequence(&[der::oid(&extension.oid), critical, der::octets(&extension.value)])
        });
        der::item(0xa3, &der::sequence(&written.collect::<Vec<_>>()))
    }
}
