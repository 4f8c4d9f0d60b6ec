//! `veracruz run`: a program as it would run in an instance, here and now, without one.
//!
//! Host folders are copied in and results copied out; the program itself never touches the host.

mod bring;
mod ended;
mod mapping;
mod streams;
mod take;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use veracruz_runtime::offline::{Arguments, Ended, ExecutionStrategy, FullPolicy, Offline, Settings, VfsPath};

use self::ended::Failure;
use self::mapping::{Map, Out, Variable};
use self::streams::Streams;
use crate::files::{read_text, read_whole};

pub(crate) const MORE: &str = "\
Exit status: the program's own, as 0 to 255 (a larger code gives 255); and, as docker run and shells have it:
  2    wrong flags
  125  the program was not run: no module for this runtime, an unreadable folder, a bad policy
  126  the program ended by itself, but what --out asks for cannot be copied
  134  the program was ended: a trap, no memory left
  141  nobody reads the program's output any more

--map copies a folder (or one file) in before the run; symbolic links in it are refused. --out copies a folder or file \
out after the program ended by itself; with an exit code other than 0 it need not be there. Files of the same name are \
replaced, and each appears whole or not at all.

Standard input is read to its end before the run, unless it is a terminal; say < /dev/null where it never ends.

Example:
  veracruz run --map data=/input --out /output=results sum.wasm -- --verbose";

#[derive(Args)]
pub(crate) struct Run {
    /// The program: a WebAssembly module built for WASI preview 1.
    #[arg(value_name = "PROG.wasm")]
    program: PathBuf,
    /// Copy a folder, or one file, to where the program finds it.
    #[arg(long, value_name = "HOST_DIR=/guest")]
    map: Vec<Map>,
    /// Copy a folder or file of the program out when it has ended by itself.
    #[arg(long, value_name = "/guest=HOST_PATH")]
    out: Vec<Out>,
    /// Run under this policy, with the rights, the memory, the clock and the strategy that it gives.
    #[arg(long, value_name = "FILE", requires = "principal")]
    policy: Option<PathBuf>,
    /// As which program (its path) or pipeline (its name) of the policy.
    #[arg(long = "as", id = "principal", value_name = "PRINCIPAL", requires = "policy")]
    principal: Option<String>,
    /// How the program is executed: JIT or Interpretation [default: JIT].
    #[arg(long, conflicts_with = "policy")]
    strategy: Option<ExecutionStrategy>,
    /// Let the program see the real time.
    #[arg(long, conflicts_with = "policy")]
    clock: bool,
    /// Set a variable of the program's environment.
    #[arg(long, value_name = "K=V")]
    env: Vec<Variable>,
    /// Print each system call with its arguments and result on standard error.
    #[arg(long)]
    strace: bool,
    /// Arguments of the program.
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Run {
    pub(crate) fn run(self, as_json: bool) -> ExitCode {
        let mut streams = Streams::new(as_json);
        let ended = self.start(&mut streams).map_err(Failure::NotRun);
        let ended = ended.and_then(|(offline, ended)| self.finish(&offline, ended));
        streams.report(ended)
    }

    fn start(&self, streams: &mut Streams) -> anyhow::Result<(Offline, Ended)> {
        let offline = self.open()?;
        self.out.iter().try_for_each(take::check_place)?;
        self.map.iter().try_for_each(|map| bring::bring(map, &offline))?;
        streams::bring_stdin(&offline)?;
        let mut arguments = Arguments::new(self.name()?);
        arguments.args.extend(self.args.iter().cloned());
        arguments.env = self.env.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
        if self.strace {
            arguments.trace = Some(Box::new(streams::print_trace));
        }
        let ended = offline.run(arguments, |stream, bytes| streams.write(stream, bytes))?;
        Ok((offline, ended))
    }

    fn finish(&self, offline: &Offline, ended: Ended) -> Result<u32, Failure> {
        match ended {
            Ended::Exited(code) => match take::take(&self.out, code, offline) {
                Ok(()) => Ok(code),
                Err(error) => Err(Failure::NotCopied { code, error }),
            },
            failed => Err(Failure::Ended(failed)),
        }
    }

    fn open(&self) -> anyhow::Result<Offline> {
        let wasm = read_whole(&self.program)?;
        let (Some(file), Some(principal)) = (&self.policy, &self.principal) else {
            let settings = Settings {
                strategy: self.strategy.unwrap_or(ExecutionStrategy::Jit),
                clock: self.clock,
                ..Settings::default()
            };
            let path = VfsPath::parse(&format!("/program/{}", self.name()?))?;
            return Ok(Offline::open(wasm, &path, &settings)?);
        };
        let policy = FullPolicy::parse(&read_text(file)?).with_context(|| file.display().to_string())?;
        Ok(Offline::under(policy, principal, wasm)?)
    }

    /// The program's file name: its first argument, and its name in the instance.
    fn name(&self) -> anyhow::Result<&str> {
        match self.program.file_name().and_then(OsStr::to_str) {
            Some(name) => Ok(name),
            None => bail!("{} has no name that a program can have", self.program.display()),
        }
    }
}
