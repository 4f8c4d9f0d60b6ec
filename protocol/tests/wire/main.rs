//! What the protocol crate promises, through its public door.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod golden;
mod seen;
mod splits;
