//! A daemon that a test starts, talks to and stops, and who takes part in its instances.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::FullPolicy;

/// A step that takes longer than this will not come: the test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// Ports that were given to tests of this process, counted from a start that depends on the process.
static GIVEN: AtomicU16 = AtomicU16::new(0);
/// Ports below those that the system gives away by itself.
const FIRST: u16 = 12_000;
const PORTS: u16 = 16_000;

/// A folder with the files of one daemon, and ports for its instances.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    first: u16,
    count: u16,
}

impl Home {
    pub(crate) fn with_ports(count: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), authority).unwrap();
        Home { folder, first: free_ports(count), count }
    }

    pub(crate) fn port(&self, number: u16) -> u16 {
        self.first + number
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaas-server"));
        command.env_clear().current_dir(self.folder.path()).args(arguments).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The daemon with instances that ask no attestation server.
    pub(crate) async fn start(&self) -> Daemon {
        let ports = format!("{}-{}", self.first, self.first + self.count - 1);
        let settings =
            ["--listen", "127.0.0.1:0", "--attestation-cert", "ca.pem", "--self-attested", "--start-timeout", "200"];
        Daemon::start(self.command(&[&settings[..], &["--ports", &ports]].concat())).await
    }

    /// Numbers of the instances' processes, by their ports.
    pub(crate) fn processes(&self) -> BTreeMap<u16, i32> {
        let state = self.path("vaas-server-state").to_str().unwrap().to_owned();
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir("/proc").unwrap() {
            let name = entry.unwrap().file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).into_owned();
            let arguments: Vec<_> = arguments.split('\0').collect();
            if arguments.get(1).is_some_and(|policy| policy.starts_with(&state)) {
                found.insert(arguments[3].rsplit(':').next().unwrap().parse().unwrap(), pid);
            }
        }
        found
    }

    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("vaas-server-state/instances")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// No process, no folder and no port is held.
    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.processes(), BTreeMap::new());
        assert_eq!(self.folders(), Vec::<PathBuf>::new());
        for port in self.first..self.first + self.count {
            assert!(is_free(port), "port {port} is taken");
        }
    }
}

/// No process stays behind a test, however it ends.
impl Drop for Home {
    fn drop(&mut self) {
        for pid in self.processes().into_values() {
            let _gone = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
    }
}

fn free_ports(count: u16) -> u16 {
    let start = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap();
    loop {
        let given = GIVEN.fetch_add(count, Ordering::Relaxed);
        let first = FIRST + start.wrapping_add(given) % (PORTS - count);
        if (first..first + count).all(is_free) {
            return first;
        }
    }
}

/// Whether nobody listens. Asked as a client: a listener of our own could be copied into a process that another test is
/// just starting.
fn is_free(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

/// A process that serves.
pub(crate) struct Daemon {
    child: Child,
    log: UnboundedReceiver<String>,
    seen: Vec<String>,
    pub(crate) address: SocketAddr,
}

/// Reads on whether a test looks or not: a daemon whose log nobody reads stops at a full pipe.
fn followed(log: ChildStderr) -> UnboundedReceiver<String> {
    let (lines, seen) = unbounded_channel();
    tokio::spawn(async move {
        let mut log = BufReader::new(log).lines();
        while let Ok(Some(line)) = log.next_line().await {
            // The test may have seen enough.
            let _unseen = lines.send(line);
        }
    });
    seen
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn policy(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["policy"].as_str().unwrap().to_owned()
    }

    /// The path by which a created instance is deleted.
    pub(crate) fn path(&self) -> String {
        let policy = FullPolicy::parse(&self.policy()).unwrap();
        let created = self.json();
        let hash = created["instance_hash"].as_str().unwrap();
        let id = created["instance_id"].as_str().map(|id| format!("&instance_id={id}")).unwrap_or_default();
        format!("/veracruz/{}?instance_hash={hash}{id}", policy.veracruz_server_url)
    }

    pub(crate) fn port(&self) -> u16 {
        FullPolicy::parse(&self.policy()).unwrap().veracruz_server_url.port().unwrap()
    }
}

impl Daemon {
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = followed(child.stderr.take().unwrap());
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, out.next_line()).await.expect("a line").unwrap();
        let mut daemon = Daemon { child, log, seen: Vec::new(), address: "0.0.0.0:0".parse().unwrap() };
        match line {
            Some(line) => daemon.address = line.parse().unwrap(),
            None => panic!("it ended: {}", daemon.ended().await.1),
        }
        daemon
    }

    /// Reads the log until a line has `part`; gives the line.
    pub(crate) async fn logged(&mut self, part: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.log.recv()).await.expect("a log line");
            let line = line.unwrap_or_else(|| panic!("`{part}` was never logged, but: {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap(), signal).unwrap();
    }

    /// Waits for the end; gives the exit code, if there is one, and the whole log.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        while let Some(line) = tokio::time::timeout(PATIENCE, self.log.recv()).await.expect("an end") {
            self.seen.push(line);
        }
        (self.child.wait().await.unwrap().code(), self.seen.join("\n"))
    }

    /// As `kill -9` ends it.
    pub(crate) async fn kill(self) {
        self.signal(Signal::KILL);
        assert_eq!(self.ended().await.0, None);
    }

    pub(crate) async fn stop(self) -> String {
        self.signal(Signal::TERM);
        let (code, log) = self.ended().await;
        assert_eq!(code, Some(0), "{log}");
        log
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", "vaas");
        let request = request.header("content-type", "application/json").body(Full::<Bytes>::from(body)).unwrap();
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let response = tokio::time::timeout(PATIENCE, sender.send_request(request)).await.expect("an answer").unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        connection.abort();
        Answer { status, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn create(&self, request: &Value) -> Answer {
        self.send("POST", "/veracruz", request.to_string()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, String::new()).await
    }

    /// States by port, as the list has them.
    pub(crate) async fn states(&self) -> BTreeMap<u16, String> {
        let list = self.get("/veracruz").await.json();
        let entries = list["veracruz"].as_array().unwrap().iter().map(|entry| {
            let (name, description) = entry.as_object().unwrap().iter().next().unwrap();
            let port = name.strip_prefix("veracruz-nitro-server:").unwrap().parse().unwrap();
            (port, description["status"].as_str().unwrap().to_owned())
        });
        entries.collect()
    }

    /// Asks until the list is as it should become.
    pub(crate) async fn becomes(&self, wanted: &[(u16, &str)]) {
        let wanted: BTreeMap<_, _> = wanted.iter().map(|(port, state)| (*port, (*state).to_owned())).collect();
        let reached = async {
            while self.states().await != wanted {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("the list is {:?}, not {wanted:?}", self.states().await);
        }
    }

    /// Sends a request and goes away once `condition` holds.
    pub(crate) async fn abandon(&self, request: &Value, condition: impl Future<Output = ()>) {
        use std::io::Write as _;
        let (body, mut stream) = (request.to_string(), TcpStream::connect(self.address).unwrap());
        let head = "POST /veracruz HTTP/1.1\r\nhost: vaas\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        condition.await;
        drop(stream);
    }
}

/// A participant with a key of its own.
pub(crate) struct Participant {
    certificate: String,
    key: String,
}

impl Participant {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["participant".to_owned()]).unwrap().self_signed(&key).unwrap();
        Participant { certificate: certificate.pem().trim_end().to_owned(), key: key.serialize_pem() }
    }

    pub(crate) fn request(&self, instance_id: &str) -> Value {
        json!({
            "instance_id": instance_id,
            "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256",
            "debug": false,
            "enable_clock": false,
            "execution_strategy": "JIT",
            "max_memory_mib": 64,
            "programs": [],
            "identities": [{"certificate": self.certificate, "file_rights": [{"file_name": "/", "rights": 550_470}], "id": 0}],
            "file_hashes": []
        })
    }

    /// A verified session with the instance of this policy.
    pub(crate) async fn connect(&self, policy: &str) -> Session {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let policy = FullPolicy::parse(policy).unwrap();
        let client = Client::builder(policy, identity).trust(Trust::default().allow_simulated()).build().unwrap();
        client.connect().await.unwrap()
    }
}
