//! Who a request comes from, as far as that is known.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConnection;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    certificate: bool,
}

impl Peer {
    /// A peer of whom nothing is known.
    pub(crate) fn unknown() -> Self {
        Peer { certificate: false }
    }

    /// The peer of a finished handshake. A certificate that it shows has been checked there, or there is no handshake.
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        Peer { certificate: connection.peer_certificates().is_some_and(|chain| !chain.is_empty()) }
    }

    pub(super) fn has_certificate(self) -> bool {
        self.certificate
    }
}

/// Who was admitted; shown in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody was asked.
    Unknown,
    /// By the token of this name.
    Token(Arc<str>),
    /// By a client certificate.
    Certificate,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Unknown => f.write_str("-"),
            Caller::Token(name) => write!(f, "token {name}"),
            Caller::Certificate => f.write_str("certificate"),
        }
    }
}
