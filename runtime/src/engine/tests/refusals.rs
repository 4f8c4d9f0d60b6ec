//! Modules that cannot run here, and what is said about them.

use super::{BOTH, Rig, command};
use crate::engine::inspect::{Allowed, inspect};
use crate::engine::{MemoryReport, ModuleReport, provided};

const ALLOWED: Allowed = Allowed { memory: super::MEMORY, table_elements: 1 << 20 };

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

/// A command that imports `import` as well.
fn importing(import: &str) -> Vec<u8> {
    wasm(&format!(r#"(module {import} (memory (export "memory") 1) (func (export "_start")))"#))
}

#[test]
fn each_refusal_has_its_code_and_names_what_is_wrong() {
    let rig = Rig::new(BOTH[0]);
    let valid = wasm(&command(""));
    let start = r#"(func (export "_start"))"#;
    let with_memory = r#"(memory (export "memory") 1)"#;
    let tables = "(table 1 funcref)".repeat(5);
    for (bytes, code, words) in [
        (vec![], "not-a-module", vec!["empty"]),
        (b"#!/bin/sh".to_vec(), "not-a-module", vec!["00 61 73 6d"]),
        (b"  (module)".to_vec(), "not-a-module", vec!["text"]),
        (b"\x7fELF\x02".to_vec(), "not-a-module", vec!["native"]),
        (wasm("(component)"), "component-not-module", vec!["component", "wasm32-wasip1"]),
        (valid[..valid.len() - 1].to_vec(), "module-invalid", vec!["at byte"]),
        (valid[..7].to_vec(), "module-invalid", vec!["at byte"]),
        ([&valid[..], b"more"].concat(), "module-invalid", vec!["at byte"]),
        (importing(r#"(import "env" "memory" (memory 1 2 shared))"#), "module-needs-feature", vec!["threads"]),
        (wasm(&format!("(module (memory i64 1) {start})")), "module-needs-feature", vec!["memory64"]),
        (wasm(&format!("(module {with_memory} (tag) {start})")), "module-needs-feature", vec!["exception-handling"]),
        (wasm(&format!("(module {with_memory} (memory 1) {start})")), "module-needs-feature", vec!["multi-memory"]),
        (
            importing(r#"(import "env" "emscripten_sleep" (func (param i32)))"#),
            "unknown-import",
            vec!["`emscripten_sleep` of `env`", "(i32) -> ()", "link"],
        ),
        (
            importing(r#"(import "wasi_snapshot_preview1" "sock_open" (func (param i32 i32 i32) (result i32)))"#),
            "unknown-import",
            vec!["`sock_open`"],
        ),
        (importing(r#"(import "wasi_unstable" "fd_tell" (func))"#), "unknown-import", vec!["predecessor"]),
        (
            importing(r#"(import "a\nb" "c\1b" (global i32))"#),
            "unknown-import",
            vec![r"`c\u{1b}` of `a\nb`", "a global"],
        ),
        (
            importing(r#"(import "wasi_snapshot_preview1" "fd_tell" (func (param i32 i64) (result i32)))"#),
            "import-type",
            vec!["`fd_tell`", "(i32, i64) -> i32", "(i32, i32) -> i32"],
        ),
        (
            importing(r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32) (result i32 i32)))"#),
            "import-type",
            vec!["(i32) -> (i32, i32)", "(i32) -> ()"],
        ),
        (wasm(&format!("(module {with_memory})")), "no-start", vec!["_start", "library"]),
        (
            wasm(&format!(r#"(module {with_memory} (global (export "_start") i32 (i32.const 0)))"#)),
            "start-type",
            vec!["a global"],
        ),
        (
            wasm(&format!(r#"(module {with_memory} (func (export "_start") (param i32)))"#)),
            "start-type",
            vec!["(i32) -> ()"],
        ),
        (wasm(&format!("(module {start})")), "no-memory", vec!["`memory`"]),
        (wasm(&format!(r#"(module (memory (export "mem") 1) {start})"#)), "no-memory", vec!["`memory`"]),
        (
            wasm(&format!(r#"(module (memory (export "memory") 257) {start})"#)),
            "memory-too-large",
            vec!["16842752", "16777216", "max_memory_mib"],
        ),
        (wasm(&format!("(module {with_memory} (table 1048577 funcref) {start})")), "table-too-large", vec!["1048577"]),
        (wasm(&format!("(module {with_memory} {tables} {start})")), "too-many-tables", vec!["5"]),
    ] {
        let refusal = rig.engine.check(&bytes).expect_err(code);
        let text = refusal.to_string();
        assert_eq!(refusal.code(), code, "{text}");
        for word in words {
            assert!(text.contains(word), "{code}: {word:?} is not in {text}");
        }
    }
    assert_eq!(rig.engine.check(&valid), Ok(()));
    assert_eq!(rig.compiles(), 0, "a check compiles nothing");
}

#[test]
fn a_long_name_is_shown_in_part() {
    let name = "n".repeat(5000);
    let text = Rig::new(BOTH[0])
        .engine
        .check(&importing(&format!(r#"(import "m" "{name}" (func))"#)))
        .expect_err("nobody provides it")
        .to_string();
    assert!(text.len() < 500 && text.contains('…'), "{text}");
}

#[test]
fn every_function_of_the_list_can_be_imported() {
    let engine = Rig::new(BOTH[0]).engine;
    assert_eq!(provided::all().count(), 47);
    for (module, name, signature) in provided::all() {
        let (params, results) = signature.split_once(" -> ").unwrap();
        let words = |list: &str| list.replace(['(', ')', ','], " ");
        let import =
            format!(r#"(import "{module}" "{name}" (func (param {}) (result {})))"#, words(params), words(results));
        assert_eq!(engine.check(&importing(&import)), Ok(()), "{import}");
    }
}

#[test]
fn a_report_tells_all_that_a_module_is_and_wants() {
    let bytes = wasm(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_sync" (func (param i64) (result i32)))
          (import "env" "log" (func (param f64)))
          (memory (export "memory") 2 10)
          (table 3 funcref)
          (func (export "run") (result i64) (i64.extend32_s (i64.const 1)))
          (func (export "copy") (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
            (drop (i8x16.splat (i32.const 0)))))"#,
    );
    let ModuleReport { imports, exports, memory, tables, features, refusals, bytes: size, .. } =
        inspect(&bytes, ALLOWED).unwrap();
    let imports: Vec<_> = imports.iter().map(|i| (i.import.name.as_str(), i.wanted.as_str(), i.provided)).collect();
    assert!(imports.contains(&("fd_close", "(i32) -> i32", true)), "{imports:?}");
    assert!(imports.contains(&("fd_sync", "(i64) -> i32", false)), "{imports:?}");
    assert!(imports.contains(&("log", "(f64) -> ()", false)), "{imports:?}");
    assert!(exports.contains(&("run".to_owned(), "() -> i64".to_owned())), "{exports:?}");
    assert_eq!((memory.unwrap().min_bytes, memory.unwrap().max_bytes), (2 << 16, Some(10 << 16)));
    assert_eq!((tables, size), (vec![3], bytes.len()));
    assert_eq!(features, ["sign-extension", "bulk-memory-opt", "simd128"]);
    let codes: Vec<_> = refusals.iter().map(super::super::ModuleRefusal::code).collect();
    assert_eq!(codes, ["import-type", "unknown-import", "no-start"]);
}

#[test]
fn a_module_without_anything_new_needs_no_feature() {
    let report = inspect(&wasm(&command("")), ALLOWED).unwrap();
    assert_eq!(report.features, Vec::<&str>::new());
    assert_eq!(report.memory, Some(MemoryReport { min_bytes: 1 << 16, max_bytes: None }));
    assert_eq!(report.refusals, []);
}
