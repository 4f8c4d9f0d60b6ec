//! The instance service, through its public door: with real `veracruz-server` processes, and where a driver must fail in
//! a way that no process does, with one that follows a script.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod creation;
mod deletion;
mod endings;
mod http;
mod participant;
mod policies;
mod restart;
mod script;
mod starts;
mod world;
