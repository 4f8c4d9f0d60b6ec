//! How a connection comes about: a port, so that tests and vsock can bring their own.
//!
//! A connector moves bytes. It is trusted for nothing: whatever it connects to is verified above it.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use veracruz_policy::Endpoint;

/// A connection that carries bytes both ways.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// The future connection of a [`Connector`].
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Transport>>> + Send + 'a>>;

/// Opens connections to instances.
pub trait Connector: Send + Sync {
    /// Opens a connection to the instance at `address`.
    fn connect<'a>(&'a self, address: &'a Endpoint) -> Connecting<'a>;
}

/// TCP, without delay, and with keep-alive: a compute may be silent for hours, and routers forget silent connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpConnector;

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, address: &'a Endpoint) -> Connecting<'a> {
        Box::pin(async move {
            let (Some(host), Some(port)) = (address.host(), address.port()) else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the address is a place-holder"));
            };
            let mut refused = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for address in lookup_host((host, port)).await? {
                let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
                socket.set_keepalive(true)?;
                match socket.connect(address).await {
                    Ok(stream) => return without_delay(stream),
                    Err(error) => refused = error,
                }
            }
            Err(refused)
        })
    }
}

/// Requests are written whole; waiting for more to send (Nagle) would only add 40 ms to each.
fn without_delay(stream: TcpStream) -> io::Result<Box<dyn Transport>> {
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}
