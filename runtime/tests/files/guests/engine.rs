//! The calls as imports of a module that an engine runs.

use veracruz_runtime::vfs::VfsLimits;
use veracruz_runtime::wasi::{Exit, Traced, Wasi, add_to_linker, add_traced_to_linker};
use wasmtime::{Engine, Instance, Linker, Module, Store};

use std::sync::mpsc;

use super::guest::{FAULT, Guest, clocked, program_policy, vfs_of};
use crate::world::read;

fn instantiate(text: &str) -> (Store<Wasi>, Instance, veracruz_runtime::vfs::Vfs) {
    let vfs = vfs_of(program_policy("/d/ : rw, stdout : w"), 4 << 20, VfsLimits::default());
    let Guest { wasi, vfs, .. } = Guest::on(vfs, clocked());
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut Wasi| wasi).unwrap();
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance, vfs)
}

fn run(text: &str) -> (wasmtime::Result<()>, veracruz_runtime::vfs::Vfs) {
    let (mut store, instance, vfs) = instantiate(text);
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    (start.call(&mut store, ()), vfs)
}

#[test]
fn a_program_prints_and_exits_with_its_code() {
    let (ended, vfs) = run(r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
        (func (export "_start")
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
          (call $exit (i32.const 42)) unreachable))"#);
    let ended = ended.unwrap_err();
    assert_eq!(ended.downcast_ref::<Exit>(), Some(&Exit(42)), "{ended}");
    assert_eq!(read(&vfs, "stdout").unwrap(), b"hello\n");
}

#[test]
fn a_run_can_move_to_another_thread() {
    let (store, instance, _) = instantiate("(module (memory (export \"memory\") 1))");
    let traced = Traced::new(Guest::new("/d/ : rw").wasi, |_| {});
    std::thread::spawn(move || drop((store, instance, traced))).join().unwrap();
}

#[test]
fn a_program_without_memory_ends_with_an_error() {
    let (ended, _) = run(r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "_start") (drop (call $yield))))"#);
    assert!(format!("{:?}", ended.unwrap_err()).contains("memory"));
}

#[test]
fn memory_that_grows_is_seen_and_bad_addresses_are_faults() {
    let (mut store, instance, _) = instantiate(
        r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "veracruz_si" "fd_create" (func $create (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "at") (param i32) (result i32) (call $random (local.get 0) (i32.const 16)))
        (func (export "create") (param i32) (result i32) (call $create (local.get 0)))
        (func (export "grow") (drop (memory.grow (i32.const 1)))))"#,
    );
    let at = instance.get_typed_func::<i32, i32>(&mut store, "at").unwrap();
    let create = instance.get_typed_func::<i32, i32>(&mut store, "create").unwrap();
    let grow = instance.get_typed_func::<(), ()>(&mut store, "grow").unwrap();
    assert_eq!(at.call(&mut store, 0).unwrap(), 0);
    assert_eq!(at.call(&mut store, 70_000).unwrap(), FAULT);
    grow.call(&mut store, ()).unwrap();
    assert_eq!(at.call(&mut store, 70_000).unwrap(), 0);
    assert_eq!(at.call(&mut store, -1).unwrap(), FAULT);
    assert_eq!(create.call(&mut store, -4).unwrap(), FAULT);
    assert_eq!(create.call(&mut store, 8).unwrap(), 0);
}

#[test]
fn a_traced_run_tells_each_call_in_words() {
    let vfs = vfs_of(program_policy("/d/ : rw, stdout : w"), 4 << 20, VfsLimits::default());
    let (tell, told) = mpsc::channel();
    let traced = Traced::new(Guest::on(vfs, clocked()).wasi, move |line| tell.send(line.to_owned()).unwrap());
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_traced_to_linker(&mut linker, |traced: &mut Traced| traced).unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "path_open"
          (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "veracruz_si" "fd_create" (func $create (param i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\06\00\00\00")
        (data (i32.const 16) "secret\1b.txt")
        (func (export "_start")
          (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 11) (i32.const 9)
            (i64.const 70) (i64.const 0) (i32.const 1) (i32.const 64)))
          (drop (call $write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64)))
          (drop (call $seek (i32.const 4) (i64.const -7) (i32.const 2) (i32.const 64)))
          (drop (call $open (i32.const 3) (i32.const 0) (i32.const 70000) (i32.const 11) (i32.const 0)
            (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))
          (drop (call $create (i32.const 64)))
          (call $exit (i32.const 3))))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, traced);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let ended = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ());
    assert!(ended.unwrap_err().is::<Exit>());
    drop(store);
    let lines: Vec<String> = told.iter().collect();
    assert_eq!(
        lines,
        [
            r#"path_open(3, -, "secret\u{1b}.txt", creat|trunc, fd_read|fd_seek|fd_write, -, append) = success, 4"#,
            "fd_write(4, [1 at 0x0]) = success, 6",
            "fd_seek(4, -7, end) = inval",
            "path_open(3, -, (bad address), -, -, -, -) = fault",
            "fd_create() = success, 5",
            "proc_exit(3) ends the program",
        ]
    );
}
