//! The services as processes: what the suites share that start real binaries.
//!
//! It builds nothing: a suite that lacks a binary fails and says which.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made must stop the test that wants it")]
#![expect(clippy::expect_used, reason = "as above, with words")]

mod daemon;
mod place;
mod up;

pub use daemon::Daemon;
pub use place::{binaries, binary, free_ports, root, search_path};
pub use up::Up;
