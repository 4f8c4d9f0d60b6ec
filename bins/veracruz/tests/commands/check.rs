//! `veracruz check`.

use serde_json::json;

use crate::programs::{command, exit};
use crate::shell::Folder;

#[test]
fn a_program_that_runs_is_told_with_what_it_wants() {
    let folder = Folder::new();
    exit(&folder, "ok.wasm", 0);
    let said = folder.ok("check ok.wasm");
    for word in ["ok.wasm: runs here", "128 KiB at the start", "9, 0 of them missing"] {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
    let (_, answer) = folder.json("check ok.wasm");
    assert_eq!(answer["memory"], json!({"min_bytes": 131_072, "max_bytes": null}));
    let exit =
        json!({"module": "wasi_snapshot_preview1", "name": "proc_exit", "type": "(i32) -> ()", "provided": true});
    assert!(answer["imports"].as_array().unwrap().contains(&exit), "{answer}");
    command(&folder, "copy.wasm", "", "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))");
    assert_eq!(folder.json("check copy.wasm").1["proposals"], json!(["bulk-memory-opt"]));
}

#[test]
fn a_program_that_does_not_run_is_refused_with_all_reasons() {
    let folder = Folder::new();
    let wat = r#"(module (import "env" "log" (func (param i32))) (import "wasi_snapshot_preview1" "fd_tell" (func))
        (memory (export "memory") 9000))"#;
    folder.write("bad.wasm", wat::parse_str(wat).unwrap());
    let ended = folder.run("check bad.wasm", &[]);
    assert_eq!((ended.status, ended.out.as_str()), (1, ""));
    for code in ["unknown-import", "import-type", "no-start", "memory-too-large"] {
        assert!(ended.err.contains(&format!("refused [{code}]")), "{code} is not in {}", ended.err);
    }
    let (status, answer) = folder.json("check bad.wasm --max-memory-mib 1024");
    assert_eq!((status, answer["refusals"].as_array().unwrap().len()), (1, 3));
    folder.write("text.wasm", "(module)");
    folder.refused("check text.wasm", "not-a-module");
    folder.write("component.wasm", wat::parse_str("(component)").unwrap());
    folder.refused("check component.wasm", "component-not-module");
    folder.wrong_use("check missing.wasm", "missing.wasm");
}
