//! The names by which a daemon is asked that asks nobody who they are.
//!
//! A page can have its own name lead to this machine (DNS rebinding); for its browser the daemon is then of the page's own
//! origin, and nothing but the name in the request tells that it is not. So only names count that no page of the Internet
//! can have: addresses, names without a dot (in a cluster or a hosts file, services are called so), those below
//! `localhost`, and those that the operator gave.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::HOST;
use axum::http::uri::Authority;

/// Characters of a name (RFC 1035, section 2.3.4, without the dots around it).
const MAX_NAME: usize = 253;
/// The name that always is this machine, and below which all are (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

/// A host without a port; what means the same is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// An address, IPv4 ones not mapped into IPv6.
    Address(IpAddr),
    /// A name in small letters, without the dot at its end.
    Name(String),
}

/// The text is no host.
#[derive(Debug, thiserror::Error)]
#[error("it is no host; write a name or an address (IPv6 in brackets), without a port")]
pub(crate) struct HostError;

/// The hosts that the operator gave, besides those that nobody on the Internet can have.
#[derive(Clone, Debug)]
pub(crate) struct Hosts(pub(crate) Vec<Host>);

impl Host {
    pub(crate) fn parse(text: &str) -> Result<Self, HostError> {
        if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let address: Ipv6Addr = address.parse().map_err(|_| HostError)?;
            return Ok(Host::Address(IpAddr::from(address).to_canonical()));
        }
        if let Ok(address) = text.parse() {
            return Ok(Host::Address(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(sane) {
            true => Ok(Host::Name(name.to_ascii_lowercase())),
            false => Err(HostError),
        }
    }

    /// Whether nobody on the Internet can have a page under it: a rebound name is a domain of somebody's.
    fn is_nobodys(&self) -> bool {
        match self {
            Host::Address(_) => true,
            Host::Name(name) => {
                !name.contains('.') || name.strip_suffix(LOCALHOST).is_some_and(|below| below.ends_with('.'))
            }
        }
    }
}

impl Hosts {
    /// Whether every host that the request names is one of these. Browsers always name one.
    pub(super) fn are_meant_by(&self, request: &Request) -> bool {
        let in_header = |value: &HeaderValue| value.to_str().ok()?.parse().ok();
        let headers = request.headers().get_all(HOST).iter().map(in_header);
        let target = request.uri().authority().cloned().map(Some);
        headers.chain(target).all(|authority| authority.is_some_and(|authority| self.has(&authority)))
    }

    fn has(&self, authority: &Authority) -> bool {
        Host::parse(authority.host()).is_ok_and(|host| host.is_nobodys() || self.0.contains(&host))
    }
}
