//! The command line as scripts see it: exit statuses, lines, standard output and standard error.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod instance;
mod sessions;
mod shell;
mod usage;
