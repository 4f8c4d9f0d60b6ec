//! The accept loop: a task a connection, strangers and sessions bounded apart, and the end in order.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::Ended;
use crate::instance::Instance;
use crate::listener::Listener;
use crate::session::{Guest, SessionEnd, receive};

/// Pause after the system could not accept: most likely it is out of file descriptors, and a loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn serve<L: Listener>(
    instance: Arc<Instance>,
    mut listener: L,
    shutdown: impl Future<Output = ()> + Send,
) -> Ended {
    let strangers = Arc::new(Semaphore::new(instance.limits.strangers));
    let sessions = Arc::new(Semaphore::new(instance.limits.sessions));
    let (ends, mut ended) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    let renewing = tokio::spawn(Arc::clone(&instance.keeper).renewing());
    let mut shutdown = pin!(shutdown);
    let end = loop {
        tokio::select! {
            biased;
            Some(id) = ended.recv() => break Ended::ByParticipant { id },
            () = shutdown.as_mut() => break Ended::ByEmbedder { cut: 0 },
            Some(_) = tasks.join_next() => {}
            Some((io, peer, stranger)) = accept(&mut listener, &strangers) => {
                let guest = Guest { stranger, sessions: Arc::clone(&sessions), peer };
                let (instance, ends) = (Arc::clone(&instance), ends.clone());
                tasks.spawn(async move {
                    if let SessionEnd::Shutdown(id) = receive(instance, io, guest).await {
                        let _ = ends.try_send(id);
                    }
                });
            }
        }
    };
    drop(listener);
    renewing.abort();
    let end = match end {
        Ended::ByEmbedder { .. } => Ended::ByEmbedder { cut: drain(&instance, &mut tasks).await },
        by_participant => by_participant,
    };
    tasks.shutdown().await;
    instance.close().await;
    end
}

/// A connection and its place among the strangers. Nothing when the system refused; that was logged.
async fn accept<L: Listener>(
    listener: &mut L,
    strangers: &Arc<Semaphore>,
) -> Option<(L::Io, String, OwnedSemaphorePermit)> {
    let place = Arc::clone(strangers).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((io, peer)) => Some((io, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Lets each session finish the request at hand; gives the number of those that did not.
async fn drain(instance: &Instance, tasks: &mut JoinSet<()>) -> usize {
    instance.ask_to_finish();
    let finished = async { while tasks.join_next().await.is_some() {} };
    match tokio::time::timeout(instance.limits.drain_bound, finished).await {
        Ok(()) => 0,
        Err(_) => tasks.len(),
    }
}
