//! The state folder of `up`: what is made at the first start and kept.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use veracruz_attestation::attester::{SimulatedError, SimulatedRoot};
use veracruz_client::Identity;
use veracruz_serve::StateFolder;
use veracruz_serve::kept::{self, Pair};
use zeroize::Zeroizing;

use crate::files::{Access, read_text, write_new};
use crate::s3_server::Credentials;

/// The loader stands in policies, which may live for years.
const LOADER_LIFE: Duration = Duration::days(3650);

/// The folder, held by this process alone.
pub(super) struct State(StateFolder);

impl State {
    /// Makes the folder where it is not there, and takes it.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(State(StateFolder::open(folder)?))
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.file(name)
    }

    /// The root of the evidence of this machine's instances.
    pub(super) fn simulated_root(&self) -> anyhow::Result<SimulatedRoot> {
        let make = || -> Result<Pair, SimulatedError> {
            let root = SimulatedRoot::generate(OffsetDateTime::now_utc())?;
            Ok(Pair { certificate: root.pem(), key: root.export() })
        };
        let pair = kept::pair(self.path(), "simulated-root", make).context("the simulated root")?;
        Ok(SimulatedRoot::import(&pair.key)?)
    }

    /// As whom the function service loads programs and data files.
    pub(super) fn loader(&self) -> anyhow::Result<Identity> {
        let make = || -> Result<Pair, rcgen::Error> {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "function loader");
            let now = OffsetDateTime::now_utc();
            (params.not_before, params.not_after) = (now - Duration::hours(1), now + LOADER_LIFE);
            Ok(Pair { certificate: params.self_signed(&key)?.pem(), key: key.serialize_pem().into() })
        };
        let pair = kept::pair(self.path(), "loader", make).context("the loader's identity")?;
        Ok(Identity::from_pem(&pair.certificate, &pair.key)?)
    }

    /// The credentials of the S3 server, in a file that a shell can read.
    pub(super) fn s3_credentials(&self) -> anyhow::Result<Credentials> {
        let path = self.file("s3.env");
        if !path.try_exists()? {
            let secret = Zeroizing::new(Uuid::new_v4().simple().to_string());
            let text = Zeroizing::new(format!(
                "export AWS_ACCESS_KEY_ID=veracruz\nexport AWS_SECRET_ACCESS_KEY={}\nexport AWS_REGION=us-east-1\n",
                *secret
            ));
            // What an earlier life left half-written; this process alone has the folder.
            let _absent = std::fs::remove_file(path.with_added_extension("new"));
            write_new(&path, text.as_bytes(), Access::OwnerOnly, true)?;
        }
        let text = Zeroizing::new(read_text(&path)?);
        let value = |name: &str| {
            let line =
                text.lines().find_map(|line| line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='));
            line.map(str::to_owned).with_context(|| format!("{} does not set {name}", path.display()))
        };
        Ok(Credentials { id: value("AWS_ACCESS_KEY_ID")?, secret: value("AWS_SECRET_ACCESS_KEY")?.into() })
    }
}
