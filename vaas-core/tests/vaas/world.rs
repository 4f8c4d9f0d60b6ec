//! A service with real processes, in a folder of its own, on ports of its own.

use std::fs::Permissions;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tempfile::TempDir;
use vaas_core::process::{ProcessDriver, ProcessSettings};
use vaas_core::{Filter, HostName, PortRange, Settings, Vaas};
use veracruz_policy::{Authorities, Endpoint, Sha256Digest};
use veracruz_rest::{InstanceState, VeracruzDescription};

/// Ports that were given to tests of this process, counted from a start that depends on the process.
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// Ports below those that the system gives away by itself.
const FIRST: u16 = 12_000;
const PORTS: u16 = 16_000;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) ports: PortRange,
    pub(crate) program: PathBuf,
    pub(crate) start_timeout: Duration,
}

impl World {
    pub(crate) fn with_ports(count: u16) -> Self {
        let (folder, start_timeout) = (TempDir::new().unwrap(), Duration::from_secs(120));
        World { folder, ports: free_ports(count), program: veracruz_server(), start_timeout }
    }

    /// With a program in the place of `veracruz-server`: a shell script.
    pub(crate) fn with_script(count: u16, script: &str) -> Self {
        let mut world = World::with_ports(count);
        world.program = world.folder.path().join("program");
        std::fs::write(&world.program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&world.program, Permissions::from_mode(0o755)).unwrap();
        world
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = settings(self.ports);
        settings.start_timeout = self.start_timeout;
        if self.program == veracruz_server() {
            let program = std::fs::read(&self.program).unwrap();
            settings.runtime_hash_linux = Some(Sha256Digest::of(&program));
        }
        settings
    }

    pub(crate) async fn driver(&self) -> Arc<ProcessDriver> {
        Arc::new(ProcessDriver::open(self.driver_settings()).await.unwrap())
    }

    /// A driver that does not wait for the end of instances that do not want to end.
    pub(crate) async fn impatient_driver(&self) -> Arc<ProcessDriver> {
        let mut settings = self.driver_settings();
        settings.stop_bound = Duration::from_millis(100);
        Arc::new(ProcessDriver::open(settings).await.unwrap())
    }

    fn driver_settings(&self) -> ProcessSettings {
        let address = "127.0.0.1".parse().unwrap();
        let mut settings = ProcessSettings::new(&self.program, address, self.state());
        settings.arguments = vec!["--self-attested".into()];
        settings
    }

    pub(crate) async fn open(&self) -> Arc<Vaas> {
        Vaas::open(self.driver().await, self.settings()).await.unwrap()
    }

    /// Ports that are given, in order.
    pub(crate) fn port(&self, number: usize) -> u16 {
        self.ports.ports().nth(number).unwrap()
    }

    /// Folders of instances on disk.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.state().join("instances")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Numbers of the processes that have an argument in this world's folder.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let within = self.state().to_str().unwrap().to_owned();
        let numbers =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let runs = |pid: &i32| {
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).split('\0').any(|argument| argument.starts_with(&within))
        };
        numbers.filter(runs).collect()
    }

    /// No process and no folder is left.
    pub(crate) fn assert_no_instance(&self) {
        assert_eq!(self.processes(), [0; 0], "a process is left");
        assert_eq!(self.folders(), [""; 0].map(PathBuf::from), "a folder is left");
    }

    /// Nothing is left of any instance.
    pub(crate) fn assert_empty(&self) {
        self.assert_no_instance();
        for port in self.ports.ports() {
            assert!(is_free(port), "port {port} is still taken");
        }
    }
}

/// A test that ends early leaves no process.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() && self.state().exists() {
            for pid in self.processes() {
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }
}

/// Settings of a service on `ports` of this machine.
pub(crate) fn settings(ports: PortRange) -> Settings {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let authorities = Authorities::from_pem(&authority).unwrap();
    let attestation_server = Endpoint::parse("127.0.0.1:9").unwrap();
    let mut settings = Settings::new(HostName::parse("127.0.0.1").unwrap(), attestation_server, authorities);
    settings.ports = ports;
    settings.runtime_hash_linux = Some(Sha256Digest::of(b"a runtime"));
    settings
}

/// Ports in a row on which nobody listens, given to nobody else of this process.
pub(crate) fn free_ports(count: u16) -> PortRange {
    let start = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap();
    loop {
        let given = GIVEN.fetch_add(count, Ordering::Relaxed);
        let first = FIRST + start.wrapping_add(given) % (PORTS - count);
        let range = PortRange::new(first, first + count - 1).unwrap();
        if range.ports().all(is_free) {
            return range;
        }
    }
}

/// Whether nobody listens. Asked as a client: a listener of our own could be copied into a process that another test is
/// just starting.
pub(crate) fn is_free(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

/// The daemon of this checkout, beside which the tests are built.
fn veracruz_server() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("veracruz-server");
    assert!(
        path.exists(),
        "{} is missing: cargo build --workspace --all-features --bin veracruz-server",
        path.display()
    );
    path
}

/// What the service says of the instance on `port`.
pub(crate) fn seen(vaas: &Vaas, port: u16) -> Option<VeracruzDescription> {
    vaas.describe(port, &Filter::default())
}

/// Waits until the instance on `port` has the state, or is not shown (`None`), by looking whenever the runtime has
/// nothing else to do.
pub(crate) async fn becomes(vaas: &Vaas, port: u16, state: Option<InstanceState>) {
    let reached = async {
        while seen(vaas, port).map(|seen| seen.status) != state {
            tokio::task::yield_now().await;
        }
    };
    let shown = || panic!("the instance is {:?}, not {state:?}", seen(vaas, port));
    tokio::time::timeout(Duration::from_secs(60), reached).await.unwrap_or_else(|_| shown());
}

pub(crate) fn signal(pid: i32, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// All that the query can say of a created instance.
pub(crate) fn exactly(created: &veracruz_rest::VeracruzCreated) -> Filter {
    Filter::new(created.instance_id.clone(), Some(created.instance_hash.clone()))
}

/// The port that a policy names.
pub(crate) fn port_of(policy: &str) -> u16 {
    veracruz_policy::FullPolicy::parse(policy).unwrap().veracruz_server_url.port().unwrap()
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
