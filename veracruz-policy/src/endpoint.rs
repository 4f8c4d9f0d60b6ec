//! Where an instance or the attestation service listens: `host:port`, as policies write it.

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule, shown};

/// Bytes of a host name (RFC 1035 §2.3.4).
const MAX_HOST_BYTES: usize = 253;

/// `host:port`: a DNS name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535.
///
/// The published example of a full policy leaves `<…>:<…>` where the address is not known yet; that form is read as a
/// place-holder, so that such a text can be checked before it is filled in, and has no host and no port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    text: String,
    address: Option<(String, u16)>,
}

impl Endpoint {
    /// Reads `host:port`.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let (host, port) = text.rsplit_once(':').ok_or(EndpointError::NoPort)?;
        if is_placeholder(host) && is_placeholder(port) {
            return Ok(Endpoint { text: text.to_owned(), address: None });
        }
        if text.contains("://") {
            return Err(EndpointError::Scheme);
        }
        let number: u16 = port.parse().map_err(|_| EndpointError::Port)?;
        if number == 0 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EndpointError::Port);
        }
        if !is_host(host) {
            return Err(EndpointError::Host);
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Endpoint { text: text.to_owned(), address: Some((bare, number)) })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, an IPv6 address without its brackets; `None` for a place-holder.
    pub fn host(&self) -> Option<&str> {
        self.address.as_ref().map(|(host, _)| host.as_str())
    }

    /// The port; `None` for a place-holder.
    pub fn port(&self) -> Option<u16> {
        self.address.as_ref().map(|(_, port)| *port)
    }
}

fn is_placeholder(text: &str) -> bool {
    text.len() <= MAX_HOST_BYTES && text.starts_with('<') && text.ends_with('>')
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !host.is_empty() && host.len() <= MAX_HOST_BYTES && host.bytes().all(name)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a text is no `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No colon.
    #[error("there is no `:port`")]
    NoPort,
    /// A URL with a scheme.
    #[error("it has a scheme; write only host and port")]
    Scheme,
    /// The port is no number from 1 to 65535.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// The host is neither a name nor an address.
    #[error("the host is no DNS name, IPv4 address or IPv6 address in brackets")]
    Host,
}

impl EndpointError {
    pub(crate) fn refuse(self, text: &str) -> Refusal {
        Refusal::new(Rule::BadEndpoint, "host:port", format!("{}: {self}", shown(text)))
    }
}
