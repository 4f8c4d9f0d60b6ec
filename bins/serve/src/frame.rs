//! A service daemon's frame: the settings that every service has, checked together, and the daemon that comes of them.
//!
//! What a daemon says about itself comes in as [`FrameDefaults`]; what the operator says as [`FrameFlags`]. No service's
//! name and no meaning of a request is known here.

mod bound;
mod flags;

use std::time::Duration;

pub use bound::{Bound, Parts};
pub use flags::FrameFlags;

use crate::config::Problems;
use crate::listener::{BindError, Exposure};
use crate::logging::{self, Logging};
use crate::run::Limits;

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
    logging: Option<Logging>,
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
    Address(#[source] std::io::Error),
}

impl Frame {
    /// Plain HTTP where `exposure` allows it, for a daemon with flags of its own.
    pub fn plain(exposure: Exposure, logging: Logging) -> Self {
        Frame { exposure, logging: Some(logging), limits: Limits::default() }
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

    /// Opens the socket, and warns when other machines can reach it unprotected. The address is known from here on.
    ///
    /// # Errors
    /// The socket cannot be opened; the error names the address and the next step.
    pub async fn bind(&self) -> Result<Bound, FrameError> {
        let listener = self.exposure.bind().await?;
        let address = listener.local_addr().map_err(FrameError::Address)?;
        if self.exposure.is_open() {
            tracing::warn!(%address, "INSECURE: plain HTTP without authentication where other machines can reach it");
        }
        Ok(Bound::new(listener, address, self.limits.clone()))
    }
}

impl FrameFlags {
    /// Checks the settings; what is wrong goes to `problems`, and then there is no frame.
    pub fn read(self, defaults: &FrameDefaults, problems: &mut Problems) -> Option<Frame> {
        let address = self.listen.as_deref().unwrap_or(defaults.address);
        let exposure = problems.take("listen", Exposure::plain(address, self.insecure_no_auth));
        let logging = Logging::new(self.log.as_deref().unwrap_or(defaults.log), self.json_log);
        let logging = problems.take("log", logging);
        let mut limits = Limits { request_timeout: defaults.request_timeout, ..Limits::default() };
        if let Some(connections) = self.max_connections {
            limits.connections = connections.get() as usize;
        }
        if let Some(seconds) = self.request_timeout {
            limits.request_timeout = Duration::from_secs(seconds.get().into());
        }
        Some(Frame { exposure: exposure?, logging: Some(logging?), limits })
    }
}
