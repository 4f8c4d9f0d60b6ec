//! A service daemon's frame: the settings that every service has, checked together, and the daemon that comes of them.
//!
//! What a daemon says about itself comes in as [`FrameDefaults`]; what the operator says as [`FrameFlags`]. No service's
//! name and no meaning of a request is known here.

mod bound;
mod flags;
mod secrets;

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

pub use bound::{Bound, Parts};
pub use flags::FrameFlags;

use self::secrets::Secrets;
use crate::access::{Access, Host, Hosts};
use crate::limits::Limits;
use crate::listener::{BindError, Exposure};
use crate::logging::{self, Logging};

/// What a daemon says about itself.
#[derive(Clone, Copy, Debug)]
pub struct FrameDefaults {
    /// Where it listens unless told otherwise: `HOST:PORT` on loopback.
    pub address: &'static str,
    /// Time for a whole request until its response begins, unless told otherwise.
    pub request_timeout: Duration,
    /// What is logged unless told otherwise, as [`Logging::new`] takes it.
    pub log: &'static str,
}

/// Listener, protection, limits and logging of a daemon, checked; nothing is open yet.
#[derive(Debug)]
pub struct Frame {
    exposure: Exposure,
    secrets: Secrets,
    logging: Option<Logging>,
    allowed_hosts: Vec<Host>,
    /// What peers may take. A test sets some small.
    pub limits: Limits,
}

/// Why a daemon does not start serving.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The process has logging already.
    #[error("logging cannot be started: {0}; one process starts it once")]
    Logging(#[from] tracing_subscriber::util::TryInitError),
    /// The socket could not be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The open socket does not tell its address.
    #[error("the socket has no address: {0}; start again")]
    Address(#[source] io::Error),
    /// The system gives us no signals.
    #[error("cannot listen for SIGHUP: {0}; start again")]
    Signals(#[source] io::Error),
}

impl Frame {
    /// Plain HTTP where `exposure` allows it, for a program with flags and logging of its own. On loopback it is reached by
    /// loopback's names and the host in `exposure`, by no other.
    pub fn plain(exposure: Exposure) -> Self {
        Frame {
            exposure,
            secrets: Secrets::default(),
            logging: None,
            allowed_hosts: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Starts logging for the whole process; once, from `main`.
    ///
    /// # Errors
    /// The process has logging already, from this call or another.
    pub fn start_logging(&mut self) -> Result<(), FrameError> {
        match self.logging.take() {
            Some(logging) => Ok(logging::start(logging)?),
            None => Ok(()),
        }
    }

    /// Opens the socket, and warns when other machines can reach it unprotected. The address is known from here on, and
    /// SIGHUP no longer ends the process: it has the certificates and tokens read again.
    ///
    /// # Errors
    /// The socket cannot be opened; the error names the address and the next step.
    pub async fn bind(&self) -> Result<Bound, FrameError> {
        let listener = self.exposure.bind().await?;
        let address = listener.local_addr().map_err(FrameError::Address)?;
        let hangups = signal(SignalKind::hangup()).map_err(FrameError::Signals)?;
        if let Some(warning) = self.exposure.warning() {
            tracing::warn!(%address, "INSECURE: {warning} where other machines can reach it");
        }
        Ok(Bound {
            listener,
            address,
            access: self.access(),
            secrets: self.secrets.clone(),
            limits: self.limits.clone(),
            hangups,
            announced: true,
            secret_paths: false,
        })
    }

    fn access(&self) -> Access {
        let tokens = self.secrets.tokens.as_ref().map(|(_, tokens)| tokens.clone());
        let client_certificates =
            self.secrets.tls.as_ref().is_some_and(|(files, _)| files.client_authorities.is_some());
        let own_origin_only = self.exposure.is_loopback() && tokens.is_none() && !client_certificates;
        // With TLS a browser sees for itself that we have no certificate for the page's name.
        let any_host = !own_origin_only || self.secrets.tls.is_some();
        let known_hosts = || Hosts(self.exposure.host().into_iter().chain(&self.allowed_hosts).cloned().collect());
        Access { tokens, client_certificates, own_origin_only, hosts: (!any_host).then(known_hosts) }
    }
}
