//! A process that a test starts, asks and ends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A step that takes longer than this will not come: the test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct Daemon {
    child: Child,
    log: mpsc::UnboundedReceiver<String>,
    seen: Vec<String>,
    pub(crate) address: SocketAddr,
}

impl Daemon {
    /// Starts a daemon and waits for the line that says where it listens.
    pub(crate) async fn start(command: Command) -> Self {
        match Daemon::try_start(command).await {
            Ok(daemon) => daemon,
            Err((code, log)) => panic!("it ended with {code:?}: {log}"),
        }
    }

    /// Or gives the exit code and the log of one that does not serve.
    pub(crate) async fn try_start(mut command: Command) -> Result<Self, (Option<i32>, String)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        // The pipe is read all the time: a daemon that cannot log stands still.
        let (sender, log) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = err.next_line().await {
                let _nobody_reads = sender.send(line);
            }
        });
        let line = tokio::time::timeout(PATIENCE, out.next_line()).await.expect("a line").unwrap();
        let address = line.as_deref().and_then(|line| line.parse().ok());
        let mut daemon =
            Daemon { child, log, seen: Vec::new(), address: address.unwrap_or(SocketAddr::from(([0; 4], 0))) };
        match address {
            Some(_) => Ok(daemon),
            None => Err(daemon.end().await),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap()
    }

    /// Reads the log until a line has `part`.
    pub(crate) async fn logged(&mut self, part: &str) {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.log.recv()).await.expect("a log line");
            let line = line.unwrap_or_else(|| panic!("`{part}` was never logged, but: {:#?}", self.seen));
            self.seen.push(line);
            if self.seen.last().unwrap().contains(part) {
                return;
            }
        }
    }

    /// As `kill -9` ends it.
    pub(crate) async fn kill(mut self) {
        kill_process(self.pid(), Signal::KILL).unwrap();
        assert_eq!(self.end().await.0, None);
    }

    pub(crate) async fn stop(mut self) -> String {
        kill_process(self.pid(), Signal::TERM).unwrap();
        let (code, log) = self.end().await;
        assert_eq!(code, Some(0), "{log}");
        log
    }

    async fn end(&mut self) -> (Option<i32>, String) {
        while let Some(line) = tokio::time::timeout(PATIENCE, self.log.recv()).await.expect("an end") {
            self.seen.push(line);
        }
        (self.child.wait().await.unwrap().code(), self.seen.join("\n"))
    }

    /// Status and body of a GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    /// Sends bytes as they are.
    pub(crate) fn exchange(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Asks until the daemon says that it is ready.
    pub(crate) async fn ready(&self) {
        let becoming = async {
            while self.get("/readyz").0 != 200 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, becoming).await.expect("ready");
    }

    /// One value of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.get("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not in {text}")).parse().unwrap()
    }

    /// The most memory that the process has had, in MiB (proc(5), `VmHWM`).
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}
