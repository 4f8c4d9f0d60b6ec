//! Trust anchors: the one root that a verification trusts, as an explicit value.
//!
//! Only [`Anchors::aws`] speaks for Nitro. Whatever another root signs is platform `simulated`, always; no root of ours is
//! compiled in, so none can be trusted by accident.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use veracruz_policy::{PemError, Platform, pem_certificates};

use super::certificate::CertificateFault;
use super::chain::check_root;

/// AWS's certificate "AWS Nitro Enclaves Root-G1", CN=aws.nitro-enclaves, valid from 2019 to 2049, commercial partition
/// (<https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html>). GovCloud and China have other roots.
const AWS_ROOT_PEM: &str = include_str!("aws-nitro-root-g1.pem");

/// SHA-256 of the DER of AWS's root certificate. It is not the SHA-256 of the ZIP file that AWS offers and documents.
pub const AWS_ROOT_SHA256: [u8; 32] = [
    0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46, 0x31, 0x95, 0xd6, 0x06, 0x31, 0x7e, 0xd7, 0xcd,
    0xcc, 0x3c, 0x17, 0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b,
];

/// The root that evidence must lead to, and the platform that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchors {
    platform: Platform,
    root_der: Vec<u8>,
    root_sha256: [u8; 32],
}

impl Anchors {
    /// The root of AWS Nitro Enclaves in the commercial partition.
    pub fn aws() -> Self {
        let base64: String = AWS_ROOT_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        // A damaged file would give an empty root, which no chain leads to; a test compares it with the fingerprint.
        let root_der = STANDARD.decode(base64).unwrap_or_default();
        Anchors { platform: Platform::Nitro, root_der, root_sha256: AWS_ROOT_SHA256 }
    }

    /// A root that protects nobody: of simulated attesters and of tests. What verifies under it is
    /// [`Platform::Simulated`]. Call it only where the user has asked for simulated evidence by name.
    ///
    /// `root_der` is the DER of a self-signed CA certificate on P-384, signed with ECDSA and SHA-384.
    ///
    /// # Errors
    ///
    /// [`AnchorError`] when the bytes are no such certificate, or are AWS's own root.
    pub fn insecure(root_der: &[u8]) -> Result<Self, AnchorError> {
        let root_sha256: [u8; 32] = Sha256::digest(root_der).into();
        if root_sha256 == AWS_ROOT_SHA256 {
            return Err(AnchorError::IsAws);
        }
        check_root(root_der)?;
        Ok(Anchors { platform: Platform::Simulated, root_der: root_der.to_vec(), root_sha256 })
    }

    /// The platform that evidence under this root proves.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// SHA-256 of the root's DER, the fingerprint that operators compare.
    pub fn root_sha256(&self) -> &[u8; 32] {
        &self.root_sha256
    }

    pub(crate) fn root_der(&self) -> &[u8] {
        &self.root_der
    }
}

/// The DER of a root certificate as files hold it: PEM of exactly one certificate, or DER as it is. Whether it can be a
/// root is for [`Anchors::insecure`] to say.
///
/// # Errors
///
/// [`PemError`] when the bytes are PEM and not of one certificate.
pub fn root_from_file(bytes: &[u8]) -> Result<Vec<u8>, PemError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN") => pem_certificates(text, 1)?.pop().ok_or(PemError::Empty),
        _ => Ok(bytes.to_vec()),
    }
}

/// Why bytes are no trust anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The certificate cannot be a root.
    #[error("the bytes cannot serve as an insecure root: {0}")]
    Certificate(#[from] CertificateFault),
    /// AWS's root was given as an insecure one: genuine evidence would be called simulated.
    #[error("this is the root of AWS itself; use the AWS anchors instead of naming it insecure")]
    IsAws,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_root_is_the_one_of_the_pinned_fingerprint() {
        let anchors = Anchors::aws();
        let fingerprint: [u8; 32] = Sha256::digest(anchors.root_der()).into();
        assert_eq!(fingerprint, AWS_ROOT_SHA256);
        assert_eq!(
            hex::encode(AWS_ROOT_SHA256),
            "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b",
            "the fingerprint that is published widely"
        );
        assert_eq!(anchors.platform(), Platform::Nitro);
        check_root(anchors.root_der()).unwrap();
    }
}
