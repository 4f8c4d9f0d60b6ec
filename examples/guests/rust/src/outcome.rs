//! How an example ends: exit code 0, or one line on stderr and exit code 1.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

/// What an example's work returns. The error's text names the file and what is wrong with it.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Turns the work's outcome into the program's exit code and says on stderr what went wrong.
pub fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// An error that says where the input is wrong: `at` is a path, perhaps with `:` and a line number from 1.
pub fn bad(at: impl Display, what: impl Display) -> Box<dyn Error> {
    format!("{at}: {what}").into()
}
