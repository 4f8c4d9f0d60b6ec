//! A daemon as a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::place::binary;

/// A daemon that listens. It is killed when this is dropped.
pub struct Daemon {
    child: Child,
    /// Kept open: what is printed later must find a reader.
    _out: BufReader<ChildStdout>,
    address: String,
    log: PathBuf,
}

impl Daemon {
    /// Starts the binary in `folder`, on a free port of loopback, with nothing in its environment but `variables`, and waits
    /// for the address that it prints. Its log goes to `<binary>.log` there.
    ///
    /// # Panics
    /// It ends without an address; the text has its log.
    #[must_use]
    pub fn start(name: &str, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Daemon::at(&["--listen", "127.0.0.1:0"], name, folder, arguments, variables)
    }

    /// The same, where the binary is told its address in another way.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn at(address: &[&str], name: &str, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary(name));
        command.env_clear().envs(variables.iter().copied()).current_dir(folder);
        command.args(address).args(arguments);
        Daemon::of(command, folder.join(format!("{name}.log")))
    }

    /// Starts this command and waits for the address that it prints. Its log is added to what the file `log` has already.
    ///
    /// # Panics
    /// It ends without an address; the text has its log.
    #[must_use]
    pub fn of(mut command: Command, log: PathBuf) -> Self {
        let mut child = spawn(&mut command, &log);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let daemon = Daemon { child, _out: out, address: line.trim_end().to_owned(), log };
        assert!(!daemon.address.is_empty(), "{command:?} did not start: {}", daemon.log());
        daemon
    }

    /// Where it listens, `IP:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    ///
    /// # Panics
    /// It cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a command that logs behind what the file has already, and waits for nothing.
fn spawn(command: &mut Command, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
}
