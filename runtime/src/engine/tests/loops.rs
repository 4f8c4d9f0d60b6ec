//! Loops that are written out do what they did.

use proptest::prelude::*;
use wasmtime::{Engine, Instance, Module, Store, Val};

use crate::engine::loops::written_out;

/// Labels around a statement at most.
const MAX_DEPTH: u8 = 5;

/// At the start of each turn of each loop: however it branches, it ends.
const TURN: &str = "(if (i32.eqz (global.get $turns)) (then return))
    (global.set $turns (i32.sub (global.get $turns) (i32.const 1)))";

/// A module whose `run` is made of these bytes: arithmetic on a global, and branches of all kinds to all labels.
fn module(bytes: &[u8]) -> String {
    let mut bytes = bytes.iter().copied();
    let mut body = String::new();
    while bytes.len() > 0 {
        body.push_str(&statement(&mut bytes, 0));
    }
    format!(
        r#"(module (global $x (export "x") (mut i32) (i32.const 1))
            (global $turns (export "turns") (mut i32) (i32.const 300)) (memory 1) (data "{}")
            (func (export "run") {body}))"#,
        "room to grow ".repeat(4000)
    )
}

type Bytes<'a> = &'a mut dyn ExactSizeIterator<Item = u8>;

fn statement(bytes: Bytes<'_>, depth: u8) -> String {
    let kind = bytes.next().unwrap_or_default() % 12;
    let operand = bytes.next().unwrap_or_default();
    let label = |shift: u8| (operand >> shift) % (depth + 1);
    let x = "(global.get $x)";
    match kind {
        0..4 => format!("(global.set $x (i32.add (i32.mul {x} (i32.const 31)) (i32.const {operand})))"),
        4 => format!("(br_if {} (i32.and {x} (i32.const 4)))", label(0)),
        5 => format!("(br {})", label(0)),
        6 => format!("(br_table {} {} {} (i32.rem_u {x} (i32.const 3)))", label(0), label(2), label(4)),
        _ if depth == MAX_DEPTH => "(nop)".to_owned(),
        7 => format!("(if (i32.and {x} (i32.const 2)) (then {}))", statements(bytes, depth + 1)),
        8 => format!("(block {})", statements(bytes, depth + 1)),
        9 => format!("(global.set $x (loop (result i32) {TURN} {} (i32.const 7)))", statements(bytes, depth + 1)),
        _ => format!("(loop {TURN} {})", statements(bytes, depth + 1)),
    }
}

fn statements(bytes: Bytes<'_>, depth: u8) -> String {
    (0..bytes.next().unwrap_or_default() % 4).map(|_| statement(bytes, depth)).collect()
}

/// The globals after `run`.
fn globals(engine: &Engine, wasm: &[u8]) -> [i32; 2] {
    let module = Module::new(engine, wasm).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    instance.get_typed_func::<(), ()>(&mut store, "run").unwrap().call(&mut store, ()).unwrap();
    ["x", "turns"].map(|name| match instance.get_global(&mut store, name).unwrap().get(&mut store) {
        Val::I32(value) => value,
        other => panic!("{other:?}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn written_out_loops_do_what_they_did(bytes in prop::collection::vec(any::<u8>(), 1..80)) {
        let wasm = wat::parse_str(module(&bytes)).unwrap();
        let engine = Engine::default();
        if let Some(changed) = written_out(&wasm) {
            prop_assert!(changed.len() <= 2 * wasm.len() + 16);
            prop_assert_eq!(globals(&engine, &wasm), globals(&engine, &changed));
        }
    }
}

/// The instructions of a module's only function.
fn count(wasm: &[u8]) -> usize {
    let bodies = wasmparser::Parser::new(0).parse_all(wasm).filter_map(|payload| match payload.unwrap() {
        wasmparser::Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    bodies.map(|body| body.get_operators_reader().unwrap().into_iter().count()).sum()
}

#[test]
fn only_short_loops_without_calls_are_written_out() {
    let padding = "(func)".repeat(2000);
    let module = |body: &str| wat::parse_str(format!("(module {padding} (func $f (local i32) {body}))")).unwrap();
    let turn = "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))";
    let short = module(&format!("(loop {turn})"));
    let copies = |of: usize, times: usize| (times - 1) * (of + 3) + 2;
    assert_eq!(count(&written_out(&short).unwrap()), count(&short) + copies(5, 32));
    let nested = module(&format!("(loop (loop {turn}) {turn})"));
    let inner = 5 + 2 + copies(5, 32);
    assert_eq!(count(&written_out(&nested).unwrap()), count(&nested) + copies(5, 32) + copies(inner + 5, 2));
    for (what, body) in [
        ("a call", format!("(loop (call $f) {turn})")),
        ("long", format!("(loop {} {turn})", "nop ".repeat(600))),
        ("parameters", "(i32.const 1) (loop (param i32) (drop))".to_owned()),
        ("no loop", "nop".to_owned()),
    ] {
        assert!(written_out(&module(&body)).is_none(), "{what}");
    }
}

#[test]
fn a_module_grows_to_twice_its_size_at_most() {
    let wasm = wat::parse_str(format!("(module (func {}))", "(loop (br_if 0 (i32.const 0)))".repeat(10_000))).unwrap();
    let changed = written_out(&wasm).unwrap();
    assert!(changed.len() > wasm.len() && changed.len() <= 2 * wasm.len(), "{} of {}", changed.len(), wasm.len());
    wasmparser::validate(&changed).unwrap();
}
