//! The kinds of isolation that a runtime can prove.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Where a runtime runs, as its evidence, its certificate and the policy name it.
///
/// A measurement of one platform never stands in for a measurement of another, so every measurement travels with the
/// platform that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Platform {
    /// An AWS Nitro Enclave.
    Nitro,
    /// No isolation at all: evidence of the same format under a root that protects nobody. For development only; it is
    /// what Veracruz called `linux`.
    Simulated,
}

impl Platform {
    /// The name on the wire and in certificates: `nitro` or `simulated`.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::Nitro => "nitro",
            Platform::Simulated => "simulated",
        }
    }

    /// Whether the platform keeps the machine's owner out.
    pub const fn is_isolated(self) -> bool {
        matches!(self, Platform::Nitro)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no platform of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform; use `nitro` or `simulated`")]
pub struct UnknownPlatform(String);

impl FromStr for Platform {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "nitro" => Ok(Platform::Nitro),
            "simulated" => Ok(Platform::Simulated),
            other => Err(UnknownPlatform(other.chars().take(64).collect())),
        }
    }
}
