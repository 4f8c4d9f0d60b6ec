//! The large module that benches take: it has to be one that an instance takes, and ordinary enough to end.

use veracruz_tests::guests::{Ending, generated, large};
use wasmtime::Module;

use crate::machine::{Machine, engine};

#[test]
fn it_is_valid_large_and_always_the_same() {
    let wasm = large();
    Module::validate(&engine(), &wasm).unwrap();
    assert!((19_000_000..20_500_000).contains(&wasm.len()), "{}", wasm.len());
    assert!(wasm == large());
}

#[test]
fn a_small_one_of_its_kind_runs_to_its_end() {
    let module = Module::new(&engine(), generated(100_000)).unwrap();
    let run = Machine::new(&module, "stdin : r, stdout : w, stderr : w").run(vec![], vec![], false);
    assert_eq!(run.ending, Ending::Exit(0));
}
