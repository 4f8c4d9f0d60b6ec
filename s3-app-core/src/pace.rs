//! Notices an instance that has stopped taking.
//!
//! An upload reads, sends, and reads again. While it waits for its source the source's own clock runs; from the moment it
//! has something to send until it reads again, or ends, it is the instance's turn.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, sleep_until};

/// Watches whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// Since when it has been the instance's turn, if it is.
    since: Arc<Mutex<Option<Instant>>>,
    stall: Duration,
}

impl Pace {
    /// It is the instance's turn now.
    pub(crate) fn new(stall: Duration) -> Self {
        Pace { since: Arc::new(Mutex::new(Some(Instant::now()))), stall }
    }

    /// The source of the upload, watched.
    pub(crate) fn watch<R>(&self, source: R) -> Watched<R> {
        Watched { source, since: self.since.clone() }
    }

    /// Returns once the instance has let its turn pass.
    pub(crate) async fn lost(&self) {
        loop {
            let since = *self.since.lock();
            let deadline = since.unwrap_or_else(Instant::now) + self.stall;
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

/// A source whose reader is watched.
pub(crate) struct Watched<R> {
    source: R,
    since: Arc<Mutex<Option<Instant>>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Watched<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        *self.since.lock() = None;
        let read = ready!(Pin::new(&mut self.source).poll_read(cx, buf));
        *self.since.lock() = Some(Instant::now());
        Poll::Ready(read)
    }
}
