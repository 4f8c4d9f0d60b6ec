//! What the service is told at its start.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use veracruz_policy::{Authorities, Endpoint, EndpointError, Sha256Digest};

/// How long an instance's certificate may be renewed where the request does not say: the i-poc's 180 days.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Time for an instance to take sessions: what the host of Veracruz gives its runtime.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The i-poc's ports: three, because its chart names three.
const PORTS: PortRange = PortRange { first: 3014, last: 3016 };

/// What time it is.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// What the service is told at its start.
#[derive(Clone)]
pub struct Settings {
    /// The ports that instances may have.
    pub ports: PortRange,
    /// By which name clients reach instances: the host of each policy's `veracruz_server_url`.
    pub host: HostName,
    /// The attestation server, as policies name it.
    pub attestation_server: Endpoint,
    /// Its certificates.
    pub authorities: Authorities,
    /// The first 32 bytes of the Nitro runtime's PCR0, where instances run in enclaves.
    pub runtime_hash_nitro: Option<Sha256Digest>,
    /// SHA-256 of the runtime's program, where instances run without isolation.
    pub runtime_hash_linux: Option<Sha256Digest>,
    /// From now to `enclave_cert_expiry`, where a request does not have it; 180 days.
    pub certificate_life: Duration,
    /// Time for an instance to take sessions; 30 seconds.
    pub start_timeout: Duration,
    /// The most memory that a request may ask for, in MiB; no bound.
    pub max_memory_mib: Option<u32>,
    /// What time it is.
    pub clock: Clock,
}

impl Settings {
    /// Settings with the i-poc's defaults; no runtime is accepted yet.
    pub fn new(host: HostName, attestation_server: Endpoint, authorities: Authorities) -> Self {
        Settings {
            ports: PORTS,
            host,
            attestation_server,
            authorities,
            runtime_hash_nitro: None,
            runtime_hash_linux: None,
            certificate_life: CERTIFICATE_LIFE,
            start_timeout: START_TIMEOUT,
            max_memory_mib: None,
            clock: Arc::new(OffsetDateTime::now_utc),
        }
    }
}

/// The name or address of the machine, as clients know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl HostName {
    /// Reads a DNS name, an IPv4 address, or an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// It is none of them.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let bracketed =
            if text.contains(':') && !text.starts_with('[') { format!("[{text}]") } else { text.to_owned() };
        // A place-holder is none: with a port that is a number, it is refused as a host.
        Endpoint::parse(&format!("{bracketed}:1"))?;
        Ok(HostName(bracketed))
    }

    /// The name, an IPv6 address in brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This host's `port`.
    pub(crate) fn endpoint(&self, port: u16) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(&format!("{}:{port}", self.0))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Ports from a first to a last, none of them 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// `first` to `last`, both included.
    ///
    /// # Errors
    /// There is none, or 0 is among them.
    pub fn new(first: u16, last: u16) -> Result<Self, PortRangeError> {
        if first == 0 || last < first {
            return Err(PortRangeError);
        }
        Ok(PortRange { first, last })
    }

    /// The ports.
    pub fn ports(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }
}

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, PortRangeError> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse().map_err(|_| PortRangeError);
        PortRange::new(number(first)?, number(last)?)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// A text is no range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the first and the last port, from 1 to 65535, such as 3014-3016")]
pub struct PortRangeError;
