//! The way out of a session: replies in order, small ones together in one write, file content lent and not copied.
//!
//! A peer that does not read makes only its own session wait, and for a bounded time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use veracruz_protocol::{
    ChunkInfo, EncodeError, Failure, Response, chunk_head, encode_exit_code, encode_response, result_head,
};

use crate::vfs::Snapshot;

/// Bytes of replies that are gathered before they are written although more requests are at hand: two TLS records.
const GATHERED_BYTES: usize = 32 << 10;

/// Bytes of content that go out together with the head before them: one TLS record. The rest is lent.
const COPIED_BYTES: u64 = 16 << 10;

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// One without payload.
    Small(Response),
    /// The exit code of a program.
    ExitCode(u32),
    /// A whole file.
    File(Snapshot),
    /// A part of a file.
    Part(Snapshot, ChunkInfo, u64),
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Reply::Small(Response::Failure(failure))
    }
}

/// Replies on their way.
pub(super) struct Outbox {
    gathered: Vec<u8>,
    /// Whether the transport may hold bytes that it has not sent.
    unflushed: bool,
    stall: Duration,
}

impl Outbox {
    pub(super) fn new(stall: Duration) -> Self {
        Outbox { gathered: Vec::new(), unflushed: false, stall }
    }

    /// Sends a reply, or keeps it until [`Outbox::flush`] if it is small.
    pub(super) async fn send(&mut self, io: &mut (impl AsyncWrite + Unpin), reply: Reply) -> io::Result<()> {
        self.unflushed = true;
        match self.put(reply) {
            Ok(None) => {}
            Ok(Some((content, from, length))) => {
                self.write_gathered(io).await?;
                for piece in content.range(from, length) {
                    write_all(io, piece, self.stall).await?;
                }
            }
            // Heads and failures always fit; only content is too large for one message.
            Err(error) => drop(self.put(Failure::from(error).into())),
        }
        if self.gathered.len() >= GATHERED_BYTES { self.write_gathered(io).await } else { Ok(()) }
    }

    /// Writes what is gathered and waits until the transport has taken it.
    pub(super) async fn flush(&mut self, io: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.unflushed {
            self.write_gathered(io).await?;
            within(self.stall, io.flush()).await?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Puts a reply behind the others; gives the range of content that remains to be lent.
    fn put(&mut self, reply: Reply) -> Result<Option<(Snapshot, u64, u64)>, EncodeError> {
        let (head, content, from, length) = match reply {
            Reply::Small(response) => {
                self.gathered.extend_from_slice(&encode_response(&response)?);
                return Ok(None);
            }
            Reply::ExitCode(code) => {
                self.gathered.extend_from_slice(&encode_exit_code(code)?);
                return Ok(None);
            }
            Reply::File(content) => (result_head(content.len())?, content.clone(), 0, content.len()),
            Reply::Part(content, info, length) => (chunk_head(info, length)?, content, info.offset, length),
        };
        self.gathered.extend_from_slice(&head);
        let copied = length.min(COPIED_BYTES);
        content.range(from, copied).for_each(|piece| self.gathered.extend_from_slice(piece));
        Ok((length > copied).then(|| (content, from + copied, length - copied)))
    }

    async fn write_gathered(&mut self, io: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        write_all(io, &self.gathered, self.stall).await?;
        self.gathered.clear();
        self.gathered.shrink_to(GATHERED_BYTES * 2);
        Ok(())
    }
}

/// Writes all bytes, as long as each write makes progress in time.
async fn write_all(io: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8], stall: Duration) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = within(stall, io.write(bytes)).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

async fn within<T>(stall: Duration, write: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(stall, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
