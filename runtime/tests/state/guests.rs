//! Programs so small that a model knows all that they do.

use std::rc::Rc;

/// What a program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Ends with this code.
    Exits(u32),
    /// Traps.
    Traps,
    /// Prints [`SAID`], then adds it to `/made/log`; ends with 1 if it cannot.
    Says,
    /// Adds [`MARK`] to `/made/slept`, then sleeps until it is cancelled; ends with 1 if it cannot.
    Sleeps,
}

pub(crate) const DEEDS: [Deed; 5] = [Deed::Exits(0), Deed::Exits(7), Deed::Traps, Deed::Says, Deed::Sleeps];
pub(crate) const SAID: &str = "said";
pub(crate) const MARK: &str = "z";
pub(crate) const LOG: &str = "/made/log";
pub(crate) const SLEPT: &str = "/made/slept";

/// The modules, in the order of [`DEEDS`].
#[derive(Clone)]
pub(crate) struct Guests(Rc<[Vec<u8>]>);

impl Guests {
    pub(crate) fn build() -> Self {
        Guests(DEEDS.iter().map(|deed| module(*deed)).collect())
    }

    pub(crate) fn wasm(&self, which: u8) -> &[u8] {
        &self.0[usize::from(which) % self.0.len()]
    }

    /// What these bytes do, if they are one of the programs.
    pub(crate) fn deed(&self, wasm: &[u8]) -> Option<Deed> {
        let position = self.0.iter().position(|known| known == wasm)?;
        Some(DEEDS[position])
    }
}

fn module(deed: Deed) -> Vec<u8> {
    let body = match deed {
        Deed::Exits(code) => format!("(call $exit (i32.const {code}))"),
        Deed::Traps => "unreachable".to_owned(),
        Deed::Says => format!("{} {}", write(1, SAID), append("log", SAID)),
        Deed::Sleeps => format!("{} {SLEEP}", append("slept", MARK)),
    };
    let text = format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "path_open"
               (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
             (memory (export "memory") 1)
             (data (i32.const 100) "log") (data (i32.const 120) "slept") (data (i32.const 200) "{SAID}{MARK}")
             (func $check (param i32) (if (local.get 0) (then (call $exit (i32.const 1)))))
             (func (export "_start") {body}))"#
    );
    wat::parse_str(text).unwrap()
}

fn write(fd: u32, text: &str) -> String {
    write_to(&format!("(i32.const {fd})"), text)
}

fn write_to(fd: &str, text: &str) -> String {
    let (at, length) = (if text == SAID { 200 } else { 200 + SAID.len() }, text.len());
    format!(
        "(i32.store (i32.const 0) (i32.const {at})) (i32.store (i32.const 4) (i32.const {length}))
         (call $check (call $write {fd} (i32.const 0) (i32.const 1) (i32.const 20)))"
    )
}

/// Creates with the rights to write and seek, and appends.
fn append(name: &str, text: &str) -> String {
    let (at, length) = (if name == "log" { 100 } else { 120 }, name.len());
    let open = format!(
        "(call $check (call $open (i32.const 3) (i32.const 0) (i32.const {at}) (i32.const {length}) (i32.const 1)
           (i64.const 68) (i64.const 0) (i32.const 1) (i32.const 24)))"
    );
    format!("{open} {}", write_to("(i32.load (i32.const 24))", text))
}

/// Waits a day on the monotonic clock.
const SLEEP: &str = "(i32.store (i32.const 320) (i32.const 1)) (i64.store (i32.const 328) (i64.const 86400000000000))
    (drop (call $poll (i32.const 304) (i32.const 400) (i32.const 1) (i32.const 500)))";
