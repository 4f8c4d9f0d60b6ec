//! Why a service did not do what it was asked: what, where, and what to do next.
//!
//! No error holds a token, a key or a credential, nor a service's text that is not bounded and escaped.

use std::io;

use veracruz_policy::NameError;
use veracruz_rest::Problem;

/// Why a call of a service failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is none.
    #[error("the address {url:?} of the service cannot be used: {reason}")]
    Url {
        /// The address, bounded; only its host where it holds credentials.
        url: String,
        /// Why not.
        reason: UrlFault,
    },
    /// Certificates or keys cannot be used.
    #[error("the {what} for the service cannot be used: {reason}")]
    Tls {
        /// Which of them.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// The token cannot be sent.
    #[error("the token is empty or holds other characters than visible ones of ASCII")]
    Token,
    /// What is to be sent is secret, and everybody on the way could read it. Nothing was sent.
    #[error("{url} is plain http:// to another machine: a token, key or credential is not sent there")]
    PlainHttp {
        /// The service's address.
        url: String,
    },
    /// No function, instance or job can have this name.
    #[error("the name {name:?} cannot be used: {reason}")]
    Name {
        /// The name, bounded.
        name: String,
        /// Why not.
        reason: NameError,
    },
    /// Nobody could be connected to.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// The resource.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// The service's certificate is not one that was to be trusted. Nothing was sent.
    #[error("the certificate that {url} shows is refused: {reason}")]
    ServerCertificate {
        /// The resource.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The service does not take this client's certificate, or wants one.
    #[error("{url} refused the TLS connection: {reason}")]
    ClientCertificate {
        /// The resource.
        url: String,
        /// Its alert.
        reason: String,
    },
    /// TLS failed though not because of a certificate.
    #[error("the TLS handshake with {url} failed: {reason}")]
    Handshake {
        /// The resource.
        url: String,
        /// What the TLS library said.
        reason: String,
    },
    /// The service took too long.
    #[error("{url} did not answer within {seconds} s")]
    Timeout {
        /// The resource.
        url: String,
        /// The time that was given.
        seconds: u64,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {url} was lost before the answer was complete: {reason}")]
    Lost {
        /// The resource.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// What was to be uploaded cannot be read.
    #[error("cannot read what shall be uploaded: {0}")]
    Source(#[source] io::Error),
    /// The service said no, and why.
    #[error("{}", refused(.0))]
    Refused(Box<Problem>),
    /// The service said no in another form than ours: services of the i-poc and machines in between do.
    #[error("{url} answered with status {status}: {text}")]
    RefusedInWords {
        /// The resource.
        url: String,
        /// The status code.
        status: u16,
        /// What it said, bounded and escaped.
        text: String,
    },
    /// The answer is longer than any of ours.
    #[error("the answer of {url} has more than {limit} bytes")]
    TooLarge {
        /// The resource.
        url: String,
        /// Bytes that are taken.
        limit: usize,
    },
    /// The answer is none of this service.
    #[error("the answer of {url} cannot be understood: {detail}")]
    Protocol {
        /// The resource.
        url: String,
        /// What is wrong.
        detail: String,
    },
}

/// Why a text is no address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlFault {
    /// No URL.
    #[error("it is no URL; write http://HOST:PORT or https://HOST:PORT")]
    NoUrl,
    /// Neither http nor https.
    #[error("write http://HOST:PORT or https://HOST:PORT")]
    Scheme,
    /// A user or a password in it.
    #[error("it holds a user or a password; give a token or a client certificate instead")]
    Credentials,
    /// A query or a fragment in it.
    #[error("leave out what stands behind `?` and `#`")]
    Query,
}

impl Error {
    /// A stable name of the reason, in kebab case. A refusal has the name that the service gives, if it gives one of
    /// letters, digits and hyphens.
    pub fn code(&self) -> &str {
        match self {
            Error::Url { .. } => "bad-url",
            Error::Tls { .. } => "tls-settings",
            Error::Token => "bad-token",
            Error::PlainHttp { .. } => "plain-http",
            Error::Name { .. } => "bad-name",
            Error::Unreachable { .. } => "unreachable",
            Error::ServerCertificate { .. } => "server-certificate",
            Error::ClientCertificate { .. } => "client-certificate-refused",
            Error::Handshake { .. } => "handshake",
            Error::Timeout { .. } => "timeout",
            Error::Lost { .. } => "connection-lost",
            Error::Source(_) => "source-unreadable",
            Error::Refused(problem) => &problem.code,
            Error::RefusedInWords { .. } => "refused",
            Error::TooLarge { .. } => "answer-too-large",
            Error::Protocol { .. } => "protocol",
        }
    }

    /// What to do now, in one sentence; empty where the error itself says it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Error::Tls { .. } => "check the files with the certificates and the key",
            Error::Token => "give the token exactly as the service's operator does",
            Error::PlainHttp { .. } => "use https://, or allow plain http by name where the network encrypts by itself",
            Error::Unreachable { .. } => "check the address, and that the service runs",
            Error::ServerCertificate { .. } => {
                "give the authority that issued the service's certificate, and the name in it"
            }
            Error::ClientCertificate { .. } => "give the client certificate and key that the service's operator knows",
            Error::Handshake { .. } => "check whether the service speaks https at this address",
            Error::Timeout { .. } => "the service may still be at it: look what became of it before you repeat it",
            Error::Lost { .. } => "look what became of it before you repeat it",
            Error::Source(_) => "check the file, and that nobody changes it meanwhile",
            Error::Refused(problem) if problem.status == 401 => PROVE,
            Error::Refused(problem) if problem.retry_after.is_some() => LATER,
            Error::RefusedInWords { status, .. } => after(*status),
            Error::TooLarge { .. } => "ask for less at once, and check that the address is the service's",
            Error::Protocol { .. } => "check that the address is the service's, and compare the versions",
            // Our problems say themselves what to do.
            Error::Refused(_) | Error::Url { .. } | Error::Name { .. } => "",
        }
    }

    /// The service's own refusal, if that is the reason. Its texts are bounded and escaped.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Error::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The status code of the service's refusal, if that is the reason.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Refused(problem) => Some(problem.status),
            Error::RefusedInWords { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the service is away or busy, so that the same call may succeed later. Whether it is *safe* to repeat is
    /// another question: what was lost or took too long may have been done.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::Timeout { .. } | Error::Lost { .. } => true,
            Error::Refused(problem) => problem.retry_after.is_some() || matches!(problem.status, 429 | 503 | 504),
            Error::RefusedInWords { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }
}

const PROVE: &str = "give the token or the client certificate that the service's operator knows";
const LATER: &str = "try again later";

/// What to do about a refusal that does not say it.
fn after(status: u16) -> &'static str {
    match status {
        401 | 403 => PROVE,
        300..=399 => "give the address to which the service moved",
        429 | 502..=504 => LATER,
        500..=599 => "ask the service's operator, whose log has the reason",
        _ => "",
    }
}

fn refused(problem: &Problem) -> String {
    let mut text = problem.detail.clone();
    if text.is_empty() {
        text = format!("the service answered with status {}", problem.status);
    }
    text
}
