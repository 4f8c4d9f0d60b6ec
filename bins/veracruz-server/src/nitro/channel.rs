//! The control channel as the host holds it.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use veracruz_runtime::control::{ControlError, ToEnclave, ToHost, receive, send};

/// Time for the enclave to take a message: a policy may have 16 MiB.
const SAY_BOUND: Duration = Duration::from_secs(10);

/// Messages that wait to be seen to. The enclave asks a question and waits.
const WAITING: usize = 4;

/// The channel. Dropped, it is closed.
pub(super) struct Channel<Io> {
    writer: WriteHalf<Io>,
    heard: mpsc::Receiver<Result<ToHost, ControlError>>,
    /// Ends with the channel.
    _reading: JoinSet<()>,
}

impl<Io: AsyncRead + AsyncWrite + Send + 'static> Channel<Io> {
    pub(super) fn new(io: Io) -> Self {
        let (reader, writer) = tokio::io::split(io);
        let (messages, heard) = mpsc::channel(WAITING);
        let mut reading = JoinSet::new();
        reading.spawn(listen(reader, messages));
        Channel { writer, heard, _reading: reading }
    }

    pub(super) async fn say(&mut self, message: &ToEnclave) -> anyhow::Result<()> {
        let said = timeout(SAY_BOUND, send(&mut self.writer, message)).await;
        said.context("the enclave does not listen any more")?.context("the enclave cannot be told")
    }

    /// The next message. None is lost when the future is dropped.
    pub(super) async fn hear(&mut self) -> Result<ToHost, ControlError> {
        self.heard.recv().await.unwrap_or(Err(ControlError::Closed))
    }
}

/// Receives in a task of its own: a message must not be lost by half when something else happens.
async fn listen<Io: AsyncRead>(mut reader: ReadHalf<Io>, messages: mpsc::Sender<Result<ToHost, ControlError>>) {
    loop {
        let message = receive(&mut reader).await;
        let over = message.is_err();
        if messages.send(message).await.is_err() || over {
            return;
        }
    }
}
