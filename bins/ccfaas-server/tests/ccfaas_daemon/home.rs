//! A folder with a VaaS and a function service, and who uses them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use veracruz_client::rest::{CcfaasClient, Service, VaasClient};
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{FullPolicy, Sha256Digest};

use crate::daemon::Daemon;

pub(crate) const PROGRAM: &str = "/program/hello.wasm";
pub(crate) const DATA: &str = "/data/table";

pub(crate) struct Home {
    pub(crate) folder: TempDir,
    first: u16,
    ports: u16,
}

impl Home {
    /// With ports for instances from the first free row of them from `from` on: each test has its own.
    pub(crate) fn new(from: u16, ports: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), authority).unwrap();
        let free = |first: u16| (first..first + ports).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
        let first = (0..50).map(|row| from + row * ports).find(|first| free(*first)).expect("free ports");
        Home { folder, first, ports }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        assert!(program.exists(), "{} is not there: make build", program.display());
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.folder.path()).args(arguments);
        command
    }

    /// VaaS, whose instances ask no attestation server.
    pub(crate) async fn vaas(&self, listen: &str) -> Daemon {
        let ports = format!("{}-{}", self.first, self.first + self.ports - 1);
        let program = Path::new(env!("CARGO_BIN_EXE_ccfaas-server")).with_file_name("vaas-server");
        let settings = ["--attestation-cert", "ca.pem", "--self-attested", "--start-timeout", "200", "--ports", &ports];
        Daemon::start(self.command(&program, &[&["--listen", listen], &settings[..]].concat())).await
    }

    pub(crate) fn ccfaas_command(&self, arguments: &[&str]) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_ccfaas-server")), arguments)
    }

    /// The function service, which takes simulated instances.
    pub(crate) async fn ccfaas(&self, vaas: &str) -> Daemon {
        let settings = ["--listen", "127.0.0.1:0", "--vaas", vaas, "--allow-simulated", "--watch-interval", "1"];
        Daemon::start(self.ccfaas_command(&settings)).await
    }

    pub(crate) fn contents(&self) -> usize {
        std::fs::read_dir(self.path("ccfaas-server-state/contents")).unwrap().count()
    }

    fn instances(&self) -> Vec<i32> {
        let state = self.path("vaas-server-state").to_str().unwrap().to_owned();
        let numbers = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid: i32 = entry.unwrap().file_name().to_str()?.parse().ok()?;
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            String::from_utf8_lossy(&arguments).split('\0').nth(1)?.starts_with(&state).then_some(pid)
        });
        numbers.collect()
    }
}

/// No process stays behind a test, however it ends.
impl Drop for Home {
    fn drop(&mut self) {
        for pid in self.instances() {
            let _gone = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
    }
}

pub(crate) fn client(daemon: &Daemon) -> CcfaasClient {
    CcfaasClient::new(Service::at(&daemon.url()).unwrap())
}

/// How many instances VaaS has that run or start.
pub(crate) async fn running(vaas: &Daemon) -> usize {
    let list = VaasClient::new(Service::at(&vaas.url()).unwrap()).list(None, None).await.unwrap();
    list.veracruz.iter().flatten().filter(|(_, instance)| !instance.status.is_over()).count()
}

/// A function: a program that says "hello", and a data file.
pub(crate) fn function(name: &str, data: &[u8]) -> Value {
    json!({
        "function": name,
        "execution_strategy": "JIT",
        "max_memory_mib": 640,
        "debug": false,
        "enable_clock": false,
        "programs": [{
            "id": 0,
            "program_file_name": PROGRAM,
            "pi_hash": Sha256Digest::of(&program()).to_string(),
            "file_rights": [{"file_name": "stdout", "rights": 534_084}],
        }],
        "data_files": [{"data_file": DATA, "pi_hash": Sha256Digest::of(data).to_string()}],
        "file_rights": [],
    })
}

pub(crate) fn program() -> Vec<u8> {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\05\00\00\00hello")
        (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))"#;
    wat::parse_str(text).unwrap()
}

/// A user with a key of its own.
pub(crate) struct User {
    certificate: String,
    key: String,
}

impl User {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["user".to_owned()]).unwrap().self_signed(&key).unwrap();
        User { certificate: certificate.pem().trim_end().to_owned(), key: key.serialize_pem() }
    }

    /// Asks for an instance in which the user may start the program and read what it says.
    pub(crate) fn policy(&self, function: &str, instance: &str) -> String {
        let rights =
            json!([{"file_name": "/program/", "rights": 536_879_104}, {"file_name": "stdout", "rights": 24_582}]);
        json!({
            "function": function,
            "instanceid": instance,
            "identities": [{"certificate": self.certificate, "file_rights": rights}],
        })
        .to_string()
    }

    /// A verified session with the instance of this policy.
    pub(crate) async fn connect(&self, policy: &str) -> Session {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let policy = FullPolicy::parse(policy).unwrap();
        let client = Client::builder(policy, identity).trust(Trust::default().allow_simulated()).build().unwrap();
        client.connect().await.unwrap()
    }
}
