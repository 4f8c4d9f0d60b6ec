//! The proxy attestation service through its public doors: the core with a clock that stands still, the routes in
//! process without a socket.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod certify;
mod reference;
mod refuse;
mod sessions;
mod world;
