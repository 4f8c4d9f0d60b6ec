//! What stands for the machine: nitro-cli, the vsock, an enclave that says what a test wants, a policy.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use veracruz_policy::FullPolicy;
use veracruz_runtime::Ended;
use veracruz_runtime::control::{CONTROL_PORT, ToEnclave, ToHost, receive, send};
use veracruz_serve::{Shutdown, Trigger};
use veracruz_tests::policy::of_one_participant;

use crate::attestation_server::AttestationServer;
use crate::config::NitroConfig;
use crate::nitro::host;
use crate::nitro::network::Network;

/// What nitro-cli 1.2 answers to `run-enclave`.
pub(super) const STARTED: &str = r#"echo '{"EnclaveName": "x", "EnclaveID": "i-0-enc1", "ProcessID": 7,
    "EnclaveCID": 16, "NumberOfCPUs": 2, "CPUIDs": [1, 3], "MemoryMiB": 1280}'"#;
/// What it answers to `terminate-enclave`.
pub(super) const TERMINATED: &str = r#"echo '{"EnclaveID": "i-0-enc1", "Terminated": true}'"#;

/// A machine with a stand-in for nitro-cli, which writes down what it is asked.
pub(super) struct Machine {
    home: TempDir,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self::that(STARTED, TERMINATED, "echo '[]'")
    }

    /// One whose nitro-cli does this when asked to run, to terminate, to describe.
    pub(super) fn that(run: &str, terminate: &str, describe: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let script = format!(
            "#!/bin/sh\ncd {}\necho \"$@\" >> asked\ncase $1 in\nrun-enclave) {run};;\nterminate-enclave) {terminate};;\n\
             describe-enclaves) {describe};;\nesac\n",
            home.path().display()
        );
        // Written by another process: a program that this one has open for writing could not be started.
        let write = "mkfifo event && printf '%s' \"$0\" > nitro-cli && chmod +x nitro-cli";
        let mut shell = Command::new("sh");
        let written = shell.args(["-c", write, &script]).current_dir(home.path()).stdin(Stdio::null()).status();
        assert!(written.unwrap().success());
        Machine { home }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What nitro-cli was asked, one line each.
    pub(super) fn asked(&self) -> Vec<String> {
        let asked = std::fs::read_to_string(self.path("asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }

    /// The commands of that, without their arguments.
    pub(super) fn commands(&self) -> Vec<String> {
        self.asked().iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    }

    /// Waits until the stand-in does `echo TEXT > event`.
    pub(super) async fn event(&self) -> String {
        let path = self.path("event");
        tokio::task::spawn_blocking(|| std::fs::read_to_string(path).unwrap()).await.unwrap()
    }

    pub(super) fn config(&self) -> NitroConfig {
        NitroConfig {
            image: PathBuf::from("/images/runtime.eif"),
            cpus: 2,
            memory_mib: None,
            cid: None,
            nitro_cli: self.path("nitro-cli"),
        }
    }

    pub(super) fn network(&self) -> Sockets {
        Sockets { folder: self.home.path().to_owned(), refused: Arc::new(Notify::new()) }
    }

    /// Listens where a port of the enclave is.
    pub(super) fn listen(&self, port: u32) -> UnixListener {
        UnixListener::bind(self.path(&port.to_string())).unwrap()
    }
}

/// Sockets in a folder, one a port, in place of an enclave's ports.
#[derive(Clone)]
pub(super) struct Sockets {
    folder: PathBuf,
    /// Told when a connection is refused.
    pub(super) refused: Arc<Notify>,
}

impl Network for Sockets {
    type Io = UnixStream;

    async fn connect(&self, cid: u32, port: u32) -> io::Result<UnixStream> {
        assert_eq!(cid, 16, "the address that nitro-cli told");
        let path: &Path = &self.folder.join(port.to_string());
        UnixStream::connect(path).await.inspect_err(|_| self.refused.notify_one())
    }
}

/// A host that runs, and who can stop it.
pub(super) struct Host {
    pub(super) hosting: JoinHandle<anyhow::Result<Ended>>,
    pub(super) serving: oneshot::Receiver<()>,
    pub(super) trigger: Trigger,
}

impl Host {
    pub(super) fn start(
        machine: &Machine,
        listener: TcpListener,
        policy: FullPolicy,
        server: Option<AttestationServer>,
    ) -> Self {
        let (trigger, shutdown) = Shutdown::manual();
        let (announce, serving) = oneshot::channel();
        let (config, network) = (machine.config(), machine.network());
        let hosting = tokio::spawn(async move {
            let announce = || announce.send(()).unwrap();
            host(network, &config, &policy, server, shutdown, (listener, announce)).await
        });
        Host { hosting, serving, trigger }
    }

    /// A host of an instance that signs for itself, and the enclave's end of the control channel.
    pub(super) async fn with_enclave(machine: &Machine) -> (Self, Enclave) {
        let (listener, control) = (listener().await, machine.listen(CONTROL_PORT));
        let host = Self::start(machine, listener, policy(), None);
        let (io, _) = control.accept().await.unwrap();
        let mut enclave = Enclave(io);
        assert!(matches!(enclave.hear().await, ToEnclave::Start { .. }));
        (host, enclave)
    }

    pub(super) async fn ended(self) -> anyhow::Result<Ended> {
        self.hosting.await.unwrap()
    }
}

/// An enclave that says what it is told to.
pub(super) struct Enclave(UnixStream);

impl Enclave {
    pub(super) async fn say(&mut self, message: ToHost) {
        send(&mut self.0, &message).await.unwrap();
    }

    pub(super) async fn hear(&mut self) -> ToEnclave {
        receive(&mut self.0).await.unwrap()
    }
}

pub(super) async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub(super) fn policy() -> FullPolicy {
    let hash = veracruz_policy::Sha256Digest::of(b"image");
    of_one_participant().runtime(veracruz_policy::Platform::Nitro, hash).max_memory_mib(255).build().unwrap()
}
