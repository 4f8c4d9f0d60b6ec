//! Starting a process: folder, process, its word that it takes sessions, and the marker by which it is found again.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use super::blocking;
use super::child::{Exit, Process};
use super::log::Follower;
use super::warden::Warden;
use crate::driver::{DriverError, Order};

/// How the line begins that `veracruz-server` prints once clients can connect.
const READY: &str = "Veracruz Server running on ";

type Told = oneshot::Sender<Result<(), DriverError>>;

impl Warden {
    /// The process and its log, when it takes sessions and is sure to be found again. On failure no process is left.
    pub(super) async fn started(&self, order: Order, told: &mut Told) -> Result<(Process, Follower), DriverError> {
        let address = SocketAddr::new(self.shared.settings.address, order.key.port);
        probe(address)?;
        let folder = self.folder.clone();
        blocking("making the instance's folder", move || folder.create(&order)).await?;
        let mut follower = self.follower().map_err(|error| DriverError::failed("opening the instance's log", error))?;
        let program = &self.shared.settings.program;
        let mut process = Process::spawn(&self.shared.settings, &self.folder, address)
            .map_err(|error| DriverError::failed(format!("starting {}", program.display()), error))?;
        match self.acknowledged(&mut process, &mut follower, told).await {
            Ok(()) => Ok((process, follower)),
            Err(error) => {
                while let Err(error) = process.end(self.shared.settings.stop_bound).await {
                    self.removal.failed(format!("ending its process: {error}")).await;
                }
                // Why it died may be that somebody took the port since it was probed.
                probe(address).and(Err(error))
            }
        }
    }

    async fn acknowledged(
        &self,
        process: &mut Process,
        follower: &mut Follower,
        told: &mut Told,
    ) -> Result<(), DriverError> {
        let folder = self.folder.clone();
        // The disk works while the instance starts.
        let synced = tokio::task::spawn_blocking(move || folder.sync());
        let ready = self.ready(process, follower, told).await;
        let synced = synced.await.map_err(std::io::Error::other).and_then(|synced| synced);
        ready?;
        synced.map_err(|error| DriverError::failed("writing the instance's folder", error))?;
        let folder = self.folder.clone();
        blocking("acknowledging the instance", move || folder.acknowledge()).await
    }

    /// Waits for the word.
    async fn ready(&self, process: &mut Process, follower: &mut Follower, told: &mut Told) -> Result<(), DriverError> {
        let mut ready = false;
        while !ready {
            let exit = tokio::select! {
                biased;
                () = self.removal.asked() => return Err(unwanted()),
                () = told.closed() => return Err(unwanted()),
                exit = process.exited() => Some(exit),
                () = follower.grown() => None,
            };
            let copied = follower.copy(|line| ready |= line.starts_with(READY));
            copied.map_err(|error| DriverError::failed("reading the instance's log", error))?;
            if let Some(exit) = exit {
                return Err(DriverError::Died { reason: reason(exit, follower) });
            }
        }
        Ok(())
    }
}

fn reason(exit: Exit, follower: &Follower) -> String {
    let words = follower.last_lines();
    match exit {
        Exit::Code(code) => format!("exit code {code}; it said: {words}"),
        Exit::Signal(signal) => format!("killed by signal {signal}; it said: {words}"),
        Exit::Unknown => format!("it said: {words}"),
    }
}

fn unwanted() -> DriverError {
    DriverError::Died { reason: "nobody waits for it any more".to_owned() }
}

/// Whether an instance could listen there. The socket is bound as the instance will bind its own, and never listens: a
/// process that is just being started has a copy of it for a moment, and one that listened would be in the instance's way.
fn probe(address: SocketAddr) -> Result<(), DriverError> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let bound = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind(address)
    });
    match bound {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(DriverError::SlotTaken),
        bound => bound.map_err(|error| DriverError::failed(format!("listening on {address}"), error)),
    }
}
