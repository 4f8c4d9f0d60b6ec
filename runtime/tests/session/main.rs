//! An instance as its clients see it: handshakes, requests, replies and the end, over pipes in memory.
//!
//! The client here is written from the description of Veracruz's wire protocol alone (TLS by rustls, protobuf by hand), so
//! it stands for clients of the old versions. Nothing sleeps; time is virtual where it matters.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod client;
mod door;
mod ending;
mod files;
mod framing;
mod handshake;
mod identity;
mod parts;
mod people;
mod programs;
mod slow;
mod wire;
mod world;
