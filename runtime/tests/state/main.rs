//! Sessions against their model, by scripts: the fuzz target `session_state` plays the same.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod files;
mod guests;
mod peer;
mod pipe;
mod play;
mod reply;
mod script;
mod scripts;
#[expect(dead_code, reason = "the suite that it belongs to uses the rest")]
#[path = "../../../protocol/tests/wire/seen.rs"]
mod seen;
mod theatre;
mod world;
