//! The driver that runs each instance as a process of this machine: `veracruz-server` with the instance's policy.
//!
//! Processes outlive the service: they are in a process group of their own, and write to a file instead of a pipe that
//! would break. Everything that must be known about one lies in its folder; which process belongs to a
//! folder is found in the process table, by the path of its policy, so that there is no moment at which a process runs
//! that nobody would find again, and no number of a process that could have come to mean another.
//!
//! The state folder has one subfolder an instance, the list of those that are gone, and a lock: two services must not
//! share it. (Under systemd, `KillMode=process` lets instances outlive a restart of the service.)

mod child;
mod ending;
mod folder;
mod found;
mod graves;
mod log;
mod reactor;
mod recovery;
mod start;
mod warden;
mod watch;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::watch::Receiver;
use uuid::Uuid;

use self::folder::Folder;
use self::graves::Graves;
use self::warden::{Life, Warden};
use self::watch::LogWatch;
use crate::driver::{Driver, DriverError, Ended, Ending, InstanceKey, Order, Recovered, Started};
use crate::instance::Removal;

/// Time for an instance to end after SIGTERM, before it is killed: it finishes the requests at hand, and a run of a program
/// may take as long as it wants.
const STOP_BOUND: Duration = Duration::from_secs(5);

/// Time to wait for a lock that is held. A dying service's last child becomes another program within milliseconds, on a
/// machine that has much to do a little later.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// Time between two looks at it.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What instances are started with.
#[derive(Clone, Debug)]
pub struct ProcessSettings {
    /// The program: `veracruz-server`.
    pub program: PathBuf,
    /// What it is told besides its policy and where to listen, such as `--attestation-server URL`. No secrets: every user
    /// of the machine can read arguments.
    pub arguments: Vec<OsString>,
    /// Its environment; nothing else of this process's environment reaches it.
    pub environment: Vec<(OsString, OsString)>,
    /// Where instances listen. The name in their policies may belong to something in front of this machine.
    pub address: IpAddr,
    /// Where their state lies.
    pub state: PathBuf,
    /// Time to end after SIGTERM; 5 seconds. Enclaves need more.
    pub stop_bound: Duration,
}

impl ProcessSettings {
    /// Instances of `program` on `address`, with their state in `state`.
    pub fn new(program: impl Into<PathBuf>, address: IpAddr, state: impl Into<PathBuf>) -> Self {
        let (arguments, environment) = (Vec::new(), Vec::new());
        ProcessSettings {
            program: program.into(),
            arguments,
            environment,
            address,
            state: state.into(),
            stop_bound: STOP_BOUND,
        }
    }
}

/// The driver. A clone is the same driver.
#[derive(Clone)]
pub struct ProcessDriver(Arc<Shared>);

/// What the wardens of all instances share.
struct Shared {
    settings: ProcessSettings,
    /// The folder with the instances' folders, absolute and without links.
    instances: PathBuf,
    /// How each instance's warden is asked to remove it.
    running: Mutex<HashMap<Uuid, Arc<Removal>>>,
    logs: LogWatch,
    graves: Graves,
    /// Held as long as the driver lives.
    _lock: File,
}

impl ProcessDriver {
    /// Takes the state folder, making it if there is none.
    ///
    /// # Errors
    /// The folder cannot be used, or another service uses it.
    pub async fn open(settings: ProcessSettings) -> Result<Self, DriverError> {
        let shown = settings.state.display().to_string();
        let within = |error| DriverError::failed(format!("opening the state folder {shown}"), error);
        let instances = settings.state.join("instances");
        private_folder(&instances).map_err(within)?;
        let lock = lock(&settings.state.join("lock")).await.map_err(within)?;
        let instances = instances.canonicalize().map_err(within)?;
        let graves = Graves::open(settings.state.join("ended.jsonl")).map_err(within)?;
        let logs = LogWatch::start().map_err(|error| DriverError::failed("watching files (inotify)", error))?;
        let running = Mutex::default();
        Ok(ProcessDriver(Arc::new(Shared { settings, instances, running, logs, graves, _lock: lock })))
    }
}

impl Driver for ProcessDriver {
    fn recover(&self) -> BoxFuture<'_, Result<Recovered, DriverError>> {
        Box::pin(recovery::recover(&self.0))
    }

    fn start(&self, order: Order) -> BoxFuture<'_, Result<Started, DriverError>> {
        Box::pin(async move {
            let folder = Folder::of(&self.0.instances, order.key.generation);
            let (warden, life) = Warden::new(&self.0, &order, folder);
            let (told, started) = tokio::sync::oneshot::channel();
            tokio::spawn(warden.start(order.clone(), told));
            let lost = |_| DriverError::failed("keeping the instance", "its task is gone");
            started.await.map_err(lost)??;
            Ok(Started { order, ended: Box::pin(ended(life)) })
        })
    }

    fn stop(&self, key: &InstanceKey) -> BoxFuture<'_, Result<(), DriverError>> {
        let removal = self.0.running.lock().get(&key.generation).cloned();
        Box::pin(async move {
            match removal {
                // Its folder went with it.
                None => Ok(()),
                Some(removal) => removal.ask().await.map_err(|why| DriverError::failed("removing the instance", why)),
            }
        })
    }

    fn remember(&self, ended: Ended) -> BoxFuture<'_, Result<(), DriverError>> {
        Box::pin(async move {
            let shared = Arc::clone(&self.0);
            blocking("keeping the list of ended instances", move || shared.graves.add(&ended)).await
        })
    }
}

/// Resolves when the instance has ended by itself.
async fn ended(mut life: Receiver<Life>) -> Ending {
    let over = life.wait_for(|life| matches!(life, Life::Over(_))).await;
    match over.as_deref() {
        Ok(Life::Over(ending)) => ending.clone(),
        _ => Ending::Failed("how it ended was not seen".to_owned()),
    }
}

/// File work, off the threads that serve.
async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, DriverError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| DriverError::failed(doing, error))?;
    done.map_err(|error| DriverError::failed(doing, error))
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A service that was killed while it started a process holds the lock a little longer: until that process has become
/// another program, it has what its parent had.
async fn lock(path: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let patience = tokio::time::Instant::now() + LOCK_PATIENCE;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) if tokio::time::Instant::now() < patience => {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(std::io::Error::other("another service uses it; give each service a folder of its own"));
            }
            locked => return Ok(locked.map(|()| file)?),
        }
    }
}
