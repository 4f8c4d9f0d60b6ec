//! The guest programs that `make guests` built, by name, and one that is made up here because of its size.
//!
//! It starts no compiler: a test that did would be no test.

mod cases;
mod cipher;
mod conformance;
mod large;

pub use cases::{Ending, Files, GuestCase, Output, guest_cases};
pub use cipher::encrypted_under;
pub use conformance::{ConformanceCase, REFUSED, conformance_cases};
pub use large::{generated, large};

use std::fs;
use std::path::{Path, PathBuf};

/// The WebAssembly of a program: `shamir-secret-sharing` for `target/guests/shamir-secret-sharing.wasm`, `wasi/stdio` for
/// one of the conformance programs.
///
/// # Panics
/// When it is not there; the text names `make guests`.
#[must_use]
#[expect(clippy::panic, reason = "a fixture fails its test where it is missing")]
pub fn guest(name: &str) -> Vec<u8> {
    let path = guest_path(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `make guests` first", path.display()))
}

/// Where [`guest`] looks, for a command line that takes a path.
#[must_use]
pub fn guest_path(name: &str) -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout.join("target"), PathBuf::from);
    target.join("guests").join(format!("{name}.wasm"))
}

/// The checkout's folder of guests: sources, sample data, and the table of cases.
#[must_use]
pub fn guest_sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests")
}
