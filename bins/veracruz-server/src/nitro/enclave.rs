//! An enclave that is ended whatever happens to who started it: its memory is the machine's until somebody does.

use std::io;
use std::process::{Command, Stdio};

use super::cli::{Handle, Launch, NitroCli, terminate_arguments};

/// An enclave that may be running.
#[derive(Debug)]
pub(super) struct Enclave {
    cli: NitroCli,
    name: String,
    /// What there may be to end; nothing before it was started and after it was ended.
    running: Option<Handle>,
}

impl Enclave {
    /// One that was not started yet.
    pub(super) fn named(cli: NitroCli, name: String) -> Self {
        Enclave { cli, name, running: None }
    }

    /// Starts it; gives its address on the vsock.
    pub(super) async fn launch(&mut self, launch: &Launch<'_>) -> anyhow::Result<u32> {
        // It may come to life although nobody waits for nitro-cli's answer any more.
        self.running = Some(Handle::Name(self.name.clone()));
        let started = match self.cli.run(&self.name, launch).await {
            Ok(started) => started,
            Err(error) => {
                // Only a program that cannot be started fails with an error of the system; then nothing was.
                if error.chain().any(|cause| cause.is::<io::Error>()) {
                    self.running = None;
                }
                return Err(error);
            }
        };
        tracing::info!(enclave = started.id, cid = started.cid, "the enclave was started");
        self.running = Some(Handle::Id(started.id));
        Ok(started.cid)
    }

    /// Ends it, if it was ever started.
    pub(super) async fn terminate(mut self) -> anyhow::Result<()> {
        let Some(handle) = self.running.clone() else { return Ok(()) };
        let terminated = self.cli.terminate(&handle).await;
        self.running = None;
        terminated
    }
}

impl Drop for Enclave {
    /// Where nobody could wait for the end: asked for, not waited for.
    fn drop(&mut self) {
        let Some(handle) = self.running.take() else { return };
        let mut command = Command::new(self.cli.program());
        command.args(terminate_arguments(&handle));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Err(error) = command.spawn() {
            tracing::error!(?handle, %error, "the enclave could not be ended; it still holds its memory");
        }
    }
}
