//! The one task that owns a process and its folder: from before the folder is made until it is gone.
//!
//! Who orders an instance may stop waiting at any moment; the warden notices and takes everything back. Nobody else
//! touches the folder.

use std::io;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::child::Process;
use super::ending::{ending, missed};
use super::folder::Folder;
use super::log::Follower;
use super::{Shared, blocking};
use crate::driver::{DriverError, Ending, Order};
use crate::instance::Removal;

/// What an instance's process is doing.
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// It runs, or is being started or ended.
    On,
    /// It ended by itself; its folder is still there.
    Over(Ending),
}

/// What owns a process.
pub(super) struct Warden {
    pub(super) shared: Arc<Shared>,
    pub(super) folder: Folder,
    pub(super) removal: Arc<Removal>,
    life: watch::Sender<Life>,
    pub(super) name: String,
}

impl Warden {
    /// A warden, known to the driver from now on.
    pub(super) fn new(shared: &Arc<Shared>, order: &Order, folder: Folder) -> (Self, watch::Receiver<Life>) {
        let (life, seen) = watch::channel(Life::On);
        let removal = Arc::new(Removal::new());
        shared.running.lock().insert(folder.generation(), Arc::clone(&removal));
        let name = order.key.to_string();
        (Warden { shared: Arc::clone(shared), folder, removal, life, name }, seen)
    }

    /// The whole life of a new process. A failure is told when nothing is left.
    pub(super) async fn start(self, order: Order, told: oneshot::Sender<Result<(), DriverError>>) {
        let mut told = told;
        match self.started(order, &mut told).await {
            Ok((process, follower)) => {
                if told.send(Ok(())).is_err() {
                    self.removal.request();
                }
                self.keep(process, follower).await;
            }
            Err(error) => {
                self.clear().await;
                // Who ordered it may be gone.
                let _unheard = told.send(Err(error));
            }
        }
    }

    /// The rest of a process's life, from when it takes sessions.
    pub(super) async fn keep(self, mut process: Process, mut follower: Follower) {
        let exit = loop {
            tokio::select! {
                biased;
                () = self.removal.asked() => break None,
                exit = process.exited() => break Some(exit),
                () = follower.grown() => self.copy(&mut follower),
            }
        };
        match exit {
            Some(exit) => {
                self.copy(&mut follower);
                self.over(ending(exit, follower.last_line())).await;
            }
            None => {
                while let Err(error) = process.end(self.shared.settings.stop_bound).await {
                    self.removal.failed(format!("ending its process: {error}")).await;
                }
                self.copy(&mut follower);
                self.clear().await;
            }
        }
    }

    /// The rest of what has ended while nobody looked.
    pub(super) async fn missed(self, before_this_boot: bool) {
        let follower = self.follower().and_then(|mut follower| follower.skip().map(|()| follower));
        let last = follower.as_ref().ok().and_then(Follower::last_line);
        let ending = missed(before_this_boot, last);
        self.over(ending).await;
    }

    /// Tells that it ended, and keeps the folder until it is not needed any more: a crash before somebody has taken note
    /// would lose the end.
    async fn over(self, ending: Ending) {
        self.life.send_replace(Life::Over(ending));
        self.removal.asked().await;
        self.clear().await;
    }

    /// Removes the folder, however often it must be tried.
    async fn clear(&self) {
        loop {
            let folder = self.folder.clone();
            match blocking("removing its folder", move || folder.remove()).await {
                Ok(()) => break,
                Err(error) => self.removal.failed(error.to_string()).await,
            }
        }
        self.shared.running.lock().remove(&self.folder.generation());
        self.removal.done();
    }

    pub(super) fn follower(&self) -> io::Result<Follower> {
        Follower::new(&self.folder, &self.shared.logs, self.name.clone())
    }

    fn copy(&self, follower: &mut Follower) {
        if let Err(error) = follower.copy(|_| ()) {
            tracing::warn!(instance = self.name, %error, "what the instance says cannot be read");
        }
    }
}
