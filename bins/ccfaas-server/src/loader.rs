//! As whom programs and data files are loaded: the operator's certificate and key, or a pair that is made once and kept.
//!
//! The certificate stands in the policies of all instances, and users who audit them know it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use time::{Duration, OffsetDateTime};
use veracruz_client::Identity;
use veracruz_serve::kept::{self, Pair};

/// The folder of the pair in the state folder.
const FOLDER: &str = "loader";

/// The life of a certificate that the service makes: it stands in policies, and who audits them pins it.
const LIFE: Duration = Duration::days(3650);

/// Clocks differ: a certificate that is valid a little later than now would be refused at once.
const EARLIER: Duration = Duration::hours(1);

/// Where the loader's identity comes from.
#[derive(Debug)]
pub(crate) enum LoaderSource {
    /// The operator's files.
    Files { certificate: PathBuf, key: PathBuf },
    /// Made at the first start, in the state folder.
    Kept,
}

impl LoaderSource {
    pub(crate) fn new(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Self, &'static str> {
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(LoaderSource::Files { certificate, key }),
            (None, None) => Ok(LoaderSource::Kept),
            _ => Err("CERT and KEY are the two files of one identity; give both or none"),
        }
    }

    /// Reads the identity, or makes it.
    pub(crate) fn open(&self, state: &Path) -> anyhow::Result<Identity> {
        let pair = match self {
            LoaderSource::Files { certificate, key } => kept::read(certificate, key),
            LoaderSource::Kept => kept::pair(state, FOLDER, make),
        };
        let pair = pair.context("the loader's identity")?;
        Identity::from_pem(&pair.certificate, &pair.key).context("the loader's identity")
    }
}

fn make() -> Result<Pair, rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "function loader");
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - EARLIER, now + LIFE);
    Ok(Pair { certificate: params.self_signed(&key)?.pem(), key: key.serialize_pem().into() })
}
