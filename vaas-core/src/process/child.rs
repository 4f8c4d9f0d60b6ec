//! One process: started here, or found again. It is spoken to through a file descriptor (pidfd_open(2)), which never comes
//! to mean another process.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};

use super::found::{LISTEN, instance_of};
use super::reactor::readable;
use super::{Folder, ProcessSettings};

/// Time for the system to end a process that it was told to kill: it may have much memory to give back.
const KILL_BOUND: Duration = Duration::from_secs(20);

/// A process.
pub(super) struct Process {
    handle: AsyncFd<OwnedFd>,
    /// Its status can be read only by its parent.
    own: Option<Child>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Code(i32),
    Signal(i32),
    /// It was another process's child.
    Unknown,
}

impl Process {
    /// Starts the instance of `folder` at `address`.
    pub(super) fn spawn(settings: &ProcessSettings, folder: &Folder, address: SocketAddr) -> io::Result<Self> {
        let log = File::options().append(true).open(folder.log())?;
        let mut command = Command::new(&settings.program);
        command.arg(folder.policy()).args([LISTEN, &address.to_string()]).args(&settings.arguments);
        command.env_clear().envs(settings.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Its own group: Ctrl-C at the service's terminal is not for it.
        command.current_dir(folder.path()).process_group(0).kill_on_drop(false);
        let mut child = command.spawn()?;
        match child.id().and_then(|id| Pid::from_raw(id.cast_signed())).map(handle) {
            Some(Ok(handle)) => Ok(Process { handle, own: Some(child) }),
            failed => {
                child.start_kill()?;
                Err(failed.and_then(Result::err).unwrap_or(io::ErrorKind::NotFound.into()))
            }
        }
    }

    /// The process `pid`, if it still is the one that runs the instance of `folder`.
    pub(super) fn adopt(pid: Pid, folder: &Folder) -> io::Result<Option<Self>> {
        let handle = match handle(pid) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => return Ok(None),
            handle => handle?,
        };
        // Looked at after the handle was taken: if it is right now, the handle is of the right process.
        let instances = folder.path().parent().unwrap_or(folder.path());
        let right = instance_of(pid, instances) == Some(folder.generation());
        Ok(right.then_some(Process { handle, own: None }))
    }

    /// Waits for its end; may be dropped and asked again.
    pub(super) async fn exited(&mut self) -> Exit {
        match &mut self.own {
            Some(child) => child.wait().await.map_or(Exit::Unknown, Exit::from),
            None => {
                // An error means that the reactor is gone, and then nobody waits any more.
                let _readable = self.handle.readable().await;
                Exit::Unknown
            }
        }
    }

    /// Asks it to end, kills it after `bound`, and returns when it is gone.
    pub(super) async fn end(&mut self, bound: Duration) -> io::Result<()> {
        self.signal(Signal::TERM)?;
        if tokio::time::timeout(bound, self.exited()).await.is_ok() {
            return Ok(());
        }
        self.signal(Signal::KILL)?;
        let killed = tokio::time::timeout(KILL_BOUND, self.exited()).await;
        killed.map(drop).map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the process does not end"))
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(self.handle.get_ref(), signal) {
            // It has ended already.
            Err(rustix::io::Errno::SRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }
}

fn handle(pid: Pid) -> io::Result<AsyncFd<OwnedFd>> {
    readable(pidfd_open(pid, PidfdFlags::empty())?)
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Unknown,
        }
    }
}
