//! Services of their own, where a case needs one that is set up otherwise than the shared ones.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use veracruz_tests::services::{Daemon, free_ports};

use crate::http::{Door, Http};
use crate::world::{World, files_below};

/// A function service of its own.
pub(crate) struct Functions {
    pub(crate) folder: TempDir,
    pub(crate) daemon: Daemon,
    pub(crate) door: Door,
    /// By which VaaS knows its instances.
    pub(crate) id: String,
}

impl Functions {
    /// One that has its instances from the VaaS at this address.
    pub(crate) fn start(world: &World, vaas: &str, arguments: &[&str]) -> Self {
        let (folder, id) = (TempDir::new().unwrap(), world.name("ccfaas"));
        let vaas = format!("http://{vaas}");
        let usual = ["--vaas", vaas.as_str(), "--vaas-instance-id", &id, "--allow-simulated"];
        let daemon = Daemon::start("ccfaas-server", folder.path(), &[&usual, arguments].concat(), &[]);
        let door = world.http.door(daemon.address());
        Functions { folder, daemon, door, id }
    }

    /// The contents of files, where it keeps them.
    pub(crate) fn contents(&self) -> Vec<PathBuf> {
        files_below(&self.folder.path().join("ccfaas-server-state/contents"))
    }
}

/// An instance service of its own, whose instances are processes.
pub(crate) struct Host {
    pub(crate) folder: TempDir,
    pub(crate) door: Door,
    pub(crate) first: u16,
    arguments: Vec<String>,
    daemon: Option<Daemon>,
    http: Http,
}

impl Host {
    /// With so many ports, from the first free row of them from `first` on.
    pub(crate) fn start(world: &World, (first, slots): (u16, u16), arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        fs::write(folder.path().join("ca.pem"), authority).unwrap();
        let first = free_ports(first, slots);
        let ports = format!("{first}-{}", first + slots - 1);
        let usual = ["--attestation-cert", "ca.pem", "--self-attested", "--ports", &ports];
        let arguments: Vec<_> = usual.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        let door = world.http.door("");
        let mut host = Host { folder, door, first, arguments, daemon: None, http: world.http.clone() };
        host.start_again();
        host
    }

    /// Starts the service, which does not run or is killed before, in the same folder.
    pub(crate) fn start_again(&mut self) {
        self.kill();
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let daemon = Daemon::start("vaas-server", self.folder.path(), &arguments, &[]);
        self.door = self.http.door(daemon.address());
        self.daemon = Some(daemon);
    }

    /// As `kill -9` ends it; instances go on.
    pub(crate) fn kill(&mut self) {
        drop(self.daemon.take());
    }

    /// The instances' folders.
    pub(crate) fn instances(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("vaas-server-state/instances")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The processes that run instances.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let state = self.folder.path().join("vaas-server-state");
        let ours = |pid: i32| {
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let mut arguments =
                arguments.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
            arguments.nth(1).is_some_and(|policy| Path::new(&policy).starts_with(&state))
        };
        let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
        let numbers = names.filter_map(|name| name.to_str()?.parse().ok());
        numbers.filter(|pid| ours(*pid)).filter_map(Pid::from_raw).collect()
    }
}

/// Nothing stays behind a case, however it ends.
impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
        for pid in self.processes() {
            let _gone = kill_process(pid, Signal::KILL);
        }
    }
}
