//! What can go wrong between two that speak TCP: a relay that counts, refuses, falls silent, or cuts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What befalls connections from now on; those that are open end when it changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// They are passed on.
    Pass,
    /// They are closed at once.
    Refuse,
    /// Nothing comes through, and nobody is told.
    Silence,
    /// They end when so many bytes have come back.
    Cut(u64),
}

/// Passes connections on; ends with its value.
pub(crate) struct Relay {
    address: String,
    connections: Arc<AtomicUsize>,
    fate: watch::Sender<Fate>,
    relaying: JoinHandle<()>,
}

impl Relay {
    /// Listens at `address`, for the service at `upstream`.
    pub(crate) fn start(runtime: &Runtime, address: &str, upstream: &str) -> Self {
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let (fate, fates) = watch::channel(Fate::Pass);
        let relaying = runtime.spawn(relay(listener, upstream.to_owned(), connections.clone(), fates));
        Relay { address, connections, fate, relaying }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn set(&self, fate: Fate) {
        self.fate.send_replace(fate);
    }

    /// Connections that came.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.relaying.abort();
    }
}

async fn relay(listener: TcpListener, upstream: String, connections: Arc<AtomicUsize>, fates: watch::Receiver<Fate>) {
    let mut open = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let (mut fates, upstream) = (fates.clone(), upstream.clone());
        let fate = *fates.borrow_and_update();
        open.spawn(async move {
            tokio::select! {
                // Either side may go away at any time.
                _ended = pass(client, &upstream, fate) => {}
                _changed = fates.changed() => {}
            }
        });
    }
}

async fn pass(mut client: TcpStream, upstream: &str, fate: Fate) -> std::io::Result<()> {
    match fate {
        Fate::Refuse => Ok(()),
        Fate::Silence => {
            copy(&mut client, &mut tokio::io::sink()).await?;
            std::future::pending().await
        }
        Fate::Pass => {
            let mut server = TcpStream::connect(upstream).await?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
        Fate::Cut(bytes) => {
            let server = TcpStream::connect(upstream).await?;
            let (mut from_client, mut to_client) = client.into_split();
            let (from_server, mut to_server) = server.into_split();
            let back = async {
                copy(&mut from_server.take(bytes), &mut to_client).await?;
                to_client.shutdown().await
            };
            tokio::select! {
                _ = copy(&mut from_client, &mut to_server) => Ok(()),
                ended = back => ended,
            }
        }
    }
}
