//! The enclave's only network: stream sockets to its host.

use std::io;

use tokio_vsock::{VMADDR_CID_ANY, VsockAddr, VsockListener, VsockStream};
use veracruz_runtime::Listener;

/// Sessions over vsock.
pub(crate) struct Vsock(pub(crate) VsockListener);

impl Listener for Vsock {
    type Io = VsockStream;

    async fn accept(&mut self) -> io::Result<(VsockStream, String)> {
        let (stream, peer) = self.0.accept().await?;
        Ok((stream, peer.to_string()))
    }
}

/// Listens on a port for the host.
pub(crate) fn bind(port: u32) -> io::Result<VsockListener> {
    VsockListener::bind(VsockAddr::new(VMADDR_CID_ANY, port))
}
