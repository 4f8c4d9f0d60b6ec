//! The port through which connections arrive: TCP outside, vsock inside an enclave, pipes in tests.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections. What it hands over speaks TLS at once.
///
/// Whoever embeds the runtime sets what the connections need on the way: Veracruz's clients wait silently while a program
/// runs, so TCP sockets should have keepalive on.
pub trait Listener: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and its peer in words for logs. Must lose nothing when the future is dropped.
    ///
    /// # Errors
    ///
    /// What the system reports; the runtime logs it and tries again after a pause.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, String)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, String)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // A request and its reply are small and wait for each other: Nagle's algorithm would add 40 ms to each.
        stream.set_nodelay(true)?;
        Ok((stream, peer.to_string()))
    }
}
