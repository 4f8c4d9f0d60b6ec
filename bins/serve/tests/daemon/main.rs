//! The daemon frame through its public door: real sockets on port 0, no sleeps.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod access;
mod config;
mod files;
mod listener;
mod log;
mod pace;
mod requests;
mod serving;
mod tls;
mod world;
