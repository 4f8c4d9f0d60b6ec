//! The daemon as its operator and its callers see it: a process with flags, variables, a log and an exit code.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test says where")]

mod copies;
mod process;
mod start;
mod trace;
mod world;
