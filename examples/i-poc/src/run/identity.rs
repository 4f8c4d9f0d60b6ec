//! Temporary identities: a key and a self-signed certificate each, made for one instance and forgotten with it.

use anyhow::Context as _;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// An instance lives for minutes; clocks differ by some.
const LIFE: Duration = Duration::days(1);

/// A participant of an instance.
pub(super) struct Temporary {
    /// PEM in one line and without a new line at its end: some readers of policies count on that.
    pub(super) certificate: String,
    pub(super) key: Zeroizing<String>,
}

impl Temporary {
    /// A fresh key, ECDSA on P-256.
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("no key can be made")?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let now = OffsetDateTime::now_utc();
        (params.not_before, params.not_after) = (now - Duration::hours(1), now + LIFE);
        let certificate = params.self_signed(&key).context("no certificate can be made")?.pem();
        Ok(Temporary { certificate: certificate.trim_end().to_owned(), key: Zeroizing::new(key.serialize_pem()) })
    }
}
