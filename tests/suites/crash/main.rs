//! `kill -9` of every service at any moment, and many callers at once: what was acknowledged is there, nothing half-done is
//! seen, and nothing is leaked.
//!
//! The moments of the kills are drawn from a seed, which a failure tells. `VERACRUZ_CRASH_SEEDS=1-50` runs the script with
//! these seeds in place of the one of every day.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod at_once;
mod audit;
mod choice;
mod content;
mod endings;
mod hands;
mod leaks;
mod model;
mod people;
mod script;
mod slots;
mod stage;
mod starts;
mod world;
