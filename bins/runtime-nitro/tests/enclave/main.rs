//! An enclave as its host sees it, over a Unix socket and with a simulated secure module: there is no vsock on machines
//! that run tests.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod agent;
mod messages;
mod randomness;
