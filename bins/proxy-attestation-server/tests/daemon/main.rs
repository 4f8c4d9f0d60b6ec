//! The real process, over real HTTP, on port 0. Nothing sleeps: what has to happen first is read from the process's
//! output.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod certify;
mod instance;
mod operate;
mod server;
mod start;
