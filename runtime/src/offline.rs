//! One program, run without an instance: no session, no evidence, the same files, rights, system calls and engine.
//!
//! For command lines and tests: bring files in, run, take files out. Under a policy a program may do exactly what it may
//! do in an instance of that policy. Nothing here touches the host; whoever embeds it reads and writes host files.
//!
//! ```
//! use veracruz_runtime::offline::{Arguments, Offline, Settings, VfsPath};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let wasm = b"\0asm\x01\0\0\0".to_vec();
//! let refused = Offline::open(wasm, &VfsPath::parse("/program/empty.wasm")?, &Settings::default());
//! assert_eq!(refused.err().map(|refusal| refusal.code()), Some("no-start"));
//! # Ok(())
//! # }
//! ```

mod error;
pub(crate) mod policy;
mod run;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use veracruz_policy::{ExecutionStrategy, FullPolicy, Principal, Stream, VfsPath};

use crate::budget::Budget;
use crate::clock::SystemClock;
use crate::engine::{Allowed, DEFAULT_MAX_TABLE_ELEMENTS};
pub use crate::engine::{ImportName, ImportReport, MemoryReport, ModuleRefusal, ModuleReport};
pub use crate::vfs::{Exported, Snapshot};
use crate::vfs::{Stdio, Upload, Vfs, VfsLimits};
pub use error::OfflineError;

/// MiB for files and memory together when no policy says otherwise: as much as a 32-bit memory can have, so that only a
/// program which would not run anywhere is stopped.
pub const DEFAULT_MEMORY_MIB: u32 = 4096;

/// What decides about a run where no policy does.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the program is executed.
    pub strategy: ExecutionStrategy,
    /// Whether it sees the real time.
    pub clock: bool,
    /// MiB for files and memory together.
    pub max_memory_mib: u32,
}

/// What is told of system calls: one line for each, when it has returned.
pub type Trace = Box<dyn FnMut(&str) + Send>;

/// What a program is called with.
pub struct Arguments {
    /// Its arguments, its own name first.
    pub args: Vec<String>,
    /// Its environment: names and values.
    pub env: Vec<(String, String)>,
    /// Who is told of its system calls: name, arguments, errno and results, never contents.
    pub trace: Option<Trace>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// By itself, with this code.
    #[error("the program ended with code {0}")]
    Exited(u32),
    /// It was ended.
    #[error("{reason}")]
    Failed {
        /// A stable name for machines, such as `guest-unreachable` or `out-of-memory`.
        code: &'static str,
        /// What happened, and what to do next.
        reason: String,
    },
}

/// A program and its files, ready to run.
pub struct Offline {
    vfs: Vfs,
    budget: Budget,
    policy: Arc<FullPolicy>,
    principal: Principal,
    wasm: Arc<Vec<u8>>,
}

/// A file on its way in; it appears when it is finished.
#[must_use = "a file appears when it is finished"]
pub struct NewFile<'o> {
    vfs: &'o Vfs,
    goes: Goes,
}

/// Where the bytes of a new file go.
enum Goes {
    Aside(VfsPath, Upload),
    /// Right to their place: the input of a run that does not begin when they cannot all be had.
    Stdin(Stdio),
}

/// What a module is and wants, and everything for which it would be refused in an instance with this much memory.
///
/// # Errors
/// [`ModuleRefusal`] when the bytes are no module that can be read at all.
pub fn check(wasm: &[u8], max_memory_mib: u32) -> Result<ModuleReport, ModuleRefusal> {
    crate::engine::inspect(wasm, allowed(max_memory_mib))
}

fn allowed(max_memory_mib: u32) -> Allowed {
    Allowed { memory: u64::from(max_memory_mib) << 20, table_elements: DEFAULT_MAX_TABLE_ELEMENTS.into() }
}

impl Offline {
    /// A program that may do everything, with an empty file system but for itself at `path`.
    ///
    /// # Errors
    /// [`OfflineError`] when it cannot run here.
    pub fn open(wasm: Vec<u8>, path: &VfsPath, settings: &Settings) -> Result<Self, OfflineError> {
        let policy = policy::everything_for(path, settings)?;
        Offline::new(policy, Principal::Program(path.clone()), wasm)
    }

    /// A program that may do what `policy` allows `principal`: the path of a program, or the name of a pipeline whose
    /// step it is. A program lies at its path then, and must have the hash that the policy declares for it.
    ///
    /// # Errors
    /// [`OfflineError`] when the policy has no such principal, or the program cannot run here.
    pub fn under(policy: FullPolicy, principal: &str, wasm: Vec<u8>) -> Result<Self, OfflineError> {
        let principal = policy::principal(&policy, principal)?;
        Offline::new(policy, principal, wasm)
    }

    fn new(policy: FullPolicy, principal: Principal, wasm: Vec<u8>) -> Result<Self, OfflineError> {
        let allowed = allowed(policy.max_memory_mib);
        crate::engine::check(&wasm, allowed)?;
        let (policy, budget) = (Arc::new(policy), Budget::new(allowed.memory));
        let clock = Arc::new(SystemClock::new());
        let vfs = Vfs::new(Arc::clone(&policy), budget.clone(), VfsLimits::default(), clock)?;
        let offline = Offline { vfs, budget, policy, principal, wasm: Arc::new(wasm) };
        if let Principal::Program(path) = &offline.principal {
            let mut file = offline.file(path)?;
            file.push(&offline.wasm)?;
            file.finish()?;
        }
        Ok(offline)
    }

    /// A new file at `path`, or a new content of it. Directories that are missing above it are made.
    ///
    /// # Errors
    /// [`OfflineError`] when the memory does not suffice.
    pub fn file(&self, path: &VfsPath) -> Result<NewFile<'_>, OfflineError> {
        Ok(NewFile { vfs: &self.vfs, goes: Goes::Aside(path.clone(), self.vfs.stage()?) })
    }

    /// What the program will read from its standard input, after what it was given before.
    ///
    /// # Errors
    /// [`OfflineError`] when the memory does not suffice.
    pub fn stdin(&self) -> Result<NewFile<'_>, OfflineError> {
        Ok(NewFile { vfs: &self.vfs, goes: Goes::Stdin(self.vfs.fresh_stdio()?) })
    }

    /// Makes a directory, with those above it that are missing; one that exists is left alone.
    ///
    /// # Errors
    /// [`OfflineError`] when a file is in the way, or for the quotas.
    pub fn directory(&self, path: &VfsPath) -> Result<(), OfflineError> {
        Ok(self.vfs.provision_directory(path)?)
    }

    /// Runs the program to its end. `output` gets what it writes to its standard output and error, within some 20 ms;
    /// when `output` breaks, the run is cancelled. What the program overwrites in a stream afterwards is not told.
    ///
    /// # Errors
    /// [`OfflineError`] when the run cannot be set up. How it ended stands in [`Ended`].
    pub fn run(
        &self,
        arguments: Arguments,
        output: impl FnMut(Stream, &[u8]) -> ControlFlow<()>,
    ) -> Result<Ended, OfflineError> {
        run::run(self, arguments, output)
    }

    /// The file at `path`, or the directory with all that is in it, each before what it holds, in the order of names.
    ///
    /// # Errors
    /// [`OfflineError`] when there is nothing.
    pub fn export(&self, path: &VfsPath) -> Result<Vec<Exported>, OfflineError> {
        Ok(self.vfs.export(path)?)
    }
}

impl NewFile<'_> {
    /// Adds bytes to its end.
    ///
    /// # Errors
    /// [`OfflineError`] when the memory does not suffice.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), OfflineError> {
        match &mut self.goes {
            Goes::Aside(_, upload) => upload.push(bytes)?,
            Goes::Stdin(stdio) => {
                let (limits, now) = (&self.vfs.shared().limits, self.vfs.shared().clock.wall_nanos());
                let mut left = bytes;
                while !left.is_empty() {
                    let (written, _) = stdio.stdin.write_end(left, limits, now)?;
                    left = left.get(written..).unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// [`OfflineError`]: a directory is in the way, the policy declares another content, or for the quotas.
    pub fn finish(self) -> Result<(), OfflineError> {
        match self.goes {
            Goes::Aside(path, upload) => Ok(self.vfs.provision(&path, upload)?),
            Goes::Stdin(_) => Ok(()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings { strategy: ExecutionStrategy::Jit, clock: false, max_memory_mib: DEFAULT_MEMORY_MIB }
    }
}

impl Arguments {
    /// A call without arguments but the program's own name.
    pub fn new(name: &str) -> Self {
        Arguments { args: vec![name.to_owned()], env: vec![], trace: None }
    }
}

impl Ended {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Ended::Exited(_) => "exited",
            Ended::Failed { code, .. } => code,
        }
    }
}
