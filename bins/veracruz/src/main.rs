//! `veracruz`: the user's tool for policies, identities and attestation.
//!
//! It reads arguments and files, asks the libraries, and prints; it decides nothing itself.

mod attest;
mod files;
mod identity;
mod output;
mod policy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Policies, identities and attestation of confidential computing functions.
///
/// Exit status of every command: 0 accepted or done, 1 refused (with a stable code and the reason), 2 wrong use.
#[derive(Parser)]
#[command(name = "veracruz", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object on standard output instead of words.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Write, check, explain, compare and audit policies.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Make the key and certificate by which policies know a participant.
    #[command(subcommand)]
    Identity(identity::Command),
    /// Verify, explain, measure and simulate attestation evidence.
    #[command(subcommand)]
    Attest(attest::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let answer = match cli.command {
        Command::Policy(command) => policy::run(command),
        Command::Identity(command) => identity::run(command),
        Command::Attest(command) => attest::run(command),
    };
    output::print(answer, cli.json)
}
