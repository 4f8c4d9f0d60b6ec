//! The command line as scripts see it: exit statuses, codes, standard output and standard error.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports by panicking, and says on stderr what it skips"
)]

mod attest;
mod check;
mod function;
mod identity;
mod instance;
mod policy;
mod programs;
mod run;
mod s3_copy;
mod services;
mod shell;
