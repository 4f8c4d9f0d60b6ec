//! The program's streams: its input from ours, its output to ours as it comes, or into one JSON object.

use std::io::{self, IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use veracruz_runtime::offline::{Offline, Stream};

use super::ended::{BROKEN_PIPE, Failure, status_of};

/// Bytes read at once.
const BLOCK: usize = 64 << 10;

/// Where the program's output goes.
pub(super) struct Streams {
    /// With `--json`: what it wrote to stdout and stderr, for the object at the end.
    collected: Option<(Vec<u8>, Vec<u8>)>,
    nobody_reads: bool,
}

/// Takes standard input to its end, so that the program can read it. A terminal is not waited for.
pub(super) fn bring_stdin(into: &Offline) -> anyhow::Result<()> {
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        return Ok(());
    }
    let mut target = into.stdin()?;
    let mut block = vec![0; BLOCK];
    loop {
        let read = stdin.read(&mut block)?;
        if read == 0 {
            return Ok(target.finish()?);
        }
        target.push(block.get(..read).unwrap_or_default())?;
    }
}

/// One line of `--strace`.
pub(super) fn print_trace(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}"); // nobody may be reading it
}

impl Streams {
    pub(super) fn new(as_json: bool) -> Self {
        Streams { collected: as_json.then(Default::default), nobody_reads: false }
    }

    /// What the program wrote; breaks when nobody reads it any more.
    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8]) -> ControlFlow<()> {
        let written = match (&mut self.collected, stream) {
            (Some((out, _)), Stream::Stdout) => out.write_all(bytes),
            (Some((_, err)), _) => err.write_all(bytes),
            (None, Stream::Stdout) => flushed(io::stdout().lock(), bytes),
            (None, _) => flushed(io::stderr().lock(), bytes),
        };
        if written.is_err() {
            self.nobody_reads = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Says how it ended, and gives the exit status.
    pub(super) fn report(self, ended: Result<u32, Failure>) -> ExitCode {
        if self.nobody_reads {
            return ExitCode::from(BROKEN_PIPE);
        }
        let status = status_of(&ended);
        let Some((out, err)) = self.collected else {
            if let Err(failure) = ended {
                let _ = writeln!(io::stderr().lock(), "{failure}");
            }
            return ExitCode::from(status);
        };
        let mut members = Map::new();
        members.insert("accepted".to_owned(), Value::Bool(status == 0));
        match ended {
            Ok(code) => members.extend([("exit_code".to_owned(), json!(code))]),
            Err(failure) => members.extend(failure.members()),
        }
        members.extend([content("stdout", &out), content("stderr", &err)]);
        let _ = writeln!(io::stdout().lock(), "{:#}", Value::Object(members));
        ExitCode::from(status)
    }
}

/// Text as it is, anything else in base64 under another name.
fn content(name: &str, bytes: &[u8]) -> (String, Value) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (name.to_owned(), Value::from(text)),
        Err(_) => (format!("{name}_base64"), Value::from(BASE64_STANDARD.encode(bytes))),
    }
}

fn flushed(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}
