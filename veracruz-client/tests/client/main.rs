//! The client before instances that a test controls: honest ones, lying ones, and some that fall silent.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test reports by panicking")]

mod attacks;
mod identities;
mod instance;
mod interruptions;
mod runs;
mod server;
mod transfers;
mod trust;
mod verification;
mod world;
