//! Everything that can go wrong, in one enum: what, where, and what to do next.
//!
//! No error holds a key, a file's content, or a peer's text that is not bounded and escaped.

mod next_step;

use std::io;

use rustls::AlertDescription;
use veracruz_policy::PathError;
use veracruz_protocol::{EncodeError, Failure};

use crate::identity::IdentityError;
use crate::trust::{TrustError, TrustFileError};
use crate::verify::Refusal;

/// Why the client did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The identity cannot be used, or is not in the policy.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Policy and trust do not go together.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The trust file is wrong.
    #[error(transparent)]
    TrustFile(#[from] TrustFileError),
    /// The policy's ciphersuite is one that the TLS library does not have.
    #[error("the policy's ciphersuite {0} is not offered by this client; have the policy made with another one")]
    Ciphersuite(String),
    /// The policy has no address yet, and none was given.
    #[error("the policy does not say where the instance listens (`veracruz_server_url` is a place-holder)")]
    NoAddress,
    /// Nobody could be connected to.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// `host:port`.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Connecting and verifying took too long.
    #[error("connecting to {address} and verifying the instance took more than {seconds} s")]
    ConnectTimeout {
        /// `host:port`.
        address: String,
        /// The time that was given.
        seconds: u64,
    },
    /// The TLS handshake failed, though not because of the instance's certificate.
    #[error("the TLS handshake with {address} failed: {source}")]
    Handshake {
        /// `host:port`.
        address: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },
    /// The instance does not take this identity.
    #[error("the instance refused this identity's certificate (TLS alert {0:?})")]
    IdentityRefused(AlertDescription),
    /// The instance is not what the policy and the trust settings mean. Nothing was sent to it.
    #[error("the instance is refused: {0}")]
    Refused(Box<Refusal>),
    /// A name has no normal form as a path.
    #[error("the name {name:?} cannot be used in the instance: {reason}")]
    Name {
        /// The name, bounded.
        name: String,
        /// Why not.
        reason: PathError,
    },
    /// The policy has no such pipeline.
    #[error("the policy has no pipeline {0:?}")]
    NoPipeline(String),
    /// The request does not fit into a message.
    #[error("the request for {name:?} does not fit into a message: {reason}")]
    Request {
        /// The name, bounded.
        name: String,
        /// Why not.
        reason: EncodeError,
    },
    /// The instance said no.
    #[error("{operation} {name:?}: the instance answered {failure}")]
    Failed {
        /// What was asked for, as a verb.
        operation: &'static str,
        /// On what, bounded.
        name: String,
        /// Its answer.
        failure: Box<Failure>,
    },
    /// The instance said yes, and nothing more where a result was expected.
    #[error("{operation} {name:?}: the instance answered without a result")]
    NoResult {
        /// What was asked for.
        operation: &'static str,
        /// On what, bounded.
        name: String,
    },
    /// The answer is none of this protocol, or to something else.
    #[error("{operation}: the instance's answer cannot be understood: {detail}")]
    Protocol {
        /// What was asked for.
        operation: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// A result is larger than the caller takes.
    #[error("the result {name:?} has {size} bytes, {limit} are taken")]
    TooLarge {
        /// On what, bounded.
        name: String,
        /// Bytes of the result.
        size: u64,
        /// Bytes that are taken.
        limit: u64,
    },
    /// The connection ended.
    #[error("{operation}: the connection to the instance is lost: {source}")]
    Lost {
        /// What was under way.
        operation: &'static str,
        /// What the system or the TLS library said.
        #[source]
        source: io::Error,
    },
    /// An earlier operation was given up in the middle of a message, so that this connection can carry nothing more.
    #[error("an earlier operation was given up in the middle of a message; this session can carry nothing more")]
    Broken,
    /// What was to be uploaded cannot be read.
    #[error("cannot read what shall go to {name:?}: {source}")]
    Source {
        /// The name in the instance, bounded.
        name: String,
        /// What the reader said.
        #[source]
        source: io::Error,
    },
    /// What was downloaded cannot be written.
    #[error("cannot write what came from {name:?}: {source}")]
    Sink {
        /// The name in the instance, bounded.
        name: String,
        /// What the writer said.
        #[source]
        source: io::Error,
    },
    /// The system cannot give what the client itself needs.
    #[error("this machine cannot give {what}")]
    System {
        /// What.
        what: &'static str,
    },
}

impl Error {
    /// A stable name of the reason, in kebab case. A failure of the instance has the name that the instance gives, if it
    /// gives one of letters, digits and hyphens.
    pub fn code(&self) -> &str {
        match self {
            Error::Identity(error) => error.code(),
            Error::Trust(error) => error.code(),
            Error::TrustFile(error) => error.code(),
            Error::Ciphersuite(_) => "ciphersuite-not-offered",
            Error::NoAddress => "no-address",
            Error::Connect { .. } => "connect",
            Error::ConnectTimeout { .. } => "connect-timeout",
            Error::Handshake { .. } => "handshake",
            Error::IdentityRefused(_) => "identity-refused",
            Error::Refused(refusal) => refusal.code(),
            Error::Name { .. } => "bad-name",
            Error::NoPipeline(_) => "no-such-pipeline",
            Error::Request { reason, .. } => reason.code(),
            Error::Failed { failure, .. } => code_of(failure),
            Error::NoResult { .. } => "no-result",
            Error::Protocol { .. } => "protocol",
            Error::TooLarge { .. } => "result-too-large",
            Error::Lost { .. } => "connection-lost",
            Error::Broken => "session-broken",
            Error::Source { .. } => "source-unreadable",
            Error::Sink { .. } => "sink-unwritable",
            Error::System { .. } => "system",
        }
    }

    /// Whether the same call may succeed later without anything being changed: nobody was there, or the connection broke.
    /// Whether it is *safe* to repeat is another question: an append, a compute and a shutdown whose answer was lost may
    /// have been done.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Error::Connect { .. } | Error::ConnectTimeout { .. } | Error::Lost { .. } | Error::Broken)
    }

    /// Why the instance is not what was meant, if that is the reason.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The instance's own answer, if that is the reason.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Error::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(Box::new(refusal))
    }
}

/// The instance's own name of a failure, when it is one: it goes to scripts.
fn code_of(failure: &Failure) -> &str {
    let is_code = |code: &str| {
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if is_code(failure.code()) { failure.code() } else { "failed" }
}

/// A name for an error's text: names come from scripts and may be anything.
pub(crate) fn shown(name: &str) -> String {
    const MOST_CHARACTERS: usize = 256;
    name.chars().take(MOST_CHARACTERS).collect()
}
