//! A file on its way to a service: as many bytes as were announced, never held whole.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use reqwest::Body;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio_util::io::ReaderStream;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Why the reader of an upload failed, if it did: the HTTP library only knows that sending did.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the reason, and gives an error for the HTTP library.
    fn keep(&self, reason: io::Error) -> io::Error {
        let kind = reason.kind();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        kind.into()
    }
}

/// The first `length` bytes of `reader` as a body.
pub(super) fn body(length: u64, reader: impl AsyncRead + Send + 'static) -> (Body, Failure) {
    let failure = Failure::default();
    let measured = Measured { reader: Box::pin(reader.take(length)), left: length, failure: failure.clone() };
    (Body::wrap_stream(ReaderStream::with_capacity(measured, PIECE_BYTES)), failure)
}

/// A reader that must not end before all that was announced is read.
struct Measured {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    left: u64,
    failure: Failure,
}

impl AsyncRead for Measured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Err(error) = ready!(self.reader.as_mut().poll_read(context, buffer)) {
            return Poll::Ready(Err(self.failure.keep(error)));
        }
        let read = (buffer.filled().len() - before) as u64;
        self.left = self.left.saturating_sub(read);
        if read == 0 && self.left > 0 && buffer.remaining() > 0 {
            let reason = format!("it ended {} bytes before the length that was announced", self.left);
            return Poll::Ready(Err(self.failure.keep(io::Error::new(io::ErrorKind::UnexpectedEof, reason))));
        }
        Poll::Ready(Ok(()))
    }
}
