//! Sessions of an instance without TLS and listener, for the fuzz target `session_state`; behind the feature `fuzzing`.
//!
//! Whoever serves anybody must never build with that feature: here the caller says who a participant is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use veracruz_policy::Principal;

use crate::instance::Instance;
use crate::server::Runtime;
use crate::session::{Channel, SessionEnd, converse};
use crate::vfs::Vfs;

/// An instance whose sessions the caller drives.
pub struct Stage(Arc<Instance>);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is over.
    Closed,
    /// It was cut: the transport failed, the peer stalled, or its stream cannot go on.
    Cut,
    /// This participant asked the instance to end, and has been answered.
    Shutdown(u32),
}

impl Stage {
    /// The files, runs and sessions of `runtime`.
    pub fn of(runtime: Runtime) -> Self {
        Stage(runtime.instance)
    }

    /// The same instance before anybody came, on the same memory.
    ///
    /// # Errors
    /// When that memory is used up.
    pub fn afresh(&self) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Stage(Arc::new(self.0.afresh()?)))
    }

    /// A session of `who` over `io`.
    pub async fn session(&self, who: Principal, io: impl AsyncRead + AsyncWrite + Unpin) -> End {
        match converse(Arc::clone(&self.0), Open(io), who).await {
            None => End::Cut,
            Some(SessionEnd::Closed) => End::Closed,
            Some(SessionEnd::Shutdown(id)) => End::Shutdown(id),
        }
    }

    /// The files.
    pub fn files(&self) -> &Vfs {
        &self.0.vfs
    }

    /// Waits until exactly so many runs are not over.
    pub async fn until_runs(&self, number: usize) {
        self.0.runs.until(number).await;
    }

    /// Asks the sessions to end after the request at hand.
    pub fn ask_to_finish(&self) {
        self.0.ask_to_finish();
    }

    /// Ends what still runs.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// A connection whose bytes are not hidden from anybody.
struct Open<Io>(Io);

impl<Io: AsyncRead + AsyncWrite + Unpin> Channel for Open<Io> {
    fn keying_material(&self, _: &[u8], _: &[u8]) -> Result<[u8; 32], rustls::Error> {
        Ok([0x5a; 32])
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Open<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Open<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
