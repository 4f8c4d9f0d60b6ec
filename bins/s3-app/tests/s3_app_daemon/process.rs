//! A daemon process that a test starts, talks to and stops.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// A step that takes longer than this will not come: the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Variables that keep the AWS SDK from looking for credentials outside of this machine's environment.
const ALONE: [(&str, &str); 3] = [
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
];

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3-app"));
    command.env_clear().envs(ALONE).envs(environment.iter().copied()).args(arguments).kill_on_drop(true);
    if let Some((_, folder)) = environment.iter().find(|(name, _)| *name == "TMPDIR") {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a daemon that is expected to end by itself; gives its exit code and all that it said.
pub(crate) async fn run_to_end(arguments: &[&str]) -> (i32, String) {
    let output = tokio::time::timeout(PATIENCE, command(arguments, &[]).output());
    let Output { status, stdout, stderr } = output.await.unwrap().unwrap();
    (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// A process that listens.
pub(crate) struct Daemon {
    child: Child,
    /// Read all the time: a process waits for who does not read what it says.
    log: JoinHandle<String>,
    address: SocketAddr,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }
}

impl Daemon {
    /// Starts one on a port of the system's choice and waits for the line that names it.
    pub(crate) async fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command(&[&["--listen", "127.0.0.1:0"], arguments].concat(), environment).spawn().unwrap();
        let mut said = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            said.read_to_string(&mut log).await.unwrap();
            log
        });
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, out.next_line()).await.unwrap().unwrap();
        Daemon { child, log, address: line.unwrap().parse().unwrap() }
    }

    /// Asks it to stop; gives the exit code and the whole log.
    pub(crate) async fn stop(mut self) -> (i32, String) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), Signal::TERM).unwrap();
        let log = tokio::time::timeout(PATIENCE, self.log).await.unwrap().unwrap();
        (self.child.wait().await.unwrap().code().unwrap(), log)
    }

    fn pid(&self) -> i32 {
        self.child.id().unwrap().cast_signed()
    }

    /// The most memory that the process has ever had, in KiB (`proc(5)`, VmHWM).
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Full::default()).unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Full::default()).unwrap()).await
    }

    pub(crate) async fn copy(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/s3_stream_veracruz").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::new(Bytes::from(body.to_string()))).unwrap()).await
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Answer {
        request.headers_mut().insert("host", self.address.to_string().parse().unwrap());
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        connection.abort();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}
