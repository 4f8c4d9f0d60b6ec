//! What is done, in Veracruz's order: connect, programs, data, computes, results, shutdown; with our own steps in between.
//!
//! **A result that cannot be got.** Veracruz main prints `[warn]`, goes on, shuts the instance down and exits with 0; the
//! version before it ended at once with 1. Scripts need the going on (several results, and the instance must end), and
//! they need to learn of the failure: those that fetch results look for the word `Error` and ignore the status, others
//! look at the status. So: `[warn] Error: …`, go on, shut down, exit with 1. A script whose computation worked sees
//! neither, because all its results are there: an empty result, for which an old server sends nothing, is told with a
//! `[warn]` of its own that is no error, as Veracruz main does.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;
use veracruz_client::blocking::{Client, Session};
use veracruz_client::{
    Attested, CancelHandle, Compute, Error, FileKind, Identity, ListEntry, Progress, Transfer, Trust,
};
use veracruz_policy::FullPolicy;

use crate::arguments::{Arguments, Mapping};
use crate::files::{self, Sink};
use crate::interrupt::Interrupt;
use crate::report::{Outcome, Report};
use crate::stop::Stop;
use crate::voice::Voice;

/// Does everything that the arguments ask for; the first thing that goes wrong ends it, but for results.
pub(crate) fn run(arguments: &Arguments, voice: &Voice, report: &mut Report) -> Result<Outcome, Stop> {
    if arguments.json && arguments.output.iter().any(Mapping::is_standard) {
        return Err(Stop::wrong_use("--json prints on standard output; give the results files of their own"));
    }
    let policy = policy(&arguments.policy, voice)?;
    let client = client(arguments, policy)?;
    let address = client.address().to_string();
    voice.say(format_args!("Connecting to {address}"));
    let session = Client::from(client).connect()?;
    warn(session.attested(), voice);
    report.instance(session.attested(), &address);
    let mut run = Run { arguments, voice, report, session };
    run.put()?;
    run.compute()?;
    run.list()?;
    run.get()?;
    run.end()
}

fn policy(path: &Path, voice: &Voice) -> Result<FullPolicy, Stop> {
    let text = files::read_text(path)?;
    let policy = FullPolicy::parse(&text).map_err(|error| Stop::policy(path, error))?;
    voice.say(format_args!("Loaded policy {} {}", path.display(), policy.hash()));
    Ok(policy)
}

fn client(arguments: &Arguments, policy: FullPolicy) -> Result<veracruz_client::Client, Stop> {
    let certificate = files::read_text(&arguments.identity)?;
    let key = files::read_secret(&arguments.key)?;
    let identity = Identity::from_pem(&certificate, &key).map_err(Error::from)?;
    let mut builder = veracruz_client::Client::builder(policy, identity).trust(trust(arguments)?);
    if let Some(address) = &arguments.address {
        builder = builder.address(address.clone());
    }
    Ok(builder.build()?)
}

/// Flags over variables over the file; only the user's own word can allow the simulated platform.
fn trust(arguments: &Arguments) -> Result<Trust, Stop> {
    let file = arguments.trust.clone().or_else(|| std::env::var_os("VERACRUZ_TRUST").map(Into::into));
    let trust = match file {
        Some(path) => Trust::read(&path).map_err(Error::from)?,
        None => Trust::default(),
    };
    let allowed = arguments.allow_simulated || std::env::var_os("VERACRUZ_ALLOW_SIMULATED").is_some_and(|v| v == "1");
    Ok(if allowed { trust.allow_simulated() } else { trust })
}

fn warn(attested: &Attested, voice: &Voice) {
    if attested.is_simulated() {
        voice.say("INSECURE: the instance is simulated; it protects nobody from the machine's owner");
    }
    if attested.evidence().is_none() {
        voice.say("INSECURE: the instance gave no evidence for this session, as the trust settings allow");
    }
}

fn options(arguments: &Arguments, handle: &CancelHandle) -> Compute {
    let options = Compute::new().cancelled_by(handle);
    match arguments.timeout {
        Some(timeout) => options.timeout(timeout),
        None => options,
    }
}

/// A session and what is to be done in it.
struct Run<'a> {
    arguments: &'a Arguments,
    voice: &'a Voice,
    report: &'a mut Report,
    session: Session,
}

impl Run<'_> {
    fn put(&mut self) -> Result<(), Stop> {
        let whole = self.arguments.program.iter().chain(&self.arguments.data).map(|mapping| (mapping, false));
        for (mapping, append) in whole.chain(self.arguments.append.iter().map(|mapping| (mapping, true))) {
            let verb = if append { "Appending to" } else { "Submitting" };
            self.voice.say(format_args!("{verb} <enclave>/{} from {mapping}", mapping.name));
            let (reader, length) = files::source(mapping)?;
            let bar = self.voice.bar(length);
            let mut show = |progress: Progress| bar.show(progress);
            let transfer = Transfer::new().progress(&mut show);
            let transfer = match length {
                Some(length) => transfer.length(length),
                None => transfer,
            };
            let bytes = match append {
                true => self.session.append(&mapping.name, reader, transfer)?,
                false => self.session.upload(&mapping.name, reader, transfer)?,
            };
            let step = if append { "append" } else { "upload" };
            self.report.step(step, json!({"name": mapping.name, "path": mapping.path, "bytes": bytes}));
        }
        Ok(())
    }

    fn compute(&mut self) -> Result<(), Stop> {
        let arguments = self.arguments;
        if arguments.compute.is_empty() && arguments.pipeline.is_empty() {
            return Ok(());
        }
        let interrupt = Interrupt::watch();
        for name in &arguments.compute {
            let code = interrupt.during(|handle| {
                self.voice.say(format_args!("Requesting compute of <enclave>/{name}"));
                self.session.compute(name, options(arguments, handle))
            })?;
            self.exited("compute", name, code);
        }
        for name in &arguments.pipeline {
            let code = interrupt.during(|handle| {
                self.voice.say(format_args!("Requesting pipeline {name}"));
                self.session.pipeline(name, options(arguments, handle))
            })?;
            self.exited("pipeline", name, code);
        }
        Ok(())
    }

    /// The exit code is the program's word on itself and changes nothing about this command, as with Veracruz.
    fn exited(&mut self, step: &str, name: &str, code: u32) {
        if code != 0 {
            self.voice.say(format_args!("[warn] {name} ended with exit code {code}"));
        }
        self.report.step(step, json!({"name": name, "exit_code": code}));
    }

    fn list(&mut self) -> Result<(), Stop> {
        for path in &self.arguments.list {
            self.voice.say(format_args!("Listing <enclave>/{path}"));
            let entries = self.session.list(path)?;
            if !self.arguments.json {
                let written = io::stdout().lock().write_all(lines(&entries).as_bytes());
                written.map_err(|error| Stop::local("cannot write", Path::new("standard output"), error))?;
            }
            let entries: Vec<_> = entries.iter().map(as_json).collect();
            self.report.step("list", json!({"path": path, "entries": entries}));
        }
        Ok(())
    }

    fn get(&mut self) -> Result<(), Stop> {
        for mapping in &self.arguments.output {
            self.voice.say(format_args!("Reading <enclave>/{} into {mapping}", mapping.name));
            match self.fetch(mapping) {
                Ok(bytes) => {
                    self.report.step("result", json!({"name": mapping.name, "path": mapping.path, "bytes": bytes}));
                }
                Err(Failed { stop, is_empty: true }) => {
                    self.voice.insist(format_args!("[warn] {stop}"));
                    self.report.warning("result", &mapping.name, &stop, false);
                }
                Err(Failed { stop, .. }) => {
                    self.voice.insist(format_args!("[warn] Error: {stop}"));
                    self.report.warning("result", &mapping.name, &stop, true);
                }
            }
        }
        Ok(())
    }

    fn fetch(&mut self, mapping: &Mapping) -> Result<u64, Failed> {
        let mut sink = Sink::open(mapping)?;
        let bar = self.voice.bar(None);
        let mut show = |progress: Progress| bar.show(progress);
        let bytes = self.session.download(&mapping.name, &mut sink, Transfer::new().progress(&mut show))?;
        sink.keep().map_err(|error| Stop::local("cannot write", &mapping.path, error))?;
        Ok(bytes)
    }

    fn end(self) -> Result<Outcome, Stop> {
        let Arguments { program, data, append, compute, pipeline, list, output, .. } = self.arguments;
        let names = [program, data, append, output].iter().map(|list| list.len()).sum::<usize>();
        let shuts_down = self.arguments.shuts_down();
        if shuts_down {
            self.voice.say("Shutting down enclave");
            self.session.shutdown()?;
            self.report.step("shutdown", json!({}));
        } else {
            // All was acknowledged: a farewell that does not arrive is no failure.
            let _ = self.session.close();
        }
        if names + compute.len() + pipeline.len() + list.len() == 0 && !shuts_down {
            self.voice.say("Nothing to do");
            return Ok(Outcome::Nothing);
        }
        Ok(Outcome::Done)
    }
}

/// A result that cannot be got.
struct Failed {
    stop: Stop,
    /// An old server's answer to an empty file.
    is_empty: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed { is_empty: matches!(error, Error::NoResult { .. }), stop: error.into() }
    }
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Failed { stop, is_empty: false }
    }
}

/// One line an entry: kind, bytes, name.
fn lines(entries: &[ListEntry]) -> String {
    let mut lines = String::new();
    for entry in entries {
        // Names are other participants' words: a terminal must not obey them.
        let name: String = entry.name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let _ = writeln!(lines, "{:<9} {:>12} {name}", kind(entry.kind), entry.size);
    }
    lines
}

fn as_json(entry: &ListEntry) -> serde_json::Value {
    json!({"name": entry.name, "kind": kind(entry.kind), "bytes": entry.size})
}

const fn kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "file",
        FileKind::Directory => "directory",
        FileKind::Stream => "stream",
    }
}
