//! The i-poc's user application, in two commands: `store` encrypts a file and puts it into S3; `run` has a function
//! service compute on it and fetches the result.
//!
//! Neither the services nor the store ever see the data, and nothing that they say is believed: what is checked, and with
//! what, is told step by step on standard error. Standard output has results only.

mod ending;
mod progress;
mod run;
mod secrets;
mod store;
mod story;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXIT_STATUS: &str = "\
Exit status: 0 done; 1 a service, the store or a file failed; 2 wrong use, and nothing was asked of anybody; 3 the policy \
or the instance is not what you demand, and none of your data went there; 4 the program failed; 130 interrupted. Whatever \
happens, the instance is deleted, or you are told that it was not.";

const STORE_EXIT_STATUS: &str = "\
Exit status: 0 stored; 1 S3 or a file failed; 2 wrong use, and nothing was asked of anybody; 130 interrupted. Unless it is \
stored, no key is left.";

/// Computes with a registered function on data that nobody else can read.
#[derive(Parser)]
#[command(name = "i-poc", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Encrypt a file with AES-128-CTR under a fresh key and put it into a bucket.
    #[command(after_help = STORE_EXIT_STATUS)]
    Store(store::Store),
    /// Instantiate the function, check the instance, bring key and data in, run, fetch the results, delete the instance.
    #[command(after_help = EXIT_STATUS)]
    Run(Box<run::Run>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Store(store) => store.run().await,
        Command::Run(run) => run.run().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The stream may be closed; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "i-poc: {failure}");
            failure.exit_code()
        }
    }
}
