//! What goes wrong between two that speak TCP: a proxy that cuts connections, or lets them fall silent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// What befalls one connection, after so many bytes of both directions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// Both sides lose it.
    Cut(u64),
    /// Nothing comes through any more, and nobody is told.
    Silence(u64),
    /// Both sides lose it when the server says something more.
    CutAnswer(u64),
    /// What the server says does not come through any more.
    SilentAnswer(u64),
    /// Nothing.
    None,
}

/// Passes connections on; ends with its value.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _passing: AbortOnDropHandle<()>,
}

impl Proxy {
    /// The first connection gets the first of `fates`, and so on; the last one is for all that come after.
    pub(crate) async fn start(upstream: SocketAddr, fates: Vec<Fate>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let passing = tokio::spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                let fate = fates.get(number).or(fates.last()).copied().unwrap_or(Fate::None);
                open.spawn(async move {
                    // Whoever is behind may be gone.
                    if let Ok(server) = TcpStream::connect(upstream).await {
                        pass(client, server, fate).await;
                    }
                });
            }
        });
        Proxy { address, connections, _passing: AbortOnDropHandle::new(passing) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections that came.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Cuts at places below `within` that follow from `seed`, and nothing after them.
pub(crate) fn cuts(seed: u64, count: usize, within: u64) -> Vec<Fate> {
    let mut state = seed;
    let mut next = || {
        // SplitMix64, Steele, Lea and Flood 2014.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 31)
    };
    (0..count).map(|_| Fate::Cut(next() % within)).chain([Fate::None]).collect()
}

async fn pass(client: TcpStream, server: TcpStream, fate: Fate) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let passed = AtomicU64::new(0);
    let (there, back) = match fate {
        Fate::CutAnswer(bytes) => (Fate::None, Fate::Cut(bytes)),
        Fate::SilentAnswer(bytes) => (Fate::None, Fate::Silence(bytes)),
        both => (both, both),
    };
    tokio::select! {
        () = copy(from_client, to_server, &passed, there) => {}
        () = copy(from_server, to_client, &passed, back) => {}
    }
}

/// Returns when this direction has ended, and never once it is silent.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, passed: &AtomicU64, fate: Fate) {
    let limit = match fate {
        Fate::Cut(bytes) | Fate::Silence(bytes) => bytes,
        Fate::CutAnswer(_) | Fate::SilentAnswer(_) | Fate::None => u64::MAX,
    };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let before = passed.fetch_add(count as u64, Ordering::SeqCst);
        let fits = usize::try_from(limit.saturating_sub(before)).unwrap_or(usize::MAX).min(count);
        if to.write_all(&buffer[..fits]).await.is_err() {
            return;
        }
        match fate {
            Fate::Silence(_) if fits < count => std::future::pending().await,
            _ if fits < count => return,
            _ => {}
        }
    }
}
