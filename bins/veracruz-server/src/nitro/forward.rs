//! Bytes of clients to the enclave and back: one connection there for each here, none of it looked at.
//!
//! A connection costs the enclave nothing before its client has said something: scripts probe the port by connecting and
//! closing. What a stranger may hold here is bounded in number and time; everything after that the enclave bounds.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use veracruz_runtime::control::SESSION_PORT;
use veracruz_runtime::limits::{HANDSHAKE_TIMEOUT, MAX_SESSIONS, MAX_STRANGERS};

use super::network::Network;

/// Connections that are passed on at once: what the enclave takes, strangers and sessions together.
const MAX_PASSED: usize = MAX_STRANGERS + MAX_SESSIONS;

/// Connections whose client has not said anything yet; more wait in the listener's backlog.
const MAX_SILENT: usize = MAX_STRANGERS;

/// Time for the first byte.
const FIRST_BYTE: Duration = HANDSHAKE_TIMEOUT;

/// Time to reach the enclave, which is on this machine.
const CONNECT_BOUND: Duration = Duration::from_secs(5);

/// Time for clients to take what the enclave's sessions sent last.
const FLUSH_BOUND: Duration = Duration::from_secs(5);

/// Bytes that are read at once, in each direction: four TLS records.
const BUFFER_BYTES: usize = 64 << 10;

/// Pause after the system could not accept: most likely it is out of file descriptors, and a loop would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    /// Nobody new is let in.
    Closed,
    /// What the enclave still sends is passed on; what clients send has no receiver any more.
    Ending,
}

/// Passes connections on until it is dropped.
pub(super) struct Forwarding {
    stage: watch::Sender<Stage>,
    places: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Forwarding {
    /// Passes connections of `listener` to the port of sessions of the enclave with the address `cid`.
    pub(super) fn start<N: Network>(listener: TcpListener, network: N, cid: u32) -> Self {
        let places = Arc::new(Semaphore::new(MAX_PASSED));
        let (stage, seen) = watch::channel(Stage::Open);
        let door = Door { network, cid, places: Arc::clone(&places), stage: seen };
        Forwarding { stage, places, task: tokio::spawn(door.keep(listener)) }
    }

    /// Connections that are passed on now.
    pub(super) fn open(&self) -> usize {
        MAX_PASSED.saturating_sub(self.places.available_permits())
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        self.stage.send_modify(|stage| *stage = (*stage).max(Stage::Closed));
    }

    /// Passes on what the enclave's sessions still send, within a bound. The enclave must have ended them.
    pub(super) async fn finish(mut self) {
        self.stage.send_replace(Stage::Ending);
        if timeout(FLUSH_BOUND, &mut self.task).await.is_err() {
            tracing::warn!(connections = self.open(), "clients did not take the enclave's last words");
        }
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a connection needs.
#[derive(Clone)]
struct Door<N> {
    network: N,
    cid: u32,
    places: Arc<Semaphore>,
    stage: watch::Receiver<Stage>,
}

impl<N: Network> Door<N> {
    async fn keep(mut self, listener: TcpListener) {
        let silent = Arc::new(Semaphore::new(MAX_SILENT));
        // They end with this future: nothing is passed on after the enclave is gone.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = reached(&mut self.stage, Stage::Closed) => break,
                Some(_) = connections.join_next() => {}
                Some((client, place)) = accept(&listener, &silent) => {
                    let door = self.clone();
                    connections.spawn(async move {
                        if let Err(error) = door.pass(client, place).await {
                            tracing::debug!(%error, "a connection to the enclave ended early");
                        }
                    });
                }
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    async fn pass(mut self, client: TcpStream, silent: OwnedSemaphorePermit) -> io::Result<()> {
        // A request and its reply are small and wait for each other: Nagle's algorithm would add 40 ms to each.
        client.set_nodelay(true)?;
        let mut first = [0];
        let speaks = tokio::select! {
            speaks = timeout(FIRST_BYTE, client.peek(&mut first)) => speaks?? > 0,
            () = reached(&mut self.stage, Stage::Closed) => false,
        };
        if !speaks {
            return Ok(());
        }
        let Ok(_place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!(connections = MAX_PASSED, "a connection was refused: too many");
            return Ok(());
        };
        drop(silent);
        let enclave = timeout(CONNECT_BOUND, self.network.connect(self.cid, SESSION_PORT)).await??;
        let (from_client, to_client) = client.into_split();
        let (from_enclave, to_enclave) = tokio::io::split(enclave);
        let (mut up, mut down) = (pin!(up(from_client, to_enclave)), pin!(down(from_enclave, to_client)));
        tokio::select! {
            up = &mut up => {
                up?;
                down.await
            }
            down = &mut down => {
                down?;
                tokio::select! {
                    up = up => up,
                    () = reached(&mut self.stage, Stage::Ending) => Ok(()),
                }
            }
        }
    }
}

/// From the client. What the enclave does not take any more is thrown away: were it left, closing the connection would
/// reset it, and the enclave's last words would be lost on the way.
async fn up(client: impl AsyncRead + Unpin, mut enclave: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut client = BufReader::with_capacity(BUFFER_BYTES, client);
    match copy(&mut client, &mut enclave).await {
        Ok(()) => Ok(()),
        Err(Broken::Reading(error)) => Err(error),
        Err(Broken::Writing(_)) => copy(&mut client, &mut tokio::io::sink()).await.map_err(Broken::into_error),
    }
}

/// From the enclave. That it breaks off is its end for the client: sessions are TLS, which tells an end from a cut.
async fn down(enclave: impl AsyncRead + Unpin, mut client: impl AsyncWrite + Unpin) -> io::Result<()> {
    match copy(&mut BufReader::with_capacity(BUFFER_BYTES, enclave), &mut client).await {
        Ok(()) => Ok(()),
        Err(Broken::Reading(_)) => client.shutdown().await,
        Err(Broken::Writing(error)) => Err(error),
    }
}

/// Which side a copy broke on.
enum Broken {
    Reading(io::Error),
    Writing(io::Error),
}

impl Broken {
    fn into_error(self) -> io::Error {
        match self {
            Broken::Reading(error) | Broken::Writing(error) => error,
        }
    }
}

/// Copies to the end, and passes the end on.
async fn copy(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Broken> {
    loop {
        let bytes = from.fill_buf().await.map_err(Broken::Reading)?;
        if bytes.is_empty() {
            return to.shutdown().await.map_err(Broken::Writing);
        }
        let written = to.write(bytes).await.map_err(Broken::Writing)?;
        from.consume(written);
    }
}

async fn reached(stage: &mut watch::Receiver<Stage>, wanted: Stage) {
    let _ = stage.wait_for(|stage| *stage >= wanted).await;
}

async fn accept(listener: &TcpListener, silent: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(silent).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((client, _)) => Some((client, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
