//! The control channel as the enclave holds it: one task writes, one reads, so that no message is ever sent or received
//! by half when somebody stops waiting for it.

use std::future::Future;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use veracruz_runtime::control::{Certificates, ControlError, ToEnclave, ToHost, receive, send};

use super::AgentError;

/// Answers of the host that wait to be taken: it gives two to an attempt, and attempts follow each other.
const WAITING_ANSWERS: usize = 4;

/// How the host stands to the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Content,
    /// It asked for the end.
    Stops,
    /// It cannot be heard any more.
    Gone,
}

/// The channel.
pub(super) struct Line {
    outgoing: mpsc::UnboundedSender<ToHost>,
    answers: Option<mpsc::Receiver<ToEnclave>>,
    host: watch::Receiver<Host>,
    reading: JoinHandle<()>,
    writing: JoinHandle<()>,
}

impl Line {
    pub(super) fn new<Io: AsyncRead + AsyncWrite + Send + 'static>(io: Io) -> Self {
        let (reader, writer) = tokio::io::split(io);
        // Unbounded, but whoever asks a question waits for its answer before the next.
        let (outgoing, messages) = mpsc::unbounded_channel();
        let (answer, answers) = mpsc::channel(WAITING_ANSWERS);
        let (state, host) = watch::channel(Host::Content);
        Line {
            outgoing,
            answers: Some(answers),
            host,
            reading: tokio::spawn(read(reader, answer, state)),
            writing: tokio::spawn(write(writer, messages)),
        }
    }

    /// The host's first message.
    pub(super) async fn policy(&mut self) -> Result<(String, Certificates), AgentError> {
        let answers = self.answers.as_mut().ok_or(ControlError::Closed)?;
        match answers.recv().await {
            Some(ToEnclave::Start { policy, certificates }) => Ok((policy, certificates)),
            Some(_) => Err(AgentError::NoPolicy),
            None if *self.host.borrow() == Host::Stops => Err(AgentError::NoPolicy),
            None => Err(ControlError::Closed.into()),
        }
    }

    /// What asks the host and hears its answers; once.
    pub(super) fn questions(&mut self) -> (mpsc::UnboundedSender<ToHost>, Option<mpsc::Receiver<ToEnclave>>) {
        (self.outgoing.clone(), self.answers.take())
    }

    /// Has a message sent. After one that is the last, none is.
    pub(super) fn say(&self, message: ToHost) {
        // Fails when the host is gone, which ends the instance by itself.
        let _ = self.outgoing.send(message);
    }

    /// Resolves when the host asks for the end or is gone.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut host = self.host.clone();
        async move {
            let _ = host.wait_for(|host| *host != Host::Content).await;
        }
    }

    /// Resolves when all is sent and the host has closed.
    pub(super) async fn closed(self) {
        drop(self.outgoing);
        let _ = self.writing.await;
        let _ = self.reading.await;
    }
}

async fn read<Io: AsyncRead>(mut io: ReadHalf<Io>, answers: mpsc::Sender<ToEnclave>, host: watch::Sender<Host>) {
    let mut answers = Some(answers);
    loop {
        match receive(&mut io).await {
            Ok(ToEnclave::Stop) => {
                tracing::info!("the host asked for the end");
                host.send_replace(Host::Stops);
                // Nobody is answered any more.
                answers = None;
            }
            // An answer that nobody waits for is the host's mistake and is dropped.
            Ok(answer) => drop(answers.as_ref().map(|answers| answers.try_send(answer))),
            Err(error) => {
                tracing::info!(%error, "the host is not heard any more");
                host.send_replace(Host::Gone);
                return;
            }
        }
    }
}

async fn write<Io: AsyncWrite>(mut io: WriteHalf<Io>, mut messages: mpsc::UnboundedReceiver<ToHost>) {
    while let Some(message) = messages.recv().await {
        let last = message.is_last();
        if let Err(error) = send(&mut io, &message).await {
            tracing::warn!(%error, "the host could not be told");
            return;
        }
        if last {
            let _ = io.shutdown().await;
            return;
        }
    }
}
