//! A server process that a test starts, talks to and stops.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

/// A step that takes longer than this will not come: the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with the files of one server.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Home(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proxy-attestation-server"));
    command.env_clear().current_dir(home.path("")).args(arguments).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a server that is expected to end by itself.
pub(crate) async fn run_to_end(home: &Home, arguments: &[&str]) -> (i32, String) {
    let output = command(home, arguments).output();
    let Output { status, stdout, stderr } = tokio::time::timeout(PATIENCE, output).await.expect("ends").unwrap();
    (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// A process that listens.
pub(crate) struct Server {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    seen: Vec<String>,
    pub(crate) address: SocketAddr,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text());
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

impl Server {
    /// Starts a server on a port of the system's choice and waits for the line that names it.
    pub(crate) async fn start(home: &Home, arguments: &[&str]) -> Self {
        Server::start_on(home, "127.0.0.1:0", arguments).await
    }

    pub(crate) async fn start_on(home: &Home, address: &str, arguments: &[&str]) -> Self {
        let mut child = command(home, &[&[address], arguments].concat()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, out.next_line()).await.expect("a line").unwrap();
        let address = line.expect("the address, not the end").parse().unwrap();
        Server { child, log, seen: Vec::new(), address }
    }

    /// Reads the log until a line has `part`; gives the line.
    pub(crate) async fn logged(&mut self, part: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.log.next_line()).await.expect("a log line").unwrap();
            let line = line.unwrap_or_else(|| panic!("`{part}` was never logged, but: {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end; gives the exit code and the whole log.
    pub(crate) async fn ended(mut self) -> (i32, String) {
        while let Some(line) = tokio::time::timeout(PATIENCE, self.log.next_line()).await.expect("an end").unwrap() {
            self.seen.push(line);
        }
        (self.child.wait().await.unwrap().code().unwrap(), self.seen.join("\n"))
    }

    pub(crate) async fn stop(self) -> String {
        self.signal(Signal::TERM);
        let (code, log) = self.ended().await;
        assert_eq!(code, 0, "{log}");
        log
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.address, request("GET", path).body(Full::default()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        send(self.address, request("POST", path).body(Full::default()).unwrap()).await
    }

    /// Sends a multipart form (RFC 7578).
    pub(crate) async fn post_form(&self, path: &str, parts: &[(&str, String)]) -> Answer {
        let request = request("POST", path).header("content-type", "multipart/form-data; boundary=limit");
        send(self.address, request.body(form(parts).into()).unwrap()).await
    }
}

pub(crate) fn form(parts: &[(&str, String)]) -> String {
    let part = |(name, value): &(&str, String)| {
        format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    parts.iter().map(part).chain(["--limit--\r\n".to_owned()]).collect()
}

fn request(method: &str, path: &str) -> hyper::http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "proxy")
}

async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    connection.abort();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
