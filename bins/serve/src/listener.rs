//! Where a daemon may listen, and the socket it then listens on.
//!
//! A daemon without transport security or without authentication belongs on loopback. A [`Frame`](crate::Frame) has no
//! other way to a listening socket, so no daemon of the frame can forget to ask; none is opened here that the operator did
//! not knowingly expose. A program that brings a listener of its own to [`run`](crate::run()) answers for it itself.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use tokio::net::TcpListener;

use crate::access::Host;

/// Leave to listen on some addresses. Only this module's checks make one.
#[derive(Clone, Debug)]
pub struct Exposure {
    text: String,
    host: Option<Host>,
    addresses: Vec<SocketAddr>,
    reach: Reach,
}

/// From where a daemon can be reached, and what protects it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// From this machine only.
    Loopback,
    /// From other machines, through TLS and with authentication.
    Protected,
    /// From other machines, although something is missing.
    Open(Lack),
}

/// What is missing where other machines can reach a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Everything,
    TransportSecurity,
    Authentication,
}

/// What protects a daemon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Protection {
    /// Transport security.
    pub(crate) tls: bool,
    /// Callers show who they are, by a token or a certificate.
    pub(crate) authentication: bool,
}

/// Where the operator finds what is missing.
#[derive(Clone, Copy, Debug)]
enum Flags {
    /// The daemon has no flags for TLS and authentication.
    Plain,
    /// It has those of a service's frame.
    Service,
}

/// Why a daemon may not listen where it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExposureError {
    /// The text is no `HOST:PORT`, or the name cannot be resolved.
    #[error("cannot listen on `{text}`: {source}; write HOST:PORT, for example 127.0.0.1:3010 or [::1]:3010")]
    Address {
        /// The text, shown escaped and bounded.
        text: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The address can be reached from other machines and nothing protects it, or too little.
    #[error("refusing to listen on {address} {lack}: other machines can reach it. {advice}")]
    Unprotected {
        /// The first address that is not loopback.
        address: SocketAddr,
        /// What is missing.
        lack: &'static str,
        /// What the operator can do.
        advice: &'static str,
    },
}

/// The socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {text}: {source}; {advice}")]
pub struct BindError {
    text: String,
    source: io::Error,
    advice: &'static str,
}

impl Exposure {
    /// Decides whether plain HTTP without authentication may be served on `host_port`, `HOST:PORT` with a name or an
    /// address (IPv6 in brackets).
    ///
    /// Every address that the text resolves to must be loopback, IPv4 addresses mapped into IPv6 included, unless the
    /// operator said `insecure_no_auth`. Port 0 lets the system choose.
    pub fn plain(host_port: &str, insecure_no_auth: bool) -> Result<Self, ExposureError> {
        Self::checked(host_port, insecure_no_auth, Protection::default(), Flags::Plain)
    }

    /// As [`Exposure::plain`], for a daemon with `protection`: TLS and authentication together open every address.
    pub(crate) fn protected(
        host_port: &str,
        insecure_no_auth: bool,
        protection: Protection,
    ) -> Result<Self, ExposureError> {
        Self::checked(host_port, insecure_no_auth, protection, Flags::Service)
    }

    fn checked(
        host_port: &str,
        insecure_no_auth: bool,
        protection: Protection,
        flags: Flags,
    ) -> Result<Self, ExposureError> {
        let addresses = resolve(host_port)?;
        let exposed = addresses.iter().find(|address| !address.ip().to_canonical().is_loopback());
        let reach = match (exposed, protection.lack()) {
            (None, _) => Reach::Loopback,
            (Some(_), None) => Reach::Protected,
            (Some(_), Some(lack)) if insecure_no_auth => Reach::Open(lack),
            (Some(&address), Some(lack)) => {
                return Err(ExposureError::Unprotected { address, lack: lack.words(), advice: flags.advice() });
            }
        };
        let host = host_port.rsplit_once(':').and_then(|(host, _)| Host::parse(host).ok());
        Ok(Exposure { text: shown(host_port), host, reach, addresses })
    }

    /// Whether other machines can reach the daemon although something is missing; worth a warning at every start.
    pub fn is_open(&self) -> bool {
        self.warning().is_some()
    }

    /// What to warn of at every start.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        match self.reach {
            Reach::Open(Lack::Everything) => Some("plain HTTP without authentication"),
            Reach::Open(Lack::TransportSecurity) => Some("plain HTTP, tokens in clear,"),
            Reach::Open(Lack::Authentication) => Some("no authentication"),
            Reach::Loopback | Reach::Protected => None,
        }
    }

    /// The host that the operator named, if clients can name it too.
    pub(crate) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Whether only this machine can reach the daemon.
    pub(crate) fn is_loopback(&self) -> bool {
        self.reach == Reach::Loopback
    }

    /// Opens the socket on the first of the addresses that can be had.
    pub async fn bind(&self) -> Result<TcpListener, BindError> {
        TcpListener::bind(self.addresses.as_slice()).await.map_err(|source| BindError {
            text: self.text.clone(),
            advice: advice(source.kind()),
            source,
        })
    }
}

impl Protection {
    fn lack(self) -> Option<Lack> {
        match (self.tls, self.authentication) {
            (true, true) => None,
            (true, false) => Some(Lack::Authentication),
            (false, true) => Some(Lack::TransportSecurity),
            (false, false) => Some(Lack::Everything),
        }
    }
}

impl Lack {
    fn words(self) -> &'static str {
        match self {
            Lack::Everything => "without transport security and authentication",
            Lack::TransportSecurity => "without transport security, as tokens would travel in clear",
            Lack::Authentication => "without authentication",
        }
    }
}

impl Flags {
    fn advice(self) -> &'static str {
        match self {
            Flags::Plain => {
                "Listen on a loopback address (127.0.0.1 or [::1]), or say --insecure-no-auth if the network around this \
                 daemon is closed by other means"
            }
            Flags::Service => {
                "Give --tls-cert and --tls-key, and --token-file or --tls-client-ca; or listen on a loopback address \
                 (127.0.0.1 or [::1]); or say --insecure-no-auth if the network around this daemon is closed by other means"
            }
        }
    }
}

fn resolve(host_port: &str) -> Result<Vec<SocketAddr>, ExposureError> {
    let failed = |source| ExposureError::Address { text: shown(host_port), source };
    let addresses: Vec<_> = host_port.to_socket_addrs().map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(addresses)
}

fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "another process listens there: stop it or choose another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: choose one of its own",
        _ => "choose another address",
    }
}

fn shown(text: &str) -> String {
    text.chars().take(128).flat_map(char::escape_default).collect()
}
