//! What the policy crate promises, through its public door.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports by panicking, and says on stderr what it skips"
)]

mod audit;
mod certificates;
mod compose;
mod decisions;
mod documents;
mod fixtures;
mod paths;
mod pipelines;
mod rights;
mod schemas;
mod small_texts;
mod tables;
mod words;
