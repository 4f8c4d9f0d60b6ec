//! `veracruz`: the user's tool for policies, identities, attestation and programs.
//!
//! It reads arguments and files, asks the libraries, and prints; it decides nothing itself.

mod attest;
mod check;
mod files;
mod function;
mod identity;
mod instance;
mod output;
mod policy;
mod progress;
mod remote;
mod run;
mod s3_copy;
mod s3_server;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Policies, identities and attestation of confidential computing functions.
///
/// Exit status of every command but `run`: 0 accepted or done, 1 refused (with a stable code and the reason), 2 wrong
/// use. `run` ends as its program does.
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
    /// Run a program as it would run in an instance, here and now, without one.
    ///
    /// It sees the files that are brought in and nothing of this machine. Without --policy it may do everything there;
    /// with one, exactly what it may do in an instance of that policy.
    #[command(after_long_help = run::MORE)]
    Run(run::Run),
    /// Say whether a program will run in an instance, what it imports, and what is missing.
    Check(check::Check),
    #[command(after_long_help = up::MORE)]
    Up(up::Up),
    S3Server(s3_server::S3Server),
    Function(function::Function),
    Instance(Box<instance::Instance>),
    #[command(after_long_help = s3_copy::MORE)]
    S3Copy(Box<s3_copy::S3Copy>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let answer = match cli.command {
        Command::Policy(command) => policy::run(command),
        Command::Identity(command) => identity::run(command),
        Command::Attest(command) => attest::run(command),
        Command::Check(check) => check.run(),
        Command::Run(run) => return run.run(cli.json),
        Command::Up(up) => return output::served(up.run(cli.json)),
        Command::S3Server(server) => return output::served(server.run()),
        Command::Function(function) => function.run(),
        Command::Instance(instance) => instance.run(),
        Command::S3Copy(copy) => copy.run(),
    };
    output::print(answer, cli.json)
}
