//! `veracruz up` as a process, in a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::place::{binary, free_ports};

/// All services in one process.
pub struct Up {
    folder: TempDir,
    child: Child,
    /// Kept open: what is printed later must find a reader.
    _out: BufReader<ChildStdout>,
    said: Value,
}

impl Up {
    /// With an S3 server that has the bucket `sensors`, and `slots` ports for instances from the first free row of them from
    /// `first` on.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(first: u16, slots: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_ports(first, slots);
        let mut command = Command::new(binary("veracruz"));
        command.args(["--json", "up", "--with-s3", "127.0.0.1:0", "--bucket", "sensors", "--state", "state"]);
        for service in ["ccfaas", "vaas", "s3-app", "attestation"] {
            command.args([&format!("--{service}"), "127.0.0.1:0"]);
        }
        command.args(["--ports", &format!("{port}-{}", port + slots - 1)]);
        let mut child = command.current_dir(&folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).expect(&line);
        Up { folder, child, _out: out, said }
    }

    /// Its working folder; what it keeps is in `state` there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The URL of a service: `ccfaas`, `vaas`, `s3_app`, `attestation`, `s3`.
    ///
    /// # Panics
    /// There is no such service.
    #[must_use]
    pub fn url(&self, service: &str) -> String {
        self.said.pointer(&format!("/services/{service}")).and_then(Value::as_str).unwrap().to_owned()
    }

    /// The credentials of the S3 server, as variables.
    ///
    /// # Panics
    /// They are not where they should be.
    #[must_use]
    pub fn s3_credentials(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.folder.path().join("state/s3.env")).unwrap();
        let lines = text.lines().map(|line| line.strip_prefix("export ").unwrap().split_once('=').unwrap());
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
