//! The way into an enclave: vsock, or what stands for it in tests.

use std::future::Future;
use std::io;
use std::time::Duration;

use anyhow::bail;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_vsock::{VsockAddr, VsockStream};

/// Time for an enclave to boot and listen: a large image takes some ten seconds.
const BOOT_BOUND: Duration = Duration::from_secs(60);

/// Pauses between attempts to reach an enclave that boots: short at first, for small images.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Connects to ports of enclaves.
pub(super) trait Network: Clone + Send + Sync + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Connects to a port of the enclave with the address `cid`.
    fn connect(&self, cid: u32, port: u32) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

/// The real one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vsock;

impl Network for Vsock {
    type Io = VsockStream;

    async fn connect(&self, cid: u32, port: u32) -> io::Result<VsockStream> {
        VsockStream::connect(VsockAddr::new(cid, port)).await
    }
}

/// Connects as soon as the enclave listens.
pub(super) async fn reach<N: Network>(network: &N, cid: u32, port: u32) -> anyhow::Result<N::Io> {
    let attempts = async {
        let mut pause = FIRST_PAUSE;
        loop {
            match network.connect(cid, port).await {
                Ok(io) => return io,
                Err(error) => tracing::debug!(%error, "the enclave does not listen yet"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    };
    match tokio::time::timeout(BOOT_BOUND, attempts).await {
        Ok(io) => Ok(io),
        Err(_) => bail!(
            "the enclave does not answer on vsock port {port} after {} s; check that runtime-nitro is what the image \
             starts; `nitro-cli console` shows what it says, under a policy with `debug`",
            BOOT_BOUND.as_secs()
        ),
    }
}
