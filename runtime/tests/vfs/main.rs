//! What the file system promises to participants and to the embedder, through its public door.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

mod at_once;
mod declared;
mod model;
mod quotas;
mod rights;
mod streams;
mod world;
