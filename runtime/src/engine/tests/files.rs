//! The engine with the system calls and the files of an instance.

use std::sync::Arc;
use std::time::Duration;

use veracruz_policy::{FullPolicy, Principal, Stream, VfsPath};

use super::{exit_code, failed};
use crate::budget::Budget;
use crate::clock::SystemClock;
use crate::engine::{Engine, EngineLimits, Interrupt, RunControl};
use crate::offline::Settings;
use crate::offline::policy::everything_for;
use crate::vfs::{Vfs, VfsLimits};
use crate::wasi::{Surroundings, Wasi};

/// Gives the number of its arguments.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $sizes (i32.const 0) (i32.const 4))) (call $exit (i32.load (i32.const 0)))))"#;

/// Prints a letter, then sleeps for an hour of the monotonic clock.
const SLEEPER: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\01\00\00\00z")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.const 3600000000000))
    (drop (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 16)))))"#;

/// An instance's files with one program among them, and its engine.
struct Machine {
    vfs: Vfs,
    engine: Arc<Engine>,
    path: VfsPath,
    who: Principal,
}

impl Machine {
    fn with(program: &str) -> Self {
        let path = VfsPath::parse("/program/guest.wasm").unwrap();
        let policy: Arc<FullPolicy> = Arc::new(everything_for(&path, &Settings::default()).unwrap());
        let budget = Budget::new(super::MEMORY);
        let clock = Arc::new(SystemClock::new());
        let vfs = Vfs::new(Arc::clone(&policy), budget.clone(), VfsLimits::default(), clock).unwrap();
        let mut upload = vfs.stage().unwrap();
        upload.push(&wat::parse_str(program).unwrap()).unwrap();
        vfs.provision(&path, upload).unwrap();
        let engine = Engine::new(policy.execution_strategy, policy.debug, EngineLimits::default(), budget).unwrap();
        Machine { vfs, engine, who: Principal::Program(path.clone()), path }
    }
}

#[test]
fn a_program_of_the_file_system_runs_as_it_was_when_it_was_asked_for() {
    let Machine { vfs, engine, path, who } = Machine::with(PROGRAM);
    let file = vfs.program(&who, &path).unwrap();
    vfs.provision(&path, vfs.stage().unwrap()).unwrap();
    for (arguments, code) in [(vec![], 0), (vec!["a".to_owned(), "b".to_owned()], 2)] {
        let surroundings = Surroundings { arguments, ..Surroundings::default() };
        let wasi = Wasi::new(&vfs, who.clone(), &vfs.fresh_stdio().unwrap(), surroundings).unwrap();
        assert_eq!(exit_code(engine.run(file.clone().into(), wasi, &RunControl::default())), code);
    }
    assert_eq!(engine.figures().compiles, 1);
}

#[test]
fn a_program_that_sleeps_for_an_hour_ends_at_its_deadline() {
    let Machine { vfs, engine, path, who } = Machine::with(SLEEPER);
    let file = vfs.program(&who, &path).unwrap();
    // A busy machine may use the time up before the program comes to its sleep: then once more.
    loop {
        let control =
            RunControl { interrupt: Interrupt::new(), deadline: Some(Duration::from_millis(20)), allowed: None };
        let surroundings = Surroundings { interrupt: control.interrupt.clone(), ..Surroundings::default() };
        let stdio = vfs.fresh_stdio().unwrap();
        let wasi = Wasi::new(&vfs, who.clone(), &stdio, surroundings).unwrap();
        assert_eq!(failed(engine.run(file.clone().into(), wasi, &control)).0, "deadline-exceeded");
        if stdio.of(Stream::Stdout).len() == 1 {
            return;
        }
    }
}
