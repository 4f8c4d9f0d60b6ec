//! Where a daemon may listen, and the socket it then listens on.
//!
//! A daemon without transport security and without authentication belongs on loopback. This module is the only way to a
//! listening socket, so no daemon can forget to ask; it never opens one that the operator did not knowingly expose.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use tokio::net::TcpListener;

/// Leave to listen on some addresses. Only this module's checks make one.
#[derive(Clone, Debug)]
pub struct Exposure {
    text: String,
    addresses: Vec<SocketAddr>,
    open: bool,
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
    /// The address can be reached from other machines and nothing protects it.
    #[error(
        "refusing to listen on {address} without transport security and authentication: other machines can reach it. \
         Listen on a loopback address (127.0.0.1 or [::1]), or say --insecure-no-auth if the network around this \
         daemon is closed by other means"
    )]
    Unprotected {
        /// The first address that is not loopback.
        address: SocketAddr,
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
        let addresses = resolve(host_port)?;
        let exposed = addresses.iter().find(|address| !address.ip().to_canonical().is_loopback());
        match exposed {
            Some(&address) if !insecure_no_auth => Err(ExposureError::Unprotected { address }),
            exposed => Ok(Exposure { text: shown(host_port), open: exposed.is_some(), addresses }),
        }
    }

    /// Whether other machines can reach the daemon; worth a warning at every start.
    pub fn is_open(&self) -> bool {
        self.open
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
