//! A connection from its first byte to its end.
//!
//! What a stranger can do is bounded by time and by places; what a participant can do is decided by the policy, request by
//! request. No name, path or content of a participant is ever logged.

mod channel;
mod conversation;
mod door;
mod inbox;
mod intake;
mod outbox;
mod participants;
mod tls;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
#[cfg(feature = "fuzzing")]
use veracruz_policy::Principal;

use self::conversation::Conversation;
use self::door::{Door, enter};
use crate::instance::Instance;

#[cfg(feature = "fuzzing")]
pub(crate) use channel::Channel;
pub(crate) use outbox::Reply;
pub use participants::BadParticipant;
pub use tls::TlsError;
pub(crate) use tls::config;

/// A connection's places: among the strangers now, among the sessions once it has shown a certificate.
pub(crate) struct Guest {
    pub(crate) stranger: OwnedSemaphorePermit,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) peer: String,
}

/// How a connection ended, as far as the instance is concerned.
pub(crate) enum SessionEnd {
    /// It is over; the instance goes on.
    Closed,
    /// This participant asked the instance to end, and has been answered.
    Shutdown(u32),
}

/// Serves one connection.
pub(crate) async fn receive<Io>(instance: Arc<Instance>, io: Io, guest: Guest) -> SessionEnd
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Guest { stranger, sessions, peer } = guest;
    let tls = Arc::clone(&instance.tls);
    let mut finishing = instance.finishing();
    let entered = tokio::select! {
        entered = tokio::time::timeout(instance.limits.handshake_timeout, enter(io, tls, &instance.policy)) => entered,
        // Who has asked for nothing yet is not waited for.
        _ = finishing.wait_for(|finishing| *finishing) => return SessionEnd::Closed,
    };
    let (stream, principal) = match entered {
        Ok(Door::Open(stream, principal)) => (stream, principal),
        Ok(Door::Refused(error)) => {
            tracing::info!(%peer, %error, "handshake refused");
            return SessionEnd::Closed;
        }
        Ok(Door::Silent | Door::NotTls) => return SessionEnd::Closed,
        Err(_) => {
            tracing::debug!(%peer, "no handshake in time");
            return SessionEnd::Closed;
        }
    };
    let Ok(_session) = sessions.try_acquire_owned() else {
        tracing::warn!(%peer, %principal, "all sessions are taken");
        return SessionEnd::Closed;
    };
    drop(stranger);
    tracing::info!(%peer, %principal, "session begins");
    match Conversation::new(stream, instance, principal.clone()).talk().await {
        Ok(end) => {
            tracing::info!(%peer, %principal, "session ends");
            end
        }
        Err(error) => {
            tracing::info!(%peer, %principal, %error, "session cut");
            SessionEnd::Closed
        }
    }
}

/// A session without the TLS and the handshake before it.
#[cfg(feature = "fuzzing")]
pub(crate) async fn converse(instance: Arc<Instance>, channel: impl Channel, who: Principal) -> Option<SessionEnd> {
    Conversation::new(channel, instance, who).talk().await.ok()
}
