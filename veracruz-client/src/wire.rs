//! One connection, message by message: requests out, answers in, payloads straight through.
//!
//! It holds one buffer of input and never a whole payload. It knows nothing of operations, and it trusts nobody: whether
//! the peer may be spoken to is decided above it.

mod sink;

use std::io;

use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio_rustls::client::TlsStream;
use veracruz_protocol::{Content, Download, Event, Failure, FrameError, Limits, Response, ResponseDecoder};

use crate::connector::Transport;
pub(crate) use sink::Sink;

/// Plaintext that is gathered before it is handed on, in bytes: 16 TLS records, so that a writer is called seldom.
const INPUT_BYTES: usize = 256 * 1024;

/// Ciphertext that is read ahead, in bytes: the TLS library asks for 4 KiB at a time, which would be a system call each.
pub(crate) const READ_AHEAD_BYTES: usize = 128 * 1024;

/// Bytes of a payload that are read from its source before they are encrypted. The message's head goes along with the
/// first of them, in one write.
const OUTPUT_BYTES: usize = 256 * 1024;

/// Bytes that are worth a write of their own: a whole TLS record. A source that gives less at a time is asked again first.
const WRITE_BYTES: usize = 16 * 1024;

/// TLS over whatever the connector brought.
pub(crate) type Stream = TlsStream<BufReader<Box<dyn Transport>>>;

/// A connection between two whole messages, or in the middle of an exchange.
pub(crate) struct Wire {
    stream: Stream,
    decoder: ResponseDecoder,
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    /// Exchanges that began and did not end: a future that was dropped, a source that broke off.
    open: bool,
}

/// What came back.
pub(crate) enum Answer {
    /// It was done.
    Done(Content),
    /// It was done, and the sink has the payload.
    Payload(Download),
    /// It was not done.
    Failed(Failure),
}

/// What broke, without a word on what was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The peer does not want this client's certificate.
    Identity(AlertDescription),
    /// The connection.
    Lost(io::Error),
    /// The peer's messages.
    Protocol(String),
    /// The reader of what goes out.
    Source(io::Error),
    /// The writer of what comes in.
    Sink(io::Error),
    /// The limit of what comes in.
    TooLarge { size: u64, limit: u64 },
    /// An earlier exchange.
    Broken,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Wire {
            stream,
            decoder: ResponseDecoder::new(Limits::default()),
            input: vec![0; INPUT_BYTES],
            start: 0,
            end: 0,
            output: Vec::new(),
            open: false,
        }
    }

    /// The TLS connection, for its exporter.
    pub(crate) fn tls(&self) -> &rustls::ClientConnection {
        self.stream.get_ref().1
    }

    /// Begins an exchange. Until [`end`](Self::end) the connection is in the middle of something.
    pub(crate) fn begin(&mut self) -> Result<(), Fault> {
        if std::mem::replace(&mut self.open, true) { Err(Fault::Broken) } else { Ok(()) }
    }

    /// Every message of the exchange has gone out and come in whole.
    pub(crate) fn end(&mut self) {
        self.open = false;
    }

    /// Sends a whole message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Fault> {
        self.stream.write_all(message).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// Sends `head` and then exactly `length` bytes of `source`, calling `progress` with the bytes that are gone so far.
    ///
    /// When the source ends early or fails, the message cannot be completed and the connection is of no more use.
    pub(crate) async fn send_payload(
        &mut self,
        head: &[u8],
        source: &mut (dyn AsyncRead + Send + Unpin),
        length: u64,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Fault> {
        self.output.resize(OUTPUT_BYTES.max(head.len()), 0);
        self.output.get_mut(..head.len()).into_iter().for_each(|space| space.copy_from_slice(head));
        let (mut filled, mut taken) = (head.len(), 0);
        loop {
            while taken < length && filled < WRITE_BYTES.min(self.output.len()) {
                let space = bounded(self.output.get_mut(filled..).unwrap_or_default(), length - taken);
                match source.read(space).await.map_err(Fault::Source)? {
                    0 => return Err(Fault::Source(ended_early(length - taken))),
                    count => (filled, taken) = (filled + count, taken + count as u64),
                }
            }
            self.stream.write_all(self.output.get(..filled).unwrap_or_default()).await.map_err(lost)?;
            progress(taken);
            filled = 0;
            if taken == length {
                return self.stream.flush().await.map_err(lost);
            }
        }
    }

    /// The next answer; its payload, if it has one, goes to `sink`. Where the sink's writer never waits, this may be
    /// dropped and called again with the same sink.
    pub(crate) async fn receive(&mut self, sink: &mut Sink<'_>) -> Result<Answer, Fault> {
        loop {
            let all = self.input.get(self.start..self.end).unwrap_or_default();
            let mut rest = all;
            let event = self.decoder.decode(&mut rest).map_err(frame)?;
            self.start += all.len() - rest.len();
            match event {
                None => self.fill().await?,
                Some(Event::Message(Response::Success(content))) => return Ok(Answer::Done(content)),
                Some(Event::Message(Response::Failure(failure))) => return Ok(Answer::Failed(failure)),
                Some(Event::PayloadBegin { length, .. } | Event::PayloadRestart { length }) => sink.begin(length)?,
                Some(Event::Payload(piece)) => sink.take(piece).await,
                Some(Event::PayloadEnd(download)) => {
                    sink.finish().await?;
                    return Ok(Answer::Payload(download));
                }
                Some(Event::Refused(refusal)) => return Err(Fault::Protocol(refusal.detail().to_owned())),
                Some(Event::Skipped) => return Err(Fault::Protocol("an answer was skipped".to_owned())),
            }
        }
    }

    /// Ends the connection with the TLS library's farewell.
    pub(crate) async fn close(mut self) -> Result<(), Fault> {
        self.stream.shutdown().await.map_err(lost)
    }

    /// Reads once, or, inside of a payload, as much of it as the buffer takes.
    async fn fill(&mut self) -> Result<(), Fault> {
        (self.start, self.end) = (0, 0);
        loop {
            let space = self.input.get_mut(self.end..).unwrap_or_default();
            let left = self.decoder.payload_remaining().saturating_sub(self.end as u64);
            let space = if self.decoder.payload_remaining() > 0 { bounded(space, left) } else { space };
            match self.stream.read(space).await.map_err(lost)? {
                0 => return Err(Fault::Lost(io::ErrorKind::UnexpectedEof.into())),
                count => self.end += count,
            }
            let wanted = self.decoder.payload_remaining().min(self.input.len() as u64);
            if self.end as u64 >= wanted {
                return Ok(());
            }
        }
    }
}

fn bounded(space: &mut [u8], most: u64) -> &mut [u8] {
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(space.len());
    space.get_mut(..most).unwrap_or_default()
}

/// The source of an upload has fewer bytes than were promised.
pub(crate) fn ended_early(left: u64) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("it ended {left} bytes before the length that was given"))
}

fn frame(error: FrameError) -> Fault {
    Fault::Protocol(error.to_string())
}

/// A certificate that is refused in TLS 1.3 shows only now: the client's handshake is over before the server looks.
fn lost(error: io::Error) -> Fault {
    use AlertDescription as A;
    let alert = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => return Fault::Lost(error),
    };
    match alert {
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied
        | A::CertificateRequired
        | A::DecryptError
        | A::HandshakeFailure => Fault::Identity(alert),
        _ => Fault::Lost(error),
    }
}
