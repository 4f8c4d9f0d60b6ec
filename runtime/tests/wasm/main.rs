//! Real programs on an instance's files: what `make guests` built, run by wasmtime with this crate's system calls.
//!
//! | module | what it holds against what |
//! |---|---|
//! | [`conformance`] | WASI preview 1's test programs against the table of `docs/WASI.md` |
//! | [`examples`] | the guests of `examples/guests` against `cases.toml` there |
//! | [`machine`] | an instance's files, one program, one run |

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod conformance;
mod examples;
mod machine;
