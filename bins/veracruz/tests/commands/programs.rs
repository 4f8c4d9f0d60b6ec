//! Small programs for WASI preview 1, written in WebAssembly text.

use crate::shell::Folder;

/// Puts a command into `folder` whose `_start` does `body`; `data` stands at address 1000.
///
/// It can call `$exit`, `$read` and `$write` (descriptor, address, length; they give the number of bytes), and
/// `$open` (descriptor of a directory, address and length of a path, oflags, rights; exits with the errno, or gives the
/// descriptor).
pub(crate) fn command(folder: &Folder, name: &str, data: &str, body: &str) {
    let wat = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 1000) "{data}")
          (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
          (func $iov (param i32 i32) (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)))
          (func $read (param $fd i32) (param $at i32) (param $len i32) (result i32)
            (call $iov (local.get $at) (local.get $len))
            (call $check (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load (i32.const 8)))
          (func $write (param $fd i32) (param $at i32) (param $len i32) (result i32)
            (call $iov (local.get $at) (local.get $len))
            (call $check (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load (i32.const 8)))
          (func $open (param $fd i32) (param $at i32) (param $len i32) (param $oflags i32) (param $rights i64) (result i32)
            (call $check (call $path_open (local.get $fd) (i32.const 0) (local.get $at) (local.get $len)
              (local.get $oflags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))
            (i32.load (i32.const 8)))
          (func (export "_start") {body}))"#
    );
    folder.write(name, wat::parse_str(wat).unwrap());
}

/// A command that copies what it reads to what it writes: both `(descriptor of a directory, path)`.
pub(crate) fn copy(folder: &Folder, name: &str, from: (u32, &str), to: (u32, &str)) {
    let (read, write) = (1 << 1 | 1 << 2, 1 << 6 | 1 << 2);
    let (from_len, to_len) = (from.1.len(), to.1.len());
    let body = format!(
        "(drop (call $write (call $open (i32.const {to_fd}) (i32.const {to_at}) (i32.const {to_len}) (i32.const 9) (i64.const {write}))
           (i32.const 5000) (call $read
             (call $open (i32.const {from_fd}) (i32.const 1000) (i32.const {from_len}) (i32.const 0) (i64.const {read}))
             (i32.const 5000) (i32.const 4000))))",
        to_fd = to.0,
        to_at = 1000 + from_len,
        from_fd = from.0,
    );
    command(folder, name, &format!("{}{}", from.1, to.1), &body);
}

/// A command that exits with this code.
pub(crate) fn exit(folder: &Folder, name: &str, code: u32) {
    command(folder, name, "", &format!("(call $exit (i32.const {code}))"));
}
