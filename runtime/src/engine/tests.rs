//! The engine through its crate's door, with a handful of system calls that let a test see and steer a guest.

mod ends;
mod files;
mod loops;
mod modules;
mod parallel;
mod refusals;
mod strategies;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use veracruz_policy::{ExecutionStrategy, Sha256Digest};
use wasmtime::{Caller, Linker};

use super::{Engine, EngineLimits, Interrupt, Outcome, Program, RunControl, RunState, Woken};
use crate::budget::Budget;
use crate::wasi::Exit;

const BOTH: [ExecutionStrategy; 2] = [ExecutionStrategy::Jit, ExecutionStrategy::Interpretation];

/// Memory of the policy in these tests.
const MEMORY: u64 = 16 << 20;

/// What a test's system calls work on.
struct Probe {
    /// `sched_yield` says here that the guest has come so far.
    arrived: Sender<()>,
    /// `poll_oneoff` waits on it for ever.
    interrupt: Interrupt,
}

/// `proc_exit` exits, `sched_yield` tells the test, `poll_oneoff` sleeps until the run ends, `random_get` panics.
fn link(linker: &mut Linker<RunState<Probe>>) -> wasmtime::Result<()> {
    let wasi = super::provided::WASI;
    linker.func_wrap(wasi, "proc_exit", |code: u32| -> wasmtime::Result<()> { Err(Exit(code).into()) })?;
    linker.func_wrap(wasi, "sched_yield", |mut caller: Caller<'_, RunState<Probe>>| -> i32 {
        caller.data_mut().host().arrived.send(()).unwrap();
        0
    })?;
    linker.func_wrap(
        wasi,
        "poll_oneoff",
        |mut caller: Caller<'_, RunState<Probe>>, _: i32, _: i32, _: i32, _: i32| -> i32 {
            assert_eq!(caller.data_mut().host().interrupt.wait(Duration::MAX), Woken::Cancelled);
            27
        },
    )?;
    linker.func_wrap(wasi, "random_get", |_: i32, _: i32| -> i32 { panic!("a defect, made for this test") })?;
    Ok(())
}

struct Rig {
    engine: Arc<Engine<Probe>>,
    budget: Budget,
}

/// A run that another thread waits for.
struct Running {
    interrupt: Interrupt,
    arrived: Receiver<()>,
    thread: std::thread::JoinHandle<Outcome>,
}

impl Rig {
    fn new(strategy: ExecutionStrategy) -> Self {
        Rig::with(strategy, false, EngineLimits::default())
    }

    fn with(strategy: ExecutionStrategy, debug: bool, limits: EngineLimits) -> Self {
        let budget = Budget::new(MEMORY);
        Rig { engine: Engine::with_host(strategy, debug, limits, budget.clone(), link).unwrap(), budget }
    }

    fn run(&self, wat: &str) -> Outcome {
        self.run_within(wat, None)
    }

    fn run_within(&self, wat: &str, deadline: Option<Duration>) -> Outcome {
        let control = RunControl { interrupt: Interrupt::new(), deadline, allowed: None };
        let probe = Probe { arrived: channel().0, interrupt: control.interrupt.clone() };
        self.engine.run(program(wat), probe, &control)
    }

    fn start(&self, program: Program) -> Running {
        let (control, engine) = (RunControl::default(), Arc::clone(&self.engine));
        let (sender, arrived) = channel();
        let interrupt = control.interrupt.clone();
        let probe = Probe { arrived: sender, interrupt: interrupt.clone() };
        let thread = std::thread::spawn(move || engine.run(program, probe, &control));
        Running { interrupt, arrived, thread }
    }

    fn compiles(&self) -> u64 {
        self.engine.figures().compiles
    }
}

impl Running {
    fn end(self) -> Outcome {
        self.thread.join().unwrap()
    }
}

fn program(wat: &str) -> Program {
    let wasm = wat::parse_str(wat).unwrap();
    Program::new(Sha256Digest::of(&wasm), move || wasm)
}

/// A command whose `_start` does this.
fn command(body: &str) -> String {
    command_with("", body)
}

/// The same, with more parts of a module before it. Imports are already there.
fn command_with(parts: &str, body: &str) -> String {
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (import "wasi_snapshot_preview1" "sched_yield" (func $arrived (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $sleep (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "random_get" (func $panic (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          {parts}
          (func (export "_start") {body}))"#
    )
}

#[track_caller]
fn exit_code(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Exited(code) => code,
        Outcome::Failed(failure) => panic!("{}: {failure}", failure.code()),
    }
}

/// The code of a failure, and its words.
#[track_caller]
fn failed(outcome: Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Exited(code) => panic!("exited with {code}"),
        Outcome::Failed(failure) => (failure.code(), failure.to_string()),
    }
}
