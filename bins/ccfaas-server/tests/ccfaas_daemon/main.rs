//! The real daemon with a real VaaS and real instances: the whole story, settings, and deaths at any moment. Nothing
//! sleeps.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking, in the functions that tests share too"
)]

mod crashes;
mod daemon;
mod home;
mod settings;
mod story;
mod uploads;
