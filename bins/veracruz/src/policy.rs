//! `veracruz policy`: write, check, explain, compare, audit.

mod audit;
mod new;
mod read;

pub(crate) use audit::Known;
use clap::Subcommand;

use crate::output::{Answer, WrongUse};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write a full policy from certificates, programs and what each may do.
    ///
    /// Takes the inputs of Veracruz's policy generator, with the same names. Rights stand behind `=>`, or in one
    /// --capability for each certificate, then for each program, then for each pipeline. Rights are letters of `rwx`, a
    /// number, or names such as FD_READ|FD_SEEK.
    #[command(after_long_help = new::EXAMPLE)]
    New(Box<new::New>),
    /// Check a policy: everything that is wrong with it, and what is allowed and odd.
    Lint(read::Lint),
    /// Say in plain words what a policy means.
    Explain(read::Explain),
    /// Say what differs between two full policies, by meaning.
    ///
    /// Exit status 0 without differences, 1 with some.
    Diff(read::Diff),
    /// Print the policy hash: SHA-256 over the exact text.
    Hash(read::Hash),
    /// Print the JSON Schema (draft 2020-12) of a kind of policy.
    Schema(read::Schema),
    /// Compare a full policy from a service with what you asked for.
    ///
    /// Exit status 0 when nobody has more than you asked for, 1 with any danger or warning. What you do not give to
    /// compare with is said not to have been compared.
    #[command(after_long_help = audit::EXAMPLE)]
    Audit(audit::Audit),
}

pub(crate) fn run(command: Command) -> Result<Answer, WrongUse> {
    match command {
        Command::New(new) => new.run(),
        Command::Lint(lint) => lint.run(),
        Command::Explain(explain) => explain.run(),
        Command::Diff(diff) => diff.run(),
        Command::Hash(hash) => hash.run(),
        Command::Schema(schema) => schema.run(),
        Command::Audit(audit) => audit.run(),
    }
}
