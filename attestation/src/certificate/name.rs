//! What an instance is called in its certificate.

use std::fmt;
use std::str::FromStr;

#[cfg(any(feature = "attester", feature = "service"))]
use veracruz_policy::Sha256Digest;

/// A DNS name (RFC 1123) of at most 253 characters in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceName(String);

impl InstanceName {
    /// The name that follows from a key alone, so that a renewed certificate has the same. Clients go by what the
    /// certificate says about the evidence; the top-level name is reserved for private use and resolves nowhere.
    #[cfg(any(feature = "attester", feature = "service"))]
    pub(crate) fn of_key(spki_der: &[u8]) -> Self {
        let digest = Sha256Digest::of(spki_der).to_string();
        InstanceName(format!("{}.instance.veracruz.internal", digest.get(..32).unwrap_or_default()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceName {
    type Err = InstanceNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= 253 && text.split('.').all(is_label) {
            Ok(InstanceName(text.to_owned()))
        } else {
            Err(InstanceNameError)
        }
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no name of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an instance's name is a DNS name in lower case: labels of a-z, 0-9 and inner hyphens, joined by dots")]
pub struct InstanceNameError;
