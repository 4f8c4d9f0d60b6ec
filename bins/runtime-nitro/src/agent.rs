//! The enclave's half of the control channel, around the life of one instance.

mod line;
mod source;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use veracruz_attestation::attester::Nsm;
use veracruz_policy::{FullPolicy, Platform, PolicyError};
use veracruz_runtime::control::{Certificates, ControlError, ToHost};
use veracruz_runtime::{Ended, Listener, Runtime, StartError};

use self::line::Line;
use self::source::HostSource;

/// Time that the host has to pass on what sessions still held before the enclave ends: what is left in the enclave's
/// sockets then is lost with it.
const LINGER: Duration = Duration::from_secs(10);

/// What the enclave is.
pub struct Agent {
    /// Its secure module, fresh.
    pub nsm: Arc<dyn Nsm>,
    /// The platform of the module.
    pub platform: Platform,
}

/// Why there was no instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The host said nothing that can be understood, or went away.
    #[error(transparent)]
    Host(#[from] ControlError),
    /// The host did not begin with a policy.
    #[error("the host's first message is no policy; build veracruz-server and the enclave's image together")]
    NoPolicy,
    /// The policy is bad.
    #[error("the policy is bad: {0}")]
    Policy(#[from] PolicyError),
    /// The instance does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The port of sessions cannot be opened.
    #[error("the enclave cannot listen for sessions: {0}")]
    Listen(#[source] io::Error),
}

impl AgentError {
    /// A stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            AgentError::Host(_) => "control-channel",
            AgentError::NoPolicy => "no-policy",
            AgentError::Policy(error) => error.code(),
            AgentError::Start(error) => error.code(),
            AgentError::Listen(_) => "session-port",
        }
    }
}

impl Agent {
    /// Serves the policy that the host sends, until a participant or the host ends it. `listen` opens the port of sessions
    /// once the instance has its certificate.
    ///
    /// The host that is gone ends it too: there is nobody left who could pass sessions on.
    ///
    /// # Errors
    ///
    /// [`AgentError`]; the host was told, if it is there.
    pub async fn serve<Io, L>(self, host: Io, listen: impl FnOnce() -> io::Result<L>) -> Result<Ended, AgentError>
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
        L: Listener,
    {
        let mut line = Line::new(host);
        let outcome = self.live(&mut line, listen).await;
        line.say(last_words(&outcome));
        if tokio::time::timeout(LINGER, line.closed()).await.is_err() {
            tracing::warn!("the host did not close the control channel; what it did not read is lost");
        }
        outcome
    }

    async fn live<L: Listener>(
        self,
        line: &mut Line,
        listen: impl FnOnce() -> io::Result<L>,
    ) -> Result<Ended, AgentError> {
        let (text, certificates) = line.policy().await?;
        let policy = FullPolicy::parse(&text)?;
        drop(text);
        let mut builder = Runtime::builder(policy);
        if certificates == Certificates::FromHost {
            builder = builder.certificates_from(Arc::new(HostSource::new(line)));
        }
        let runtime = builder.start(self.nsm, self.platform).await?;
        let listener = listen().map_err(AgentError::Listen)?;
        line.say(ToHost::Serving);
        Ok(runtime.serve(listener, line.stopped()).await)
    }
}

fn last_words(outcome: &Result<Ended, AgentError>) -> ToHost {
    match outcome {
        Ok(Ended::ByParticipant { id }) => ToHost::EndedByParticipant { id: *id },
        Ok(Ended::ByEmbedder { cut }) => ToHost::EndedByHost { cut: u32::try_from(*cut).unwrap_or(u32::MAX) },
        Ok(_) => ToHost::EndedByHost { cut: 0 },
        Err(error) => ToHost::Failed { code: error.code().to_owned(), reason: error.to_string() },
    }
}
