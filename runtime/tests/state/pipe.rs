//! The transport of a session, with a hand on everything: what has come, what was sent, how it ends. It holds whatever it is
//! given, and wakes nobody: who drives the sessions polls them.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Both ends of it.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    incoming: Vec<u8>,
    taken: usize,
    outgoing: Vec<u8>,
    ended: bool,
    broken: bool,
    stalled: bool,
    moves: u64,
}

impl Pipe {
    /// Bytes for the session.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.0.borrow_mut().incoming.extend_from_slice(bytes);
    }

    /// The peer sends no more.
    pub(crate) fn end(&self) {
        self.0.borrow_mut().ended = true;
    }

    /// The connection is gone.
    pub(crate) fn break_off(&self) {
        self.0.borrow_mut().broken = true;
    }

    /// The peer takes nothing any more.
    pub(crate) fn stall(&self) {
        self.0.borrow_mut().stalled = true;
    }

    /// What the session sent since the last time.
    pub(crate) fn receive(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().outgoing)
    }

    /// Bytes that the session took in so far.
    pub(crate) fn taken(&self) -> usize {
        self.0.borrow().taken
    }

    /// Grows whenever something moved.
    pub(crate) fn moves(&self) -> u64 {
        self.0.borrow().moves
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let left = state.incoming.len() - state.taken;
        if left == 0 && !state.ended {
            return Poll::Pending;
        }
        let count = left.min(buf.remaining());
        buf.put_slice(&state.incoming[state.taken..state.taken + count]);
        state.taken += count;
        state.moves += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if state.stalled {
            return Poll::Pending;
        }
        state.outgoing.extend_from_slice(bytes);
        state.moves += 1;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
