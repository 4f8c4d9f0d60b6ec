//! The engine: WebAssembly programs in, their ends out.
//!
//! Each run gets a fresh instance, takes memory only from the budget that files and guests share, and ends with its
//! program, its deadline or a cancel; whatever a program does, it ends that run and nothing else. Compiled modules are
//! kept by the digest of their bytes, so that a program is compiled once.
//!
//! The engine knows no files and no principals: system calls are functions in a linker and a value `W` that they work
//! on. It must never take compiled code from anybody: only what its own compiler made is run.

mod compiler;
mod config;
mod features;
mod gate;
mod guest;
mod inspect;
mod interrupt;
mod limits;
mod loops;
mod memory;
mod modules;
mod outcome;
mod program;
mod provided;
mod refusal;
#[cfg(test)]
mod tests;
mod ticker;

use std::sync::Arc;
use std::time::Duration;

use veracruz_policy::ExecutionStrategy;
use wasmtime::Linker;

use self::compiler::Compiler;
use self::gate::Gate;
pub(crate) use self::guest::RunState;
pub(crate) use self::inspect::{Allowed, check, inspect};
pub use self::inspect::{ImportReport, MemoryReport, ModuleReport};
pub use self::interrupt::{Interrupt, Woken};
pub(crate) use self::limits::{DEFAULT_MAX_TABLE_ELEMENTS, EngineLimits, RUN_THREAD_STACK};
use self::memory::Holdings;
use self::modules::{Found, Modules};
use self::outcome::Cause;
pub(crate) use self::outcome::{Outcome, RunFailure};
pub(crate) use self::program::Program;
#[cfg(test)]
pub(crate) use self::provided::all as provided;
pub use self::refusal::{ImportName, ModuleRefusal};
use self::ticker::Ticker;
use crate::budget::Budget;
use crate::wasi::{self, Wasi};

/// The engine of one instance; `W` is what its system calls work on.
pub(crate) struct Engine<W: 'static = Wasi> {
    compiler: Compiler<RunState<W>>,
    gate: Gate,
    ticker: Ticker,
    budget: Budget,
    limits: EngineLimits,
}

/// How a run can be ended from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunControl {
    /// Ends the run; use a new one for each run, as it fires at the deadline too.
    pub(crate) interrupt: Interrupt,
    /// How long it may take from the call of [`Engine::run`] on, waits included; rounded up to a tick of 10 ms.
    pub(crate) deadline: Option<Duration>,
    /// What the participant allowed, for the words of a refusal: some of it may be over when the run begins.
    pub(crate) allowed: Option<Duration>,
}

impl RunControl {
    fn ended(&self, reason: interrupt::Reason) -> RunFailure {
        RunFailure::interrupted(reason, self.allowed.or(self.deadline))
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum EngineError {
    /// wasmtime cannot be set up on this machine.
    #[error("the WebAssembly engine cannot be set up here: {0}")]
    Setup(String),
    /// A thread cannot be started.
    #[error("no thread can be started for the WebAssembly engine: {0}; raise the limit of threads")]
    Thread(#[from] std::io::Error),
}

/// What an engine holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EngineFigures {
    /// Modules that were compiled, or refused by the compiler, since the start.
    pub(crate) compiles: u64,
    /// Modules that are kept.
    pub(crate) modules: usize,
    /// Bytes of their code.
    pub(crate) code_bytes: u64,
}

impl Engine<Wasi> {
    /// An engine whose programs call WASI preview 1 and `veracruz_si`.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) fn new(
        strategy: ExecutionStrategy,
        debug: bool,
        limits: EngineLimits,
        budget: Budget,
    ) -> Result<Arc<Self>, EngineError> {
        Engine::with_host(strategy, debug, limits, budget, |linker| wasi::add_to_linker(linker, RunState::host))
    }
}

impl<W: Send + 'static> Engine<W> {
    /// An engine whose system calls are what `link` defines. It starts three threads, which sleep while nothing runs or
    /// is compiled.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) fn with_host(
        strategy: ExecutionStrategy,
        debug: bool,
        limits: EngineLimits,
        budget: Budget,
        link: impl FnOnce(&mut Linker<RunState<W>>) -> wasmtime::Result<()>,
    ) -> Result<Arc<Self>, EngineError> {
        let setup = |error: wasmtime::Error| EngineError::Setup(format!("{error:#}"));
        let engine = config::engine(strategy, debug, &limits, budget.limit()).map_err(setup)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(setup)?;
        let allowed = Allowed { memory: budget.limit(), table_elements: limits.max_table_elements.into() };
        Ok(Arc::new(Engine {
            compiler: Compiler::start(linker, allowed, Modules::new(&limits), !debug)?,
            gate: Gate::new(limits.max_runs),
            ticker: Ticker::start(move || engine.increment_epoch())?,
            budget,
            limits,
        }))
    }

    /// Whether these bytes can run here, without compiling them.
    ///
    /// # Errors
    /// [`ModuleRefusal`], the first thing that is in the way.
    pub(crate) fn check(&self, wasm: &[u8]) -> Result<(), ModuleRefusal> {
        inspect::check(wasm, self.compiler.workshop().allowed)
    }

    /// Has a program compiled in the background, so that its first run need not wait; returns at once. What is wrong
    /// with it, [`Engine::run`] tells. Does nothing when much else is to be compiled.
    pub(crate) fn prepare(&self, program: Program) {
        let workshop = self.compiler.workshop();
        if workshop.is_full() {
            return;
        }
        if let Found::New(entry) = workshop.modules.entry(program.digest) {
            workshop.compile_later(program, entry);
        }
    }

    /// Runs a program to its end. Blocks: call it from a thread with at least [`limits::RUN_THREAD_STACK`] of stack.
    pub(crate) fn run(&self, program: Program, host: W, control: &RunControl) -> Outcome {
        match self.try_run(program, host, control) {
            Ok(code) => Outcome::Exited(code),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    fn try_run(&self, program: Program, host: W, control: &RunControl) -> Result<u32, RunFailure> {
        let _watch = self.ticker.watch(control);
        let interrupted = |reason| control.ended(reason);
        let entry = self.entry(program);
        let compiled = entry.wait(&control.interrupt).map_err(interrupted)?.map_err(Cause::Refused)?;
        let _place = self.gate.enter(&control.interrupt).map_err(interrupted)?;
        let holdings = Holdings::new(&self.budget, self.limits.max_table_elements);
        let holdings = holdings.map_err(|over| Cause::OutOfMemory(memory::Shortage::Budget(over)))?;
        guest::run(&compiled, RunState::new(host, holdings), control)
    }

    fn entry(&self, program: Program) -> Arc<modules::Entry<RunState<W>>> {
        let workshop = self.compiler.workshop();
        let digest = program.digest;
        match workshop.modules.entry(digest) {
            Found::New(entry) => {
                workshop.compile_now(program, Arc::clone(&entry));
                entry
            }
            Found::Known(entry) => {
                if !entry.is_answered() {
                    workshop.hurry(digest);
                }
                entry
            }
        }
    }

    /// What it holds now.
    #[cfg_attr(not(test), expect(dead_code, reason = "sessions tell nobody what the engine holds; its tests ask"))]
    pub(crate) fn figures(&self) -> EngineFigures {
        let (modules, code_bytes) = self.compiler.workshop().modules.size();
        EngineFigures { compiles: self.compiler.workshop().compiles(), modules, code_bytes }
    }
}
