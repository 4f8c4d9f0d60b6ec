//! The engine with the system calls and the files of an instance.

use std::sync::Arc;

use veracruz_policy::{Principal, VfsPath};

use super::exit_code;
use crate::budget::Budget;
use crate::clock::SystemClock;
use crate::engine::{Engine, EngineLimits, RunControl};
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

#[test]
fn a_program_of_the_file_system_runs_as_it_was_when_it_was_asked_for() {
    let path = VfsPath::parse("/program/count.wasm").unwrap();
    let who = Principal::Program(path.clone());
    let policy = Arc::new(everything_for(&path, &Settings::default()).unwrap());
    let budget = Budget::new(super::MEMORY);
    let vfs =
        Vfs::new(Arc::clone(&policy), budget.clone(), VfsLimits::default(), Arc::new(SystemClock::new())).unwrap();
    let mut upload = vfs.stage().unwrap();
    upload.push(&wat::parse_str(PROGRAM).unwrap()).unwrap();
    vfs.provision(&path, upload).unwrap();
    let file = vfs.program(&who, &path).unwrap();
    vfs.provision(&path, vfs.stage().unwrap()).unwrap();

    let engine = Engine::new(policy.execution_strategy, policy.debug, EngineLimits::default(), budget).unwrap();
    for (arguments, code) in [(vec![], 0), (vec!["a".to_owned(), "b".to_owned()], 2)] {
        let surroundings = Surroundings { arguments, ..Surroundings::default() };
        let wasi = Wasi::new(&vfs, who.clone(), &vfs.fresh_stdio().unwrap(), surroundings).unwrap();
        assert_eq!(exit_code(engine.run(file.clone().into(), wasi, &RunControl::default())), code);
    }
    assert_eq!(engine.figures().compiles, 1);
}
