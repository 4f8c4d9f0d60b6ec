//! What the protocol crate promises, through its public door.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod bytes;
mod document;
mod fields;
mod generated;
mod golden;
mod lengths;
mod oracle;
mod payloads;
mod seen;
mod sending;
mod splits;
