//! The command line as scripts see it: exit statuses, codes, standard output and standard error.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod attest;
mod identity;
mod policy;
mod shell;
