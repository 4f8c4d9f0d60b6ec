//! The real daemon with real instances: processes that start, die, are killed, and are found again. Nothing sleeps.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod crashes;
mod daemon;
mod endings;
mod many;
mod settings;
mod story;
