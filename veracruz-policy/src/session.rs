//! How an instance speaks and executes: TLS ciphersuite and execution strategy, by Veracruz's names.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule, shown};

/// The one ciphersuite of an instance's sessions (IANA TLS registry, RFC 8446 §B.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ciphersuite {
    /// 0x1301.
    Aes128GcmSha256,
    /// 0x1302.
    Aes256GcmSha384,
    /// 0x1303: what every known policy uses.
    Chacha20Poly1305Sha256,
    /// 0x1304: no server of this project offers it.
    Aes128CcmSha256,
    /// 0x1305: no server of this project offers it.
    Aes128Ccm8Sha256,
}

const CIPHERSUITES: [(Ciphersuite, &str, u16); 5] = [
    (Ciphersuite::Aes128GcmSha256, "TLS1_3_AES_128_GCM_SHA256", 0x1301),
    (Ciphersuite::Aes256GcmSha384, "TLS1_3_AES_256_GCM_SHA384", 0x1302),
    (Ciphersuite::Chacha20Poly1305Sha256, "TLS1_3_CHACHA20_POLY1305_SHA256", 0x1303),
    (Ciphersuite::Aes128CcmSha256, "TLS1_3_AES_128_CCM_SHA256", 0x1304),
    (Ciphersuite::Aes128Ccm8Sha256, "TLS1_3_AES_128_CCM_8_SHA256", 0x1305),
];

impl Ciphersuite {
    fn row(self) -> Option<&'static (Ciphersuite, &'static str, u16)> {
        CIPHERSUITES.iter().find(|(suite, ..)| *suite == self)
    }

    /// The name that policies use, with underscores.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |(_, name, _)| name)
    }

    /// The number in the IANA registry.
    pub fn iana(self) -> u16 {
        self.row().map_or(0, |(_, _, number)| *number)
    }

    /// Whether the TLS library of this project has it.
    pub fn is_offered(self) -> bool {
        !matches!(self, Ciphersuite::Aes128CcmSha256 | Ciphersuite::Aes128Ccm8Sha256)
    }
}

/// A ciphersuite together with its spelling, `_` or `-`, which the policy's text keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiphersuiteName {
    suite: Ciphersuite,
    text: String,
}

impl CiphersuiteName {
    /// Reads one of the five names, spelt with `_` or `-`.
    ///
    /// # Errors
    /// [`CiphersuiteError`].
    pub fn parse(text: &str) -> Result<Self, CiphersuiteError> {
        let canonical = text.replace('-', "_");
        match CIPHERSUITES.iter().find(|(_, name, _)| *name == canonical) {
            Some((suite, ..)) => Ok(CiphersuiteName { suite: *suite, text: text.to_owned() }),
            None if canonical.starts_with("TLS_") && canonical.contains("_WITH_") => Err(CiphersuiteError::NotTls13),
            None => Err(CiphersuiteError::Unknown),
        }
    }

    /// The ciphersuite.
    pub fn suite(&self) -> Ciphersuite {
        self.suite
    }
}

impl From<Ciphersuite> for CiphersuiteName {
    fn from(suite: Ciphersuite) -> Self {
        CiphersuiteName { suite, text: suite.name().to_owned() }
    }
}

impl fmt::Display for CiphersuiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for CiphersuiteName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a text is no ciphersuite of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CiphersuiteError {
    /// None of the five names.
    #[error("no ciphersuite by this name")]
    Unknown,
    /// A name of TLS 1.2 and before.
    #[error("a ciphersuite of TLS 1.2: no TLS 1.3 session can start with it")]
    NotTls13,
}

impl CiphersuiteError {
    pub(crate) fn refuse(self, text: &str) -> Refusal {
        let rule = match self {
            CiphersuiteError::Unknown => Rule::UnknownCiphersuite,
            CiphersuiteError::NotTls13 => Rule::CiphersuiteNotTls13,
        };
        let expected = "a TLS 1.3 ciphersuite such as TLS1_3_CHACHA20_POLY1305_SHA256";
        Refusal::new(rule, expected, format!("{}: {self}", shown(text)))
    }
}

/// How programs are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ExecutionStrategy {
    /// By an interpreter.
    Interpretation,
    /// Compiled before they run.
    #[serde(rename = "JIT")]
    Jit,
}

impl ExecutionStrategy {
    /// The name that policies use.
    pub const fn name(self) -> &'static str {
        match self {
            ExecutionStrategy::Interpretation => "Interpretation",
            ExecutionStrategy::Jit => "JIT",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "Interpretation" => Ok(ExecutionStrategy::Interpretation),
            "JIT" => Ok(ExecutionStrategy::Jit),
            _ => Err(Refusal::new(Rule::UnknownStrategy, "`Interpretation` or `JIT`", shown(text))),
        }
    }
}

impl std::str::FromStr for ExecutionStrategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ExecutionStrategy::parse(text).map_err(|_| UnknownStrategy)
    }
}

/// The text is no execution strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an execution strategy is `Interpretation` or `JIT`, spelt exactly so")]
pub struct UnknownStrategy;
