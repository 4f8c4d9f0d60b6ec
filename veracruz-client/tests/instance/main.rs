//! The client and the runtime together, over TCP: an attested instance from the first connection to its end.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod attestation;
mod files;
mod rights;
mod runs;
mod world;
