//! The root of simulated evidence: random, made at first use, and insecure by name.
//!
//! No root is compiled in or shipped. One that several instances share is exported once and kept by its deployment.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
};
use time::{Duration, OffsetDateTime};
use veracruz_policy::Sha256Digest;
use zeroize::Zeroizing;

/// The common name of every simulated root, so that it says what it is wherever it is shown.
pub const INSECURE_ROOT_NAME: &str = "INSECURE TEST ROOT - NOT AWS";

/// How long a root lives; like AWS's own.
const ROOT_LIFETIME: Duration = Duration::days(30 * 365);

/// Clocks of the machines of one deployment may differ by this much when the root is made.
const ROOT_BACKDATED: Duration = Duration::days(1);

/// The most bytes that are read as an exported root; a real one has about 1500.
const MAX_EXPORT_BYTES: usize = 16 * 1024;

const CERTIFICATE_LABEL: &str = "CERTIFICATE";
const KEY_LABEL: &str = "PRIVATE KEY";

/// A root certificate and its key.
pub struct SimulatedRoot {
    der: Vec<u8>,
    key: KeyPair,
}

impl SimulatedRoot {
    /// Draws a new root, valid from the day before `now` on.
    ///
    /// # Errors
    ///
    /// [`SimulatedError::Certificate`] when no key or certificate can be made.
    pub fn generate(now: OffsetDateTime) -> Result<Self, SimulatedError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, INSECURE_ROOT_NAME);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        params.not_before = now - ROOT_BACKDATED;
        params.not_after = now + ROOT_LIFETIME;
        let certificate = params.self_signed(&key)?;
        Ok(SimulatedRoot {
            der: certificate.der().to_vec(),
            key,
        })
    }

    /// Reads what [`SimulatedRoot::export`] wrote.
    ///
    /// # Errors
    ///
    /// [`SimulatedError`] when the text is no exported root: too long, a block missing, key and certificate not a pair,
    /// or a certificate without [`INSECURE_ROOT_NAME`].
    pub fn import(text: &str) -> Result<Self, SimulatedError> {
        if text.len() > MAX_EXPORT_BYTES {
            return Err(SimulatedError::TooLong);
        }
        let der = block(text, CERTIFICATE_LABEL)?;
        let key_der = Zeroizing::new(block(text, KEY_LABEL)?);
        let key = KeyPair::try_from(key_der.as_slice())?;
        if !contains(&der, key.public_key_raw()) {
            return Err(SimulatedError::NotAPair);
        }
        if !contains(&der, INSECURE_ROOT_NAME.as_bytes()) {
            return Err(SimulatedError::NotNamedInsecure);
        }
        let root = SimulatedRoot { der, key };
        root.issuer()?;
        Ok(root)
    }

    /// Certificate and private key as PEM, for the deployment's own storage. Whoever has it can make simulated evidence.
    pub fn export(&self) -> Zeroizing<String> {
        let key_der = Zeroizing::new(self.key.serialize_der());
        let key = Zeroizing::new(pem(KEY_LABEL, &key_der));
        Zeroizing::new(format!("{}{}", self.pem(), key.as_str()))
    }

    /// The root certificate, DER; what `Anchors::insecure` takes.
    pub fn root_der(&self) -> &[u8] {
        &self.der
    }

    /// The root certificate, PEM, without the key.
    pub fn pem(&self) -> String {
        pem(CERTIFICATE_LABEL, &self.der)
    }

    /// SHA-256 of the certificate's DER, for operators to compare.
    pub fn fingerprint(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    pub(super) fn issuer(&self) -> Result<Issuer<'_, &KeyPair>, SimulatedError> {
        Ok(Issuer::from_ca_cert_der(&self.der.as_slice().into(), &self.key)?)
    }
}

/// Shows the fingerprint; the key stays out.
impl fmt::Debug for SimulatedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedRoot(INSECURE, {})", self.fingerprint())
    }
}

/// Why simulated evidence cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatedError {
    /// No random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A key or certificate could not be made or read.
    #[error("a certificate of the simulated platform could not be made or read: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The signing key was refused.
    #[error("the simulated platform's signing key was refused")]
    Key,
    /// The text is too long to be an exported root.
    #[error("the text is longer than an exported root can be ({MAX_EXPORT_BYTES} bytes)")]
    TooLong,
    /// A PEM block is missing or damaged.
    #[error("the exported root has no readable PEM block `{0}`; make a new root instead of mending it")]
    Block(&'static str),
    /// Key and certificate do not belong together.
    #[error("the exported root's key is not the one of its certificate")]
    NotAPair,
    /// The certificate does not say that it is insecure.
    #[error("the certificate is not named `{INSECURE_ROOT_NAME}`; only such a root may sign simulated evidence")]
    NotNamedInsecure,
}

/// `N` random bytes of the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SimulatedError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| SimulatedError::Random)?;
    Ok(bytes)
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

fn block(text: &str, label: &'static str) -> Result<Vec<u8>, SimulatedError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let content = text
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end))
        .map(|(content, _)| content);
    let base64 = Zeroizing::new(content.unwrap_or_default().split_whitespace().collect::<String>());
    let der = STANDARD
        .decode(base64.as_bytes())
        .map_err(|_| SimulatedError::Block(label))?;
    if der.is_empty() {
        Err(SimulatedError::Block(label))
    } else {
        Ok(der)
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}
