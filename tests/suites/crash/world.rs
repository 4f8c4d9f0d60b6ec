//! The services as an operator runs them, each a process on a port that it keeps over restarts, all of it in one folder.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use veracruz_client::Trust;
use veracruz_client::rest::{CcfaasClient, S3AppClient, Service, VaasClient};
use veracruz_tests::services::{Daemon, binary, free_ports};

/// A step that takes longer than this will not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The attestation server's certificate.
const AUTHORITY: &str = "attestation/authority/certificate.pem";

pub(crate) const BUCKET: &str = "sensors";
pub(crate) const CREDENTIALS: (&str, &str) = ("crash", "credentials-of-this-test-alone");

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Attestation,
    Vaas,
    Ccfaas,
    S3Server,
    S3App,
}

/// In the order in which they need each other.
pub(crate) const PARTS: [Part; 5] = [Part::Attestation, Part::Vaas, Part::Ccfaas, Part::S3Server, Part::S3App];

/// The services, and the instances that they made.
pub(crate) struct World {
    folder: TempDir,
    first_port: u16,
    slots: u16,
    parts: BTreeMap<Part, Daemon>,
}

impl World {
    /// These services, with `slots` ports for instances. `first_port` is where this test looks for free ports.
    pub(crate) async fn start(first_port: u16, slots: u16, parts: &[Part]) -> Self {
        let mut world = World::prepare(first_port, slots);
        parts.iter().for_each(|part| world.begin(*part));
        world.settled().await;
        world
    }

    /// No service yet, but what an operator makes before the first start.
    pub(crate) fn prepare(first_port: u16, slots: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let first_port = free_ports(first_port, slots + u16::try_from(PARTS.len()).unwrap());
        let world = World { folder, first_port, slots, parts: BTreeMap::new() };
        let server = binary("veracruz-server");
        for arguments in [
            &["simulated-root".as_ref(), "root".as_ref()][..],
            &["measure".as_ref(), server.as_os_str(), "--add-to".as_ref(), "known.json".as_ref()],
        ] {
            let made =
                Command::new(binary("veracruz")).arg("attest").args(arguments).current_dir(&world.folder).output();
            assert!(made.unwrap().status.success());
        }
        let trust = format!("authorities = \"{AUTHORITY}\"\nallow_simulated = true\nsimulated_root = \"root.pem\"\n");
        std::fs::write(world.path("trust.toml"), trust).unwrap();
        std::fs::create_dir_all(world.path("objects").join(BUCKET)).unwrap();
        world
    }

    /// Starts a service and waits until it answers.
    pub(crate) fn begin(&mut self, part: Part) {
        let log = self.path(&format!("{part:?}.log"));
        self.parts.insert(part, Daemon::of(self.command(part), log));
    }

    /// Starts a service and kills it after `time`, however far it has come.
    pub(crate) async fn begin_in_vain(&mut self, part: Part, time: Duration) {
        let mut command = self.command(part);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pass(time).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// A service: to drop it is to kill it.
    pub(crate) fn take(&mut self, part: Part) -> Daemon {
        self.parts.remove(&part).expect("it runs")
    }

    /// Returns when what an earlier life of the function service left is taken back.
    pub(crate) async fn settled(&self) {
        until("the function service is ready", async || self.is_ready().await).await;
    }

    async fn is_ready(&self) -> bool {
        let mut stream = TcpStream::connect(self.address(Part::Ccfaas)).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.starts_with("HTTP/1.1 200 ")
    }

    fn command(&self, part: Part) -> Command {
        let at = |part| self.address(part);
        let (listen, ports) = (at(part), self.slots());
        let line = match part {
            Part::Attestation => format!(
                "proxy-attestation-server {listen} --measurements known.json --allow-simulated-root root.pem \
                 --state-dir attestation"
            ),
            Part::Vaas => format!(
                "vaas-server --listen {listen} --state vaas --ports {}-{} --simulated-root root --start-timeout 200 \
                 --attestation-server {} --attestation-cert {AUTHORITY} --request-timeout 240",
                ports.start,
                ports.end - 1,
                at(Part::Attestation),
            ),
            Part::Ccfaas => format!(
                "ccfaas-server --listen {listen} --state ccfaas --vaas http://{} --trust trust.toml --watch-interval 1 \
                 --create-timeout 240",
                at(Part::Vaas),
            ),
            Part::S3Server => format!("veracruz s3-server --listen {listen} objects"),
            Part::S3App => format!(
                "s3-app --listen {listen} --s3-endpoint http://{} --s3-path-style --no-machine-credentials \
                 --trust trust.toml",
                at(Part::S3Server),
            ),
        };
        let mut words = line.split_whitespace();
        let mut command = Command::new(binary(words.next().unwrap()));
        let (id, secret) = CREDENTIALS;
        command.args(words).current_dir(&self.folder).env_clear();
        command.envs([("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)]);
        command
    }

    fn address(&self, part: Part) -> String {
        let behind_the_slots = u16::try_from(PARTS.iter().position(|known| *known == part).unwrap()).unwrap();
        format!("127.0.0.1:{}", self.first_port + self.slots + behind_the_slots)
    }

    /// The ports of instances.
    pub(crate) fn slots(&self) -> Range<u16> {
        self.first_port..self.first_port + self.slots
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn service(&self, part: Part) -> Service {
        Service::at(&format!("http://{}", self.address(part))).unwrap().timeout(PATIENCE)
    }

    pub(crate) fn ccfaas(&self) -> CcfaasClient {
        CcfaasClient::new(self.service(Part::Ccfaas))
    }

    pub(crate) fn vaas(&self) -> VaasClient {
        VaasClient::new(self.service(Part::Vaas))
    }

    pub(crate) fn s3_app(&self) -> S3AppClient {
        S3AppClient::new(self.service(Part::S3App))
    }

    /// What users trust.
    pub(crate) fn trust(&self) -> Trust {
        Trust::read(&self.path("trust.toml")).unwrap()
    }

    /// Puts an object into the bucket, as an owner of data did before the test.
    pub(crate) fn store(&self, object: &str, content: &[u8]) {
        std::fs::write(self.path("objects").join(BUCKET).join(object), content).unwrap();
    }

    /// Numbers of the instances' processes, by their ports.
    pub(crate) fn processes(&self) -> BTreeMap<u16, i32> {
        let instances = self.path("vaas").to_str().unwrap().to_owned();
        let numbers =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let found = numbers.filter_map(|number: i32| {
            // One that ends meanwhile has no arguments any more.
            let arguments = std::fs::read_to_string(format!("/proc/{number}/cmdline")).ok()?;
            let arguments: Vec<_> = arguments.split('\0').collect();
            let is_ours = arguments.get(1).is_some_and(|policy| policy.starts_with(&instances));
            is_ours.then(|| (arguments[3].rsplit(':').next().unwrap().parse().unwrap(), number))
        });
        found.collect()
    }

    /// The last lines of the services' logs, for whoever reads a failure.
    pub(crate) fn last_words(&self) -> String {
        let mut words = String::new();
        for part in PARTS {
            let log = std::fs::read_to_string(self.path(&format!("{part:?}.log"))).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(15)..];
            words.push_str(&format!("--- {part:?}\n{}\n", last.join("\n")));
        }
        words
    }
}

/// No process stays behind a test, however it ends.
impl Drop for World {
    fn drop(&mut self) {
        self.parts.clear();
        for number in self.processes().into_values() {
            strike(number);
        }
    }
}

/// `kill -9`.
pub(crate) fn strike(process: i32) {
    // It may have ended already.
    let _gone = kill_process(Pid::from_raw(process).unwrap(), Signal::KILL);
}

/// Returns at the moment of a kill: to the microsecond, since much is done within a millisecond. It waits for nothing.
pub(crate) async fn pass(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        tokio::task::yield_now().await;
    }
}

/// Asks again until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let becomes_so = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, becomes_so).await.is_ok(), "it never came to be that {what}");
}
