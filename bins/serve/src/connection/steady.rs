//! A peer that takes what it is sent, but hardly: it is cut before it has held a connection for long.
//!
//! The time of a single write bounds a peer that takes nothing. This bounds one that takes little, again and again: of each
//! window of *waiting* for it, however many writes and answers that is spread over, a number of bytes must have come.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream whose peer must take some bytes in each window of waiting for it.
pub(super) struct Steady<S> {
    stream: S,
    window: Duration,
    /// Bytes that must have been taken at the end of a window.
    least: u64,
    /// Bytes that were taken in this window.
    taken: u64,
    /// How much of this window was waited, without what is waited now.
    waited: Duration,
    /// Since when the peer has been waited for.
    since: Option<Instant>,
    /// Goes off when the window is full.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Steady<S> {
    /// `rate` is in bytes a second.
    pub(super) fn new(stream: S, rate: u32, window: Duration) -> Self {
        let least = u128::from(rate).saturating_mul(window.as_millis()) / 1000;
        let least = u64::try_from(least).unwrap_or(u64::MAX);
        let alarm = Box::pin(sleep(window));
        Steady { stream, window, least, taken: 0, waited: Duration::ZERO, since: None, alarm }
    }

    fn judged(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.taken = self.taken.saturating_add(bytes as u64);
                self.waited += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(cx),
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.since.is_none() {
            self.begin_waiting();
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if self.taken < self.least {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes too little")));
            }
            (self.taken, self.waited) = (0, Duration::ZERO);
            self.begin_waiting();
        }
        Poll::Pending
    }

    fn begin_waiting(&mut self) {
        let now = Instant::now();
        self.since = Some(now);
        self.alarm.as_mut().reset(now + self.window.saturating_sub(self.waited));
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judged(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judged(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, advance, interval_at};

    use super::Steady;

    const MINUTE: Duration = Duration::from_secs(60);

    /// What comes of sending `length` bytes, at 1 KiB/s and within 60 s, to a peer that takes `bytes` every `pause`; and
    /// when.
    async fn sent(length: usize, bytes: usize, pause: Duration) -> (io::Result<()>, Duration) {
        let (ours, mut peers) = duplex(16);
        tokio::spawn(async move {
            let (mut taken, mut pace) = (vec![0; bytes], interval_at(Instant::now() + pause, pause));
            while peers.read_exact(&mut taken).await.is_ok() {
                pace.tick().await;
            }
        });
        let begun = Instant::now();
        let sent = Steady::new(ours, 1024, MINUTE).write_all(&vec![0; length]).await;
        (sent, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_byte_by_byte_is_cut_after_one_window() {
        for pause in [Duration::from_millis(1), Duration::from_secs(1), Duration::from_secs(29)] {
            let (sent, took) = sent(1024 * 1024, 1, pause).await;
            assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut, "{pause:?}");
            assert!((MINUTE..MINUTE * 2).contains(&took), "{pause:?}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_enough_may_take_as_long_as_that_takes() {
        let (sent, took) = sent(4 * 1024 * 1024, 2048, Duration::from_secs(1)).await;
        assert!(sent.is_ok() && took > MINUTE * 30, "{sent:?} {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nothing_was_to_be_taken_is_not_the_peers() {
        let (ours, mut peers) = duplex(16);
        let mut ours = Steady::new(ours, 1024, MINUTE);
        for _ in 0..10 {
            ours.write_all(b"a short answer").await.unwrap();
            advance(MINUTE).await;
            let mut taken = [0; 14];
            peers.read_exact(&mut taken).await.unwrap();
        }
    }
}
